/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The heartbeat of a CPU: a number that changes whenever the CPU gets back to its run loop, so that
 * the watchdog (arch/board/watchdog.h) can tell a CPU that works from one that hangs.  It is odd
 * while the CPU runs Umbra's code, and even while it runs a guest or sleeps.  It starts at 0, which
 * means that the CPU is not watched yet.  Each CPU changes only its own.
 */
#ifndef UMBRA_ARCH_CPU_HEARTBEAT_H
#define UMBRA_ARCH_CPU_HEARTBEAT_H

#include "arch/cpu/cpu.h"

/* The CPU is about to enter a guest or to sleep. */
static inline void heartbeat_leave(struct cpu *cpu)
{
	cpu->heartbeat++;
}

/* The guest has stopped. */
static inline void heartbeat_return(struct cpu *cpu)
{
	cpu->heartbeat++;
}

/* The CPU is in its run loop, for the first time or once more, or serves an interrupt. */
static inline void heartbeat_alive(struct cpu *cpu)
{
	cpu->heartbeat = (cpu->heartbeat + 1) | 1;
}

#endif

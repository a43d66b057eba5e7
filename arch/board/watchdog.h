/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The watchdog: panics, with the call chains of all CPUs, when one of them stays in
 * Umbra without getting back to its run loop, or gets no interrupt while it runs a guest
 * or sleeps.  Umbra runs with interrupts off, so nothing less than an NMI would notice.
 */
#ifndef UMBRA_ARCH_BOARD_WATCHDOG_H
#define UMBRA_ARCH_BOARD_WATCHDOG_H

#include "arch/cpu/cpu.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * Watches all CPUs from now on: the 8254 raises an NMI on the boot CPU, 18 times a
 * second, or every period_us, 20 to 50000, where that is not 0.  A CPU may stand still
 * for seconds, 1 to 3600.  0; -E_UNSUPPORTED without APICs, where the 8254 has other
 * work and cannot raise NMIs; -E_IO when none came.  Takes a fifth of a second.  Boot
 * CPU, after clock_event_init, interrupts off.
 */
int watchdog_start(uint32_t seconds, uint32_t period_us);

/* For the end of the machine, when nobody schedules any more: logs how many NMIs came.  Any CPU. */
void watchdog_stop(void);

/*
 * 0 when nobody watches; else how often each CPU has to interrupt itself at least, from the
 * moment its run loop begins, so that it can be told from one that gets no interrupts.  Any CPU.
 */
uint64_t watchdog_interval_ns(void);

/*
 * The calling CPU's heartbeat is odd while it runs code of Umbra's, and even while
 * it runs a guest, or sleeps.  It begins as 0: a CPU that starts is not watched yet.
 */

/* The CPU, which runs Umbra's code, enters a guest or goes to sleep; the guest has stopped. */
static inline void watchdog_leave(struct cpu *cpu)
{
	cpu->heartbeat++;
}

static inline void watchdog_return(struct cpu *cpu)
{
	cpu->heartbeat++;
}

/* It is in its run loop, for the first time or once more, or serves an interrupt. */
static inline void watchdog_alive(struct cpu *cpu)
{
	cpu->heartbeat = (cpu->heartbeat + 1) | 1;
}

/*
 * An NMI on this CPU that struck at eip, with that ebp: true when it was the
 * watchdog's, as far as can be known.  Does not return when a CPU stands still.
 */
bool watchdog_nmi(uint32_t eip, uint32_t ebp);

#endif

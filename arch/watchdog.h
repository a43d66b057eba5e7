/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The watchdog: panics, with the call chain, when a CPU stays in Umbra without
 * getting back to its run loop.  Umbra runs with interrupts off, so nothing
 * less than an NMI would notice.
 */
#ifndef UMBRA_ARCH_WATCHDOG_H
#define UMBRA_ARCH_WATCHDOG_H

#include "arch/cpu.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * Watches all CPUs from now on: the 8254 raises an NMI on each, 18 times a
 * second.  0; -E_UNSUPPORTED without APICs, where the 8254 has other work and
 * cannot raise NMIs; -E_IO when none came.  Takes a fifth of a second.  Boot
 * CPU, after alarm_init, interrupts off.
 */
int watchdog_start(uint32_t seconds);

/* For the end of the machine, when nobody schedules any more.  Any CPU. */
void watchdog_stop(void);

/* cpu, the calling one, is in its run loop. */
static inline void watchdog_alive(struct cpu *cpu)
{
	cpu->heartbeat++;
}

/*
 * An NMI on this CPU that struck at eip, with that cs and ebp: true when it was
 * the watchdog's, as far as can be known.  Does not return from a CPU that
 * stands still.
 */
bool watchdog_nmi(uint32_t eip, uint32_t cs, uint32_t ebp);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The watchdog: panics, with the call chains of all CPUs, when one of them stays in
 * Umbra without getting back to its run loop, or gets no interrupt while it runs a guest
 * or sleeps.  It looks at the heartbeats of the CPUs (arch/cpu/heartbeat.h).  Umbra runs with
 * interrupts off, so nothing less than an NMI would notice.
 */
#ifndef UMBRA_ARCH_BOARD_WATCHDOG_H
#define UMBRA_ARCH_BOARD_WATCHDOG_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Watches all CPUs from now on: the 8254 raises an NMI on the boot CPU, 18 times a second, or every
 * period_us, 20 to 50000, where that is not 0.  A CPU may fail to make progress for `seconds`, 1 to
 * 3600.  0; -E_UNSUPPORTED without APICs, where the 8254 has other work and cannot raise NMIs;
 * -E_IO when none came.  Takes a fifth of a second.  Boot CPU, after clock_event_init, interrupts
 * off.
 */
int watchdog_start(uint32_t seconds, uint32_t period_us);

/*
 * Stops watching, at the end of the machine, when CPUs no longer schedule; logs how many NMIs came.
 * Any CPU.
 */
void watchdog_stop(void);

/*
 * sample(eip, ebp) is called in the watchdog's NMIs that strike Umbra's own code on the boot CPU,
 * with what the CPU was at; NULL: no more.  It obeys the rules of an NMI.  Boot CPU.
 */
void watchdog_set_sampler(void (*sample)(uint32_t eip, uint32_t ebp));

/*
 * How often each CPU must interrupt itself, from the start of its run loop on, so that the watchdog
 * can tell it from a CPU that gets no interrupts; 0 when the watchdog does not run.  Any CPU.
 */
uint64_t watchdog_interval_ns(void);

#endif

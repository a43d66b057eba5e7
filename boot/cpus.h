/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The other CPUs.  They come up one after the other, each with tables, pages and a
 * stack of its own, and sleep until the boot CPU has done the rest.
 */
#ifndef UMBRA_BOOT_CPUS_H
#define UMBRA_BOOT_CPUS_H

#include "boot/boot_info.h"

/*
 * Resets up to max - 1 of the CPUs that the MADT lists, so that they can be started in 10 ms;
 * without smt only one thread of each core is wanted (boot/report_speculation.h).  Does not wait.
 * Boot CPU, once, after irq_init.
 */
void cpus_reset(const struct boot_info *info, unsigned max, bool smt);

/*
 * Starts them, and others in place of those that do not start.  The log tells why a CPU did not.
 * When the TSCs differ, the clock is replaced (arch/board/clock.h).  Boot CPU, after cpus_reset,
 * before timers_init.
 */
void cpus_start(void);

/* Lets the other CPUs run guests.  Boot CPU, when everything that they need is initialised. */
void cpus_release(void);

#endif

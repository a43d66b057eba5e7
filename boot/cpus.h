/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The other CPUs.  They come up one after the other, each with tables, pages and a
 * stack of its own, and sleep until the boot CPU has done the rest.
 */
#ifndef UMBRA_BOOT_CPUS_H
#define UMBRA_BOOT_CPUS_H

#include "boot/boot_info.h"

/*
 * Starts up to max - 1 of the CPUs that the MADT lists; without smt only one thread of each core
 * (boot/report_speculation.h).  The log tells why a CPU did not start.  When the TSCs differ, the
 * clock is replaced (arch/board/clock.h).  Boot CPU, after irq_init, before timers_init.
 */
void cpus_start(const struct boot_info *info, unsigned max, bool smt);

/* Lets the other CPUs run guests.  Boot CPU, when everything that they need is initialised. */
void cpus_release(void);

#endif

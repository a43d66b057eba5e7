/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which clock the time is made of: the TSC, or a counter of the board where the TSC does not
 * keep one rate.  Chosen at boot; another one takes over when the one in use fails.
 * arch/cpu/time.h says what time it is.
 */
#ifndef UMBRA_ARCH_BOARD_CLOCK_H
#define UMBRA_ARCH_BOARD_CLOCK_H

#include "arch/cpu/mmio.h"

#include <stdbool.h>
#include <stdint.h>

/* The option clock=. */
enum clock_source {
	CLOCK_AUTO,	/* the TSC if it keeps one rate, else what there is of the others */
	CLOCK_TSC,
	CLOCK_HPET,
	CLOCK_PM_TIMER,
};

/*
 * Measures the TSC, chooses the clock among those that really count and reads the battery
 * clock.  Time began when the TSC was `began`.  Boot CPU, once, after acpi_init, interrupts
 * off.  Panics when nothing counts.
 */
void clock_init(enum clock_source wanted, mmio_map_t *map, uint64_t began);

/*
 * The TSC turned out not to be a clock for all CPUs: another one goes on from where
 * it was.  False, and nothing changes, when there is none.  Boot CPU, before any
 * timer runs and any other CPU asks for the time.
 */
bool clock_leave_tsc(void);

/*
 * The clock has turned out to be none, and cause is a clause that says how: another one goes
 * on from where it was, and the log says so.  False, and nothing changes, when there is
 * none that counts.  Any CPU, any context but NMIs.
 */
bool clock_leave(const char *cause);

/* The clock stands still: leaves it, or panics where no other one counts.  Contexts as above. */
void clock_leave_stopped(void);

/* The name of the clock in use, as in clock=. */
const char *clock_name(void);

/*
 * How often, in ns, time_ns() must be called on some CPU, or a counter that
 * wraps around makes it wrong.  0: it need not.
 */
uint64_t clock_keep_ns(void);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The clocks: nanoseconds since boot, from the TSC or from a counter of the
 * board where the TSC does not keep one rate, and the wall clock, which is the
 * battery clock at boot carried on by the former.
 */
#ifndef UMBRA_ARCH_BOARD_TIME_H
#define UMBRA_ARCH_BOARD_TIME_H

#include "arch/cpu/mmio.h"

#include <stdbool.h>
#include <stdint.h>

/* What the clock is made of; clock=. */
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
void time_init(enum clock_source wanted, mmio_map_t *map, uint64_t began);

/* Nanoseconds since time began; 0 before time_init.  Any CPU, any context. */
uint64_t time_ns(void);

/* Nanoseconds since 1970-01-01 UTC.  Any context. */
uint64_t time_wall_ns(void);

/* TSC ticks a millisecond, measured. */
uint32_t time_tsc_khz(void);

/*
 * The TSC turned out not to be a clock for all CPUs: another one goes on from where
 * it was.  False, and nothing changes, when there is none.  Boot CPU, before any
 * timer runs and any other CPU asks for the time.
 */
bool time_leave_tsc(void);

/*
 * The clock has turned out to be none, and cause is a clause that says how: another one goes
 * on from where it was, and the log says so.  False, and nothing changes, when there is
 * none that counts.  Any CPU, any context but NMIs.
 */
bool time_leave(const char *cause);

/* The name of what the clock is made of, as in clock=. */
const char *time_source(void);

/*
 * Is the clock the TSC?  Otherwise nobody else should reckon with the TSC
 * either: neither guests nor timers.
 */
bool time_is_tsc(void);

/*
 * What the TSC shows when time_ns() reaches deadline, or a moment later; 1 at
 * least.  Only when the clock is the TSC; exact to the tick for a deadline
 * within seconds of now.
 */
uint64_t time_tsc_at(uint64_t deadline);

/*
 * How often, in ns, time_ns() must be called on some CPU, or a counter that
 * wraps around makes it wrong.  0: it need not.
 */
uint64_t time_keep_ns(void);

#endif

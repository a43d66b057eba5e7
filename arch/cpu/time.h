/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The time: nanoseconds since boot, and the wall clock.  The time is computed from the clock in
 * use, the TSC or a counter of the board.  arch/board/clock.c chooses that clock, and replaces it
 * when it fails; all other code only reads the time.
 */
#ifndef UMBRA_ARCH_CPU_TIME_H
#define UMBRA_ARCH_CPU_TIME_H

#include "arch/cpu/counter.h"

#include <stdbool.h>
#include <stdint.h>

/* Nanoseconds since time began; 0 before there is a clock.  Any CPU, any context. */
uint64_t time_ns(void);

/*
 * Nanoseconds since 1970-01-01 UTC: the battery clock at boot, carried on by time_ns().  Any
 * context.
 */
uint64_t time_wall_ns(void);

/* TSC ticks a millisecond, measured. */
uint32_t time_tsc_khz(void);

/* Is the clock the TSC?  If not, neither guests nor timers should rely on the TSC. */
bool time_is_tsc(void);

/*
 * What the TSC shows when time_ns() reaches deadline, or a moment later; 1 at
 * least.  Only when the clock is the TSC; exact to the tick for a deadline
 * within seconds of now.
 */
uint64_t time_tsc_at(uint64_t deadline);

/* --- for arch/board/clock.c ---------------------------------------------------------------- */

/* A source of time.  Complete before it is used; then only `counted` changes. */
struct clock {
	const struct counter *counter;	/* NULL: the TSC */
	bool usable;
	uint64_t start;			/* what it showed when time began */
	uint32_t factor;		/* nanoseconds a tick, times 2^32, divided by 2^shift */
	unsigned shift;
	uint64_t counted;		/* the counter as any CPU read it last, made 64 bits wide */
};

/* The clock in use. */
struct clock *time_clock(void);

/*
 * Takes clock into use, and makes the time now age_ns.  One CPU at a time; others may ask for
 * the time meanwhile.
 */
void time_use_clock(struct clock *clock, uint64_t age_ns);

/*
 * Set the measured rate of the TSC, before any clock is in use, and the wall clock at the start of
 * time.
 */
void time_set_tsc_khz(uint32_t khz);
void time_set_wall_start(uint64_t ns);

#endif

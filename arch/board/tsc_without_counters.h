/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Finds the rate of the TSC where no counter can be used.  Called by tsc.c alone: boot CPU, at
 * boot, interrupts off.
 */
#ifndef UMBRA_ARCH_BOARD_TSC_WITHOUT_COUNTERS_H
#define UMBRA_ARCH_BOARD_TSC_WITHOUT_COUNTERS_H

#include <stdbool.h>
#include <stdint.h>

/*
 * What a TSC can run at: emulators count instructions, of which they do a million a second at
 * least.  A measurement outside of these limits is wrong.
 */
#define TSC_KHZ_MIN 1000u
#define TSC_KHZ_MAX 100000000u

/* 20 ms of a processor of 100 GHz: any measurement that works ends long before. */
#define TSC_GIVE_UP (1ull << 31)

static inline bool tsc_is_plausible(uint32_t khz)
{
	return khz >= TSC_KHZ_MIN && khz <= TSC_KHZ_MAX;
}

/* How the rate was found, for the log, and which of the two counters can be a clock. */
struct tsc_rate {
	uint32_t khz;			/* never 0 */
	const char *referee;		/* by whom */
	const char *second;		/* another referee, or NULL */
	uint32_t second_ppm;		/* how far that one is off */
	bool stands_still;		/* it is no clock at all, and khz a guess */
	bool usable[2];			/* counts, evenly, and at the rate that it claims */
};

/*
 * The rate by the interval timer; 0 when there is none, it stands still or the rate is impossible.
 */
uint32_t tsc_khz_by_pit(void);

/* The rate by other means than counters, best first; no counter is marked as usable. */
struct tsc_rate tsc_measure_without_counters(void);

/* Does the TSC not count at all?  Then nothing can be measured, and tsc_of_no_use is its rate. */
bool tsc_stands_still(void);
struct tsc_rate tsc_of_no_use(void);

#endif

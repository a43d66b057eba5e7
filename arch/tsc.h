/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How fast the time-stamp counter runs: measured once, against whatever counts
 * at a known rate.
 */
#ifndef UMBRA_ARCH_TSC_H
#define UMBRA_ARCH_TSC_H

#include "arch/counter.h"

/* How the rate was found, for the log. */
struct tsc_rate {
	uint32_t khz;			/* never 0 */
	const char *referee;		/* by whom */
	const char *second;		/* who was asked too, or NULL */
	uint32_t second_ppm;		/* how far that one is off */
};

/*
 * Measures against both counters, each of which may be NULL, at the same time;
 * when they disagree the interval timer decides, and when there is none of
 * them it measures alone.  20 ms, or 80 with the interval timer.  Boot CPU,
 * once, interrupts off.
 */
struct tsc_rate tsc_measure(const struct counter *first, const struct counter *second);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How fast the time-stamp counter runs.  It is measured once, against counters of a known rate,
 * and the same measurement shows which of these can be trusted.
 */
#ifndef UMBRA_ARCH_BOARD_TSC_H
#define UMBRA_ARCH_BOARD_TSC_H

#include "arch/board/tsc_without_counters.h"
#include "arch/cpu/counter.h"

/*
 * Begins to measure, so that something else can be done while the counters count: takes 1 ms, and
 * returns the rate by that, in kHz, good to a per cent or so.  0, and nothing has begun, unless
 * each counter that there is (NULL: there is none) counts and agrees with the other.  Boot CPU,
 * once, interrupts off.
 */
uint32_t tsc_measure_first(const struct counter *first, const struct counter *second);

/*
 * Measures against both counters, each of which may be NULL, at the same time; when they disagree
 * the interval timer decides.  Goes on with what tsc_measure_first has begun, unless that was more
 * than a second ago, and calls meanwhile, which takes 50 microseconds at most, while it waits.
 * When neither is usable, the interval timer alone, the battery clock, CPUID and a guess are tried
 * in this order.  The log says in a line each what is not usable or missing.  20 ms; 80 with the
 * interval timer; 2 s with the battery clock; some seconds where something stands still.  Boot CPU,
 * once, interrupts off.
 */
struct tsc_rate tsc_measure(const struct counter *first, const struct counter *second,
			    void (*meanwhile)(void));

#endif

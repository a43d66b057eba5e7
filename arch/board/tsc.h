/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How fast the time-stamp counter runs: measured once, against whatever counts
 * at a known rate, which is judged at the same time.
 */
#ifndef UMBRA_ARCH_BOARD_TSC_H
#define UMBRA_ARCH_BOARD_TSC_H

#include "arch/board/tsc_without_counters.h"
#include "arch/cpu/counter.h"

/*
 * Measures against both counters, each of which may be NULL, at the same time; when they
 * disagree the interval timer decides.  When neither is usable it measures alone, and
 * after it the battery clock, the processor's own word, and a guess.  What is not usable,
 * or missing in the end, is told in the log, a line each.  20 ms; 80 with the interval
 * timer; 2 s with the battery clock; some seconds where something stands still.  Boot CPU,
 * once, interrupts off.
 */
struct tsc_rate tsc_measure(const struct counter *first, const struct counter *second);

#endif

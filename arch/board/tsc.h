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
 * Measures against both counters, each of which may be NULL, at the same time; when they disagree
 * the interval timer decides.  When neither is usable, the interval timer alone, the battery clock,
 * CPUID and a guess are tried in this order.  The log says in a line each what is not usable or
 * missing.  20 ms; 80 with the interval timer; 2 s with the battery clock; some seconds where
 * something stands still.  Boot CPU, once, interrupts off.
 */
struct tsc_rate tsc_measure(const struct counter *first, const struct counter *second);

#endif

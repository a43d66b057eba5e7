/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the two files that measure the TSC share, and nobody else uses: the boot CPU's, at
 * boot, interrupts off.
 */
#ifndef UMBRA_ARCH_BOARD_TSC_WITHOUT_COUNTERS_H
#define UMBRA_ARCH_BOARD_TSC_WITHOUT_COUNTERS_H

#include "arch/board/tsc.h"

/*
 * What a TSC can run at: emulators count instructions, of which they do a million a second
 * at least.  Whatever makes it slower or faster is not what it claims to be.
 */
#define TSC_KHZ_MIN 1000u
#define TSC_KHZ_MAX 100000000u

/* 20 ms of a processor of 100 GHz: whatever is measured then is done long before. */
#define TSC_GIVE_UP (1ull << 31)

bool tsc_is_plausible(uint32_t khz);

/* How far other is off from khz, in millionths of it. */
uint32_t tsc_apart_ppm(uint32_t khz, uint32_t other);

/* By the interval timer; 0 when there is none, or it stands still, or says what cannot be. */
uint32_t tsc_khz_by_pit(void);

/* By all that is no counter, in the order in which they are to be believed; no counter is usable. */
struct tsc_rate tsc_measure_without_counters(void);

/* Does it not count at all?  Then nothing can be measured by it, and the rate is this one. */
bool tsc_stands_still(void);
struct tsc_rate tsc_of_no_use(void);

#endif

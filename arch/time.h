/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The clocks: nanoseconds since boot from the calibrated TSC, and the wall
 * clock, which is the battery clock at boot carried on by the former.
 */
#ifndef UMBRA_ARCH_TIME_H
#define UMBRA_ARCH_TIME_H

#include <stdint.h>

/* Measures the TSC against the PIT and reads the battery clock.  Boot CPU, once, interrupts off. */
void time_init(void);

/* Nanoseconds since time_init; 0 before.  Any context. */
uint64_t time_ns(void);

/* Nanoseconds since 1970-01-01 UTC.  Any context. */
uint64_t time_wall_ns(void);

/* TSC ticks a millisecond, measured. */
uint32_t time_tsc_khz(void);

#endif

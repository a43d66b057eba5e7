/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The clock that time is computed from: the TSC, or a counter of the board where the TSC's rate may
 * change.  Chosen at boot; another one takes over when the one in use fails. arch/cpu/time.h says
 * what time it is.
 */
#ifndef UMBRA_ARCH_BOARD_CLOCK_H
#define UMBRA_ARCH_BOARD_CLOCK_H

#include "arch/cpu/mmio.h"

#include <stdbool.h>
#include <stdint.h>

/* The option clock=. */
enum clock_source {
	CLOCK_AUTO,	/* the TSC if its rate is constant, else another one */
	CLOCK_TSC,
	CLOCK_HPET,
	CLOCK_PM_TIMER,
};

/*
 * Measures the TSC, chooses the clock among those that work and reads the battery clock.  Time
 * began when the TSC was `began`.  Boot CPU, once, after acpi_init, interrupts off.  Panics when no
 * clock works.
 */
void clock_init(enum clock_source wanted, mmio_map_t *map, uint64_t began);

/*
 * Replaces the TSC, which differs between CPUs, by another clock that goes on from its time.
 * False, and nothing changes, when there is none.  Boot CPU, before any timer runs and any other
 * CPU asks for the time.
 */
bool clock_leave_tsc(void);

/*
 * Replaces the clock, which has failed, by another one that goes on from its time, and logs cause,
 * a clause that says how it failed.  False, and nothing changes, when no other clock works.  Any
 * CPU, any context but NMIs.
 */
bool clock_leave(const char *cause);

/* The clock stands still: replaces it, or panics if no other clock works.  Contexts as above. */
void clock_leave_stopped(void);

/* The name of the clock in use, as in clock=. */
const char *clock_name(void);

/*
 * How often, in ns, time_ns() must be called on some CPU, or a counter that
 * wraps around makes it wrong.  0: it need not.
 */
uint64_t clock_keep_ns(void);

#endif

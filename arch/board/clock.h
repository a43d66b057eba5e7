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
 * Opens the counters and begins to measure the TSC, which takes 1 ms: from then on there is a time,
 * good to a per cent, which began when the TSC was `tsc`.  Other things can be done while the
 * counters count; clock_end measures to the end.  Where a counter is missing or in doubt, this
 * measures to the end itself.  source is the clock that is wanted.  Boot CPU, once, after
 * acpi_init, interrupts off.
 */
void clock_begin(enum clock_source source, mmio_map_t *map, uint64_t tsc);

/*
 * Waits until 20 ms after clock_begin, or not at all, and calls meanwhile until then, for 50
 * microseconds at most each time (arch/board/tsc.h).  Chooses the clock among those that work,
 * which goes on from the time so far, and reads the battery clock.  Boot CPU, once, interrupts off,
 * before another CPU asks for the time.  Both panic when no clock works.
 */
void clock_end(void (*meanwhile)(void));

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

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A time limit for loops that poll hardware.  Interrupts may be off while such a loop runs, so it
 * may be the first to notice that the clock itself has stopped; without a count of equal readings
 * it would never end.
 */
#ifndef UMBRA_ARCH_CPU_TIME_LIMIT_H
#define UMBRA_ARCH_CPU_TIME_LIMIT_H

#include "arch/cpu/time.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * A running clock never shows the same time so often in a row: its ticks are shorter than ten
 * readings.
 */
#define TIME_LIMIT_SAME 1000000u

/*
 * Nanoseconds between two readings that count at most.  Readings that are farther apart tell that
 * the CPU was held up by what runs below Umbra, firmware or a hypervisor, and mostly the device
 * too: it is not late because of that.
 */
#define TIME_LIMIT_GAP 1000000u

struct time_limit {
	uint64_t end, last;	/* time_ns() */
	uint32_t same;		/* how often in a row it was last */
};

/* A limit that is over when somebody has asked for so many nanoseconds. */
static inline struct time_limit time_limit(uint64_t nanoseconds)
{
	uint64_t now = time_ns();

	return (struct time_limit){ .end = now + nanoseconds, .last = now };
}

/*
 * The clock stood still for TIME_LIMIT_SAME readings.  True when the wait has to end, false when
 * another clock goes on.
 */
bool time_limit_is_stuck(void);

/*
 * Sets the function that decides it: arch/board/clock.c does, as soon as there is a clock.  Before
 * that, such a wait ends.
 */
void time_limit_set_stuck(bool (*is_stuck)(void));

/* Is it over?  To be asked again and again.  Any context but NMIs. */
static inline bool time_limit_is_over(struct time_limit *limit)
{
	uint64_t now = time_ns();

	limit->same = now == limit->last ? limit->same + 1 : 0;
	if (now > limit->last + TIME_LIMIT_GAP)
		limit->end += now - limit->last - TIME_LIMIT_GAP;
	limit->last = now;
	return now >= limit->end || (limit->same >= TIME_LIMIT_SAME && time_limit_is_stuck());
}

/*
 * For limits that a timer looks at: is *limit over?  When it is found to be so for the first time
 * it is put off by nanoseconds, and it is over the second time: whoever looks may have been held
 * up for longer than the limit, and the device with it.  *put_off is the caller's to keep,
 * under the same lock as *limit.
 */
static inline bool time_is_really_over(uint64_t *limit, uint64_t *put_off, uint64_t nanoseconds)
{
	uint64_t now = time_ns();

	if (now < *limit)
		return false;
	if (*put_off == *limit)
		return true;
	*limit = *put_off = now + nanoseconds;
	return false;
}

#endif

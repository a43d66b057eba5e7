/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How long a guest that reboots itself over and over has to wait.  A guest that cannot start must
 * not fill the log and use up the machine's time; one that reboots now and then must not be
 * delayed.  Pure; for hv/life/guest_end.c.
 */
#ifndef UMBRA_HV_LIFE_RESTART_DELAY_H
#define UMBRA_HV_LIFE_RESTART_DELAY_H

#include <stdint.h>

/* A guest that lived for so long reboots at once, and its count starts at 0 again. */
#define RESTART_LIFE_NS 10000000000ull
/* So many shorter lives in a row cost nothing; then the delay doubles from one to the next. */
#define RESTART_FREE 16u
#define RESTART_FIRST_NS 10000000ull
#define RESTART_MOST_NS 10000000000ull

/*
 * A guest has asked to be started again after a life of lived nanoseconds:
 * returns for how many it is to wait.  *short_lives is its count of short lives
 * in a row, 0 at first.
 */
static inline uint64_t restart_delay(uint32_t *short_lives, uint64_t lived)
{
	uint64_t delay = RESTART_FIRST_NS;

	if (lived >= RESTART_LIFE_NS) {
		*short_lives = 0;
		return 0;
	}
	if (*short_lives < UINT32_MAX)
		++*short_lives;
	if (*short_lives <= RESTART_FREE)
		return 0;
	for (uint32_t i = RESTART_FREE + 1; i < *short_lives && delay < RESTART_MOST_NS; i++)
		delay *= 2;
	return delay < RESTART_MOST_NS ? delay : RESTART_MOST_NS;
}

#endif

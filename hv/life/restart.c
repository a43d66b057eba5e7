// SPDX-License-Identifier: GPL-2.0-only
/*
 * The growing delay of a guest that reboots over and over.
 */
#include "hv/life/restart.h"

uint64_t restart_delay(uint32_t *short_lives, uint64_t lived)
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

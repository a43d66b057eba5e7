// SPDX-License-Identifier: GPL-2.0-only
/*
 * When the clock stops, a function that was set decides: arch/board/clock.c, which is above this
 * file.
 */
#include "arch/cpu/time_limit.h"

static bool (*ask)(void);

void time_limit_set_stuck(bool (*is_stuck)(void))
{
	ask = is_stuck;
}

bool time_limit_is_stuck(void)
{
	return !ask || ask();
}

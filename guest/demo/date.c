// SPDX-License-Identifier: GPL-2.0-only
/*
 * Calendar dates for the demo guest: plain counting from 1970. No state.
 */
#include "guest/demo/date.h"

#include "guest/runtime/print.h"

#include <stdbool.h>

#define SECONDS_PER_DAY 86400u

static bool is_leap(uint32_t year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static uint32_t month_days(uint32_t year, uint32_t month)
{
	static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

	return month == 2 && is_leap(year) ? 29 : days[month - 1];
}

void date_format(char *buffer, size_t size, uint32_t seconds)
{
	uint32_t days = seconds / SECONDS_PER_DAY;
	uint32_t time = seconds % SECONDS_PER_DAY;
	uint32_t year = 1970;
	uint32_t month = 1;

	for (; days >= (is_leap(year) ? 366u : 365u); year++)
		days -= is_leap(year) ? 366 : 365;
	for (; days >= month_days(year, month); month++)
		days -= month_days(year, month);
	format_text(buffer, size, "%04u-%02u-%02u %02u:%02u:%02u UTC", year, month, days + 1,
		    time / 3600, time / 60 % 60, time % 60);
}

// SPDX-License-Identifier: GPL-2.0-only
/* Converts the battery clock's registers to a date and to seconds.  Pure. */
#include "arch/board/rtc.h"

#include "lib/error.h"

#define AFTERNOON 0x80u
#define EPOCH_YEAR 1970u

struct date {
	unsigned year, month, day, hour, minute, second;
};

static const uint8_t month_days[12] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

/* 0xFF, which no field allows, for BCD digits above 9. */
static unsigned from_bcd(unsigned value)
{
	if ((value & 0xF) > 9 || value >> 4 > 9)
		return 0xFF;
	return (value >> 4) * 10 + (value & 0xF);
}

static unsigned decode(const struct rtc_registers *registers, unsigned value)
{
	return registers->format & RTC_BINARY ? value : from_bcd(value);
}

/* 12 at night is 0, 12 at noon is 12. */
static unsigned decode_hour(const struct rtc_registers *registers)
{
	unsigned hour;

	if (registers->format & RTC_24_HOURS)
		return decode(registers, registers->hour);
	hour = decode(registers, registers->hour & ~AFTERNOON);
	if (hour < 1 || hour > 12)
		return 0xFF;
	return hour % 12 + (registers->hour & AFTERNOON ? 12 : 0);
}

static unsigned decode_year(const struct rtc_registers *registers)
{
	unsigned century = decode(registers, registers->century);

	/* The register that the firmware names for the century may hold anything. */
	if (century < 19 || century > 29)
		century = 20;
	return century * 100 + decode(registers, registers->year);
}

static bool is_leap_year(unsigned year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static unsigned days_in_month(unsigned year, unsigned month)
{
	return month_days[month - 1] + (month == 2 && is_leap_year(year) ? 1u : 0u);
}

static bool is_valid(const struct date *date)
{
	return date->second < 60 && date->minute < 60 && date->hour < 24 &&
	       date->month >= 1 && date->month <= 12 && date->day >= 1 &&
	       date->year >= EPOCH_YEAR && date->day <= days_in_month(date->year, date->month);
}

static unsigned days_since_epoch(const struct date *date)
{
	unsigned days = date->day - 1;

	for (unsigned year = EPOCH_YEAR; year < date->year; year++)
		days += is_leap_year(year) ? 366 : 365;
	for (unsigned month = 1; month < date->month; month++)
		days += days_in_month(date->year, month);
	return days;
}

int rtc_to_seconds(const struct rtc_registers *registers, uint64_t *seconds)
{
	struct date date = {
		.second = decode(registers, registers->second),
		.minute = decode(registers, registers->minute),
		.hour = decode_hour(registers),
		.day = decode(registers, registers->day),
		.month = decode(registers, registers->month),
		.year = decode_year(registers),
	};

	if (decode(registers, registers->year) > 99 || !is_valid(&date))
		return -E_RANGE;
	*seconds = (uint64_t)days_since_epoch(&date) * 86400 + date.hour * 3600 +
		   date.minute * 60 + date.second;
	return 0;
}

// SPDX-License-Identifier: GPL-2.0-only
/* Tests of arch/board/rtc_convert.c, the encodings by hand and the calendar against libc. */
#include "arch/board/rtc.h"
#include "lib/compiler.h"
#include "lib/error.h"
#include "tests/unit/unit.h"

#include <string.h>
#include <time.h>

struct rtc_case {
	struct rtc_registers registers;
	int result;
	uint64_t seconds;
};

/* second, minute, hour, day, month, year, century, format */
static const struct rtc_case cases[] = {
	/* BCD, 24 hours: 2024-02-29 23:59:58 */
	{ { 0x58, 0x59, 0x23, 0x29, 0x02, 0x24, 0x20, RTC_24_HOURS }, 0, 1709251198 },
	/* the same in binary, and without a century */
	{ { 58, 59, 23, 29, 2, 24, 20, RTC_24_HOURS | RTC_BINARY }, 0, 1709251198 },
	{ { 58, 59, 23, 29, 2, 24, 0, RTC_24_HOURS | RTC_BINARY }, 0, 1709251198 },
	/* a century register that is none */
	{ { 0x58, 0x59, 0x23, 0x29, 0x02, 0x24, 0xFF, RTC_24_HOURS }, 0, 1709251198 },
	/* 12 hours, BCD and binary: 11 pm, 12 at noon, 12 at night, 1 am */
	{ { 0x58, 0x59, 0x91, 0x29, 0x02, 0x24, 0x20, 0 }, 0, 1709251198 },
	{ { 58, 59, 0x80 | 11, 29, 2, 24, 20, RTC_BINARY }, 0, 1709251198 },
	{ { 0, 0, 0x92, 0x01, 0x01, 0x70, 0x19, 0 }, 0, 12 * 3600 },
	{ { 0, 0, 0x12, 0x01, 0x01, 0x70, 0x19, 0 }, 0, 0 },
	{ { 0, 0, 0x01, 0x01, 0x01, 0x70, 0x19, 0 }, 0, 3600 },
	{ { 0, 0, 0x81, 0x01, 0x01, 0x70, 0x19, 0 }, 0, 13 * 3600 },
	/* centuries: 2000 was a leap year, 2100 is none */
	{ { 0, 0, 0, 0x29, 0x02, 0x00, 0x20, RTC_24_HOURS }, 0, 951782400 },
	{ { 0, 0, 0, 0x29, 0x02, 0x00, 0x21, RTC_24_HOURS }, -E_RANGE, 7 },
	/* before the epoch */
	{ { 0, 0, 0, 0x31, 0x12, 0x69, 0x19, RTC_24_HOURS }, -E_RANGE, 7 },
	/* no dates */
	{ { 0x60, 0, 0, 0x01, 0x01, 0x24, 0x20, RTC_24_HOURS }, -E_RANGE, 7 },
	{ { 0, 0x60, 0, 0x01, 0x01, 0x24, 0x20, RTC_24_HOURS }, -E_RANGE, 7 },
	{ { 0, 0, 0x24, 0x01, 0x01, 0x24, 0x20, RTC_24_HOURS }, -E_RANGE, 7 },
	{ { 0, 0, 0x00, 0x01, 0x01, 0x24, 0x20, 0 }, -E_RANGE, 7 },
	{ { 0, 0, 0x13, 0x01, 0x01, 0x24, 0x20, 0 }, -E_RANGE, 7 },
	{ { 0, 0, 0, 0x00, 0x01, 0x24, 0x20, RTC_24_HOURS }, -E_RANGE, 7 },
	{ { 0, 0, 0, 0x32, 0x01, 0x24, 0x20, RTC_24_HOURS }, -E_RANGE, 7 },
	{ { 0, 0, 0, 0x30, 0x02, 0x24, 0x20, RTC_24_HOURS }, -E_RANGE, 7 },
	{ { 0, 0, 0, 0x01, 0x00, 0x24, 0x20, RTC_24_HOURS }, -E_RANGE, 7 },
	{ { 0, 0, 0, 0x01, 0x13, 0x24, 0x20, RTC_24_HOURS }, -E_RANGE, 7 },
	{ { 0, 0, 0, 0x01, 0x01, 0x9A, 0x20, RTC_24_HOURS }, -E_RANGE, 7 },
	{ { 0, 0, 0, 1, 1, 100, 20, RTC_24_HOURS | RTC_BINARY }, -E_RANGE, 7 },
	{ { 0x0A, 0, 0, 0x01, 0x01, 0x24, 0x20, RTC_24_HOURS }, -E_RANGE, 7 },
	{ { 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF }, -E_RANGE, 7 },
};

static void encodings(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint64_t seconds = 7;

		assert_int_equal(rtc_to_seconds(&cases[i].registers, &seconds), cases[i].result);
		assert_int_equal(seconds, cases[i].seconds);
	}
}

static uint8_t bcd(int value)
{
	return (uint8_t)(value / 10 * 16 + value % 10);
}

/* Every 11 hours, 7 minutes and 5 seconds from 1970 to 2150. */
static void calendar(void **state)
{
	(void)state;
	for (time_t wanted = 0; wanted < 5680281600; wanted += 40025) {
		struct tm tm;
		struct rtc_registers registers = { .format = RTC_24_HOURS };
		uint64_t seconds;

		assert_non_null(gmtime_r(&wanted, &tm));
		registers.second = bcd(tm.tm_sec);
		registers.minute = bcd(tm.tm_min);
		registers.hour = bcd(tm.tm_hour);
		registers.day = bcd(tm.tm_mday);
		registers.month = bcd(tm.tm_mon + 1);
		registers.year = bcd(tm.tm_year % 100);
		registers.century = bcd(19 + tm.tm_year / 100);
		assert_int_equal(rtc_to_seconds(&registers, &seconds), 0);
		assert_int_equal(seconds, wanted);
	}
}

/* Whatever a clock returns, the answer is an error or a plausible time. */
static void any_registers(void **state)
{
	uint64_t random = 1;

	(void)state;
	for (unsigned i = 0; i < 200000; i++) {
		uint64_t bytes = unit_random(&random);
		struct rtc_registers registers;
		uint64_t seconds = 0;

		memcpy(&registers, &bytes, sizeof(registers));
		if (rtc_to_seconds(&registers, &seconds) == 0)
			assert_true(seconds < 36ull * 1000 * 1000 * 1000);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(encodings),
		cmocka_unit_test(calendar),
		cmocka_unit_test(any_registers),
	};

	return cmocka_run_group_tests_name("rtc_convert", tests, NULL, NULL);
}

// SPDX-License-Identifier: GPL-2.0-only
/* Tests of hv/life/restart_delay.h: how long a guest that reboots again and again waits. */
#include "hv/life/restart_delay.h"
#include "tests/unit/unit.h"

#define MS 1000000ull

static void now_and_then_costs_nothing(void **state)
{
	uint32_t short_lives = 0;

	(void)state;
	for (unsigned i = 0; i < 1000; i++)
		assert_int_equal(restart_delay(&short_lives, RESTART_LIFE_NS), 0);
	assert_int_equal(short_lives, 0);
}

static void delay_grows_to_its_limit(void **state)
{
	uint32_t short_lives = 0;
	uint64_t last = 0;

	(void)state;
	for (unsigned i = 0; i < RESTART_FREE; i++)
		assert_int_equal(restart_delay(&short_lives, 0), 0);
	assert_int_equal(restart_delay(&short_lives, RESTART_LIFE_NS - 1), 10 * MS);
	assert_int_equal(restart_delay(&short_lives, 0), 20 * MS);
	assert_int_equal(restart_delay(&short_lives, 0), 40 * MS);
	for (unsigned i = 0; i < 100; i++) {
		uint64_t delay = restart_delay(&short_lives, 0);

		assert_true(delay > last || delay == RESTART_MOST_NS);
		last = delay;
	}
	assert_int_equal(last, RESTART_MOST_NS);
}

static void count_cannot_wrap_to_nothing(void **state)
{
	uint32_t short_lives = UINT32_MAX - 1;

	(void)state;
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(restart_delay(&short_lives, 0), RESTART_MOST_NS);
}

static void long_life_clears_the_slate(void **state)
{
	uint32_t short_lives = 0;

	(void)state;
	for (unsigned i = 0; i < 40; i++)
		(void)restart_delay(&short_lives, 0);
	assert_int_equal(restart_delay(&short_lives, RESTART_LIFE_NS), 0);
	for (unsigned i = 0; i < RESTART_FREE; i++)
		assert_int_equal(restart_delay(&short_lives, 0), 0);
	assert_int_equal(restart_delay(&short_lives, 0), RESTART_FIRST_NS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(now_and_then_costs_nothing),
		cmocka_unit_test(delay_grows_to_its_limit),
		cmocka_unit_test(count_cannot_wrap_to_nothing),
		cmocka_unit_test(long_life_clears_the_slate),
	};

	return cmocka_run_group_tests_name("restart", tests, NULL, NULL);
}

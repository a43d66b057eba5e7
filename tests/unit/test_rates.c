// SPDX-License-Identifier: GPL-2.0-only
/* Tests of hv/console/rates.c. */
#include "hv/console/rates.h"
#include "tests/unit/unit.h"

#define MHZ 2000000u	/* kHz of a TSC: 2 ticks a ns */

static void test_rates(void **state)
{
	const struct guest_sample before = {
		.time = 5000000000, .stolen = 7000000,
		.account = { .guest_ticks = 1000, .exits = { 10, 20 }, .cost = { 100, 200 },
			     .frames = 5, .requests = UINT32_MAX },
	};
	/* Two seconds later; the count of requests has wrapped around. */
	const struct guest_sample after = {
		.time = 7000000000, .stolen = 107000000,
		.account = { .guest_ticks = 1000 + 2000000000, .umbra_ticks = 400000000,
			     .exits = { 2010, 30 }, .cost = { 100 + 2000 * 600, 200 + 10 * 4000 },
			     .frames = 15, .requests = 3 },
	};
	struct rates rates;

	(void)state;
	rates_between(&before, &after, MHZ, &rates);
	assert_int_equal(rates.guest, 500);
	assert_int_equal(rates.umbra, 100);
	assert_int_equal(rates.stolen, 50);
	assert_int_equal(rates.waiting, 350);
	assert_int_equal(rates.exits[EXIT_HYPERCALL], 1000);
	assert_int_equal(rates.cost_ns[EXIT_HYPERCALL], 300);
	assert_int_equal(rates.exits[EXIT_FAULT], 5);
	assert_int_equal(rates.cost_ns[EXIT_FAULT], 2000);
	assert_int_equal(rates.exits[EXIT_OTHER], 0);
	assert_int_equal(rates.cost_ns[EXIT_OTHER], 0);
	assert_int_equal(rates.all_exits, 1005);
	assert_int_equal(rates.all_cost_ns, (2000 * 300 + 10 * 2000) / 2010);
	assert_int_equal(rates.frames, 5);
	assert_int_equal(rates.requests, 2);
}

/* Samples of one moment, and figures that do not go together. */
static void test_extremes(void **state)
{
	const struct guest_sample none = { .time = 1000 };
	struct guest_sample much = { .time = 1000 };
	struct rates rates;

	(void)state;
	rates_between(&none, &none, MHZ, &rates);
	assert_int_equal(rates.waiting, 1000);
	much.time = 1000000;
	much.account.guest_ticks = UINT64_MAX / 2000;
	much.account.umbra_ticks = 1ull << 40;
	much.account.exits[EXIT_FAULT] = UINT32_MAX;
	rates_between(&none, &much, MHZ, &rates);
	assert_int_equal(rates.guest, 1000);
	assert_int_equal(rates.umbra, 1000);
	assert_int_equal(rates.waiting, 0);
	assert_int_equal(rates.exits[EXIT_FAULT], UINT32_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rates),
		cmocka_unit_test(test_extremes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: GPL-2.0-only
/* Tests of lib/div64.c against the native 64-bit and 128-bit arithmetic. */
#include "lib/div64.h"
#include "tests/unit/unit.h"

#define ROUNDS 200000

static const uint64_t edges[] = {
	0, 1, 2, 3, 9, 10, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFE, 0xFFFFFFFF, 0x100000000,
	0x100000001, 0x1FFFFFFFF, 0x7FFFFFFFFFFFFFFF, 0x8000000000000000, 0x8000000000000001,
	0xFFFFFFFF00000000, 0xFFFFFFFEFFFFFFFF, 0xFFFFFFFFFFFFFFFE, 0xFFFFFFFFFFFFFFFF,
};

#define EDGES (sizeof(edges) / sizeof(edges[0]))

static void check(uint64_t value, uint64_t divisor)
{
	int64_t left = (int64_t)value;
	int64_t right = (int64_t)divisor;

	assert_int_equal(__udivdi3(value, divisor), value / divisor);
	assert_int_equal(__umoddi3(value, divisor), value % divisor);
	/* The one signed quotient that does not fit is undefined in C. */
	if (left == INT64_MIN && right == -1)
		return;
	assert_int_equal(__divdi3(left, right), left / right);
	assert_int_equal(__moddi3(left, right), left % right);
}

static void test_edges(void **state)
{
	(void)state;
	for (size_t i = 0; i < EDGES; i++) {
		for (size_t k = 1; k < EDGES; k++) {
			check(edges[i], edges[k]);
			check(0 - edges[i], edges[k]);
			check(edges[i], 0 - edges[k]);
		}
	}
}

static void test_random(void **state)
{
	uint64_t seed = 42;

	(void)state;
	for (int i = 0; i < ROUNDS; i++) {
		/* All magnitudes, not just the large ones. */
		uint64_t value = unit_random(&seed) >> unit_random(&seed) % 64;
		uint64_t divisor = unit_random(&seed) >> unit_random(&seed) % 64;

		if (divisor != 0)
			check(value, divisor);
	}
}

static void test_near_multiples(void **state)
{
	uint64_t seed = 7;

	(void)state;
	for (int i = 0; i < ROUNDS; i++) {
		uint64_t divisor = unit_random(&seed) >> unit_random(&seed) % 32;
		uint64_t multiple = UINT64_MAX / divisor * divisor;

		check(multiple, divisor);
		check(multiple - 1, divisor);
		check(multiple + 1, divisor);
	}
}

static void test_short_divisor(void **state)
{
	uint64_t seed = 1;

	(void)state;
	for (int i = 0; i < ROUNDS; i++) {
		uint64_t value = unit_random(&seed);
		uint32_t divisor = (uint32_t)unit_random(&seed) | 1;
		uint32_t rest;

		assert_int_equal(div_u64_u32(value, divisor, &rest), value / divisor);
		assert_int_equal(rest, value % divisor);
		assert_int_equal(div_u64_u32(value, divisor, NULL), value / divisor);
	}
}

static void test_scaling(void **state)
{
	uint64_t seed = 3;

	(void)state;
	for (int i = 0; i < ROUNDS; i++) {
		uint64_t value = unit_random(&seed) >> unit_random(&seed) % 64;
		uint32_t factor = (uint32_t)unit_random(&seed);
		unsigned int shift = (unsigned int)i % 64;
		unsigned __int128 product = (unsigned __int128)value * factor;

		assert_int_equal(mul_u64_u32_shift(value, factor, shift),
				 (uint64_t)(product >> shift));
	}
	/* 1 GHz in 32.32 fixed point: ticks are nanoseconds. */
	assert_int_equal(mul_u64_u32_shift(123456789012345, 0x80000000, 31), 123456789012345);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_edges),
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_near_multiples),
		cmocka_unit_test(test_short_divisor),
		cmocka_unit_test(test_scaling),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

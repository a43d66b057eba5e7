// SPDX-License-Identifier: GPL-2.0-only
/* Tests of lib/checked.h, lib/bytes.h and lib/index.h. */
#include "lib/bytes.h"
#include "lib/checked.h"
#include "lib/index.h"
#include "tests/unit/unit.h"

static void test_addition(void **state)
{
	uint32_t sum = 7;
	uint64_t long_sum = 7;

	(void)state;
	assert_true(checked_add_u32(UINT32_MAX - 1, 1, &sum));
	assert_int_equal(sum, UINT32_MAX);
	assert_false(checked_add_u32(UINT32_MAX, 1, &sum));
	assert_int_equal(sum, UINT32_MAX);
	assert_true(checked_add_u64(UINT64_MAX, 0, &long_sum));
	assert_true(long_sum == UINT64_MAX);
	assert_false(checked_add_u64(UINT64_MAX, UINT64_MAX, &long_sum));
}

static void test_long_multiplication(void **state)
{
	uint64_t seed = 11;

	(void)state;
	for (int i = 0; i < 200000; i++) {
		uint64_t a = unit_random(&seed) >> unit_random(&seed) % 64;
		uint64_t b = unit_random(&seed) >> unit_random(&seed) % 64;
		uint64_t ours = 7;
		uint64_t theirs = 7;
		bool fits = !__builtin_mul_overflow(a, b, &theirs);

		assert_int_equal(checked_mul_u64(a, b, &ours), fits);
		assert_true(ours == (fits ? theirs : 7));
	}
}

static void test_ranges(void **state)
{
	(void)state;
	assert_true(range_inside(0, 10, 10));
	assert_true(range_inside(10, 0, 10));
	assert_false(range_inside(11, 0, 10));
	assert_false(range_inside(1, 10, 10));
	assert_false(range_inside(UINT64_MAX, 2, 10));
	assert_false(range_inside(2, UINT64_MAX, 10));
	assert_true(range_inside(1, UINT64_MAX - 1, UINT64_MAX));
	assert_true(ranges_overlap(0, 10, 9, 1));
	assert_false(ranges_overlap(0, 10, 10, 1));
	assert_false(ranges_overlap(5, 0, 0, 10));
	assert_true(ranges_overlap(5, 1, 0, 10));
}

static void test_bytes(void **state)
{
	uint8_t area[10] = { 0xEE, 1, 2, 3, 4, 5, 6, 7, 0x88, 0xEE };

	(void)state;
	assert_int_equal(load_le16(area + 1), 0x0201);
	assert_int_equal(load_le32(area + 1), 0x04030201);
	assert_int_equal(load_le32(area + 5), 0x88070605);
	assert_true(load_le64(area + 1) == 0x8807060504030201);
	store_le64(area + 1, 0x1122334455667788);
	assert_true(load_le64(area + 1) == 0x1122334455667788);
	store_le32(area + 1, 0xAABBCCDD);
	store_le16(area + 7, 0x9876);
	assert_true(load_le64(area + 1) == 0x98763344AABBCCDD);
	assert_int_equal(area[0], 0xEE);
	assert_int_equal(area[9], 0xEE);
}

static void test_index(void **state)
{
	static const uint32_t limits[] = { 0, 1, 2, 0x7FFFFFFF, 0x80000000u, 0xC0000000u,
					   UINT32_MAX };

	(void)state;
	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		for (uint32_t around = 0; around < 4; around++) {
			uint32_t index = limits[i] - 2 + around;

			assert_int_equal(index_within(index, limits[i]),
					 index < limits[i] ? index : 0);
		}
		assert_int_equal(index_within(0, limits[i]), 0);
		assert_int_equal(index_within(UINT32_MAX, limits[i]), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_addition),
		cmocka_unit_test(test_long_multiplication),
		cmocka_unit_test(test_ranges),
		cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_index),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

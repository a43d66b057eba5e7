// SPDX-License-Identifier: GPL-2.0-only
/* Tests of lib/bitmap.c against a model of one byte a bit. */
#include "lib/bitmap.h"
#include "tests/unit/unit.h"

#include <string.h>

#define BITS 101

static void assert_same(const uint32_t *map, const uint8_t *model)
{
	for (uint32_t bit = 0; bit < BITS; bit++)
		assert_int_equal(bitmap_test(map, bit), model[bit]);
}

static uint32_t model_find(const uint8_t *model, uint32_t from, uint8_t wanted)
{
	while (from < BITS && model[from] != wanted)
		from++;
	return from < BITS ? from : BITS;
}

static uint32_t model_find_range(const uint8_t *model, uint32_t from, uint32_t count)
{
	for (uint32_t start = from; start + count <= BITS; start++) {
		uint32_t run = 0;

		while (run < count && model[start + run] == 0)
			run++;
		if (run == count)
			return start;
	}
	return BITS;
}

static void test_single(void **state)
{
	uint32_t map[BITMAP_WORDS(BITS)] = { 0 };
	uint8_t model[BITS] = { 0 };

	(void)state;
	assert_int_equal(BITMAP_WORDS(BITS), 4);
	assert_int_equal(BITMAP_WORDS(96), 3);
	for (uint32_t bit = 0; bit < BITS; bit += 3) {
		bitmap_set(map, bit);
		model[bit] = 1;
	}
	assert_same(map, model);
	bitmap_clear(map, 33);
	model[33] = 0;
	assert_same(map, model);
	assert_int_equal(bitmap_count(map, BITS), 33);
}

static void test_ranges(void **state)
{
	(void)state;
	for (uint32_t first = 0; first < BITS; first++) {
		for (uint32_t count = 0; count <= BITS - first; count++) {
			uint32_t map[BITMAP_WORDS(BITS)] = { 0 };
			uint8_t model[BITS] = { 0 };

			bitmap_set_range(map, first, count);
			memset(model + first, 1, count);
			assert_same(map, model);
			assert_int_equal(bitmap_count(map, BITS), count);

			memset(map, 0xFF, sizeof(map));
			memset(model, 1, sizeof(model));
			bitmap_clear_range(map, first, count);
			memset(model + first, 0, count);
			assert_same(map, model);
		}
	}
}

static void test_search(void **state)
{
	uint64_t seed = 5;

	(void)state;
	for (int round = 0; round < 300; round++) {
		uint32_t map[BITMAP_WORDS(BITS)] = { 0 };
		uint8_t model[BITS] = { 0 };
		uint64_t density = 1 + unit_random(&seed) % 40;

		for (uint32_t bit = 0; bit < BITS; bit++) {
			model[bit] = unit_random(&seed) % density == 0;
			if (model[bit])
				bitmap_set(map, bit);
		}
		/* Bits of the last word that are no part of the map must not count. */
		map[3] |= 0xFFFFFFFF << (BITS % 32);
		for (uint32_t from = 0; from <= BITS; from++) {
			assert_int_equal(bitmap_find_set(map, BITS, from),
					 model_find(model, from, 1));
			assert_int_equal(bitmap_find_zero(map, BITS, from),
					 model_find(model, from, 0));
		}
		for (uint32_t count = 1; count < 50; count += 3)
			assert_int_equal(bitmap_find_zero_range(map, BITS, 2, count),
					 model_find_range(model, 2, count));
	}
}

static void test_full_and_empty(void **state)
{
	uint32_t map[BITMAP_WORDS(BITS)] = { 0 };

	(void)state;
	assert_int_equal(bitmap_find_set(map, BITS, 0), BITS);
	assert_int_equal(bitmap_find_zero_range(map, BITS, 0, BITS), 0);
	assert_int_equal(bitmap_find_zero_range(map, BITS, 0, BITS + 1), BITS);
	assert_int_equal(bitmap_find_zero_range(map, BITS, 1, BITS), BITS);
	bitmap_set_range(map, 0, BITS);
	assert_int_equal(bitmap_find_zero(map, BITS, 0), BITS);
	assert_int_equal(bitmap_find_zero_range(map, BITS, 0, 1), BITS);
	assert_int_equal(bitmap_find_set(map, 0, 0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_single),
		cmocka_unit_test(test_ranges),
		cmocka_unit_test(test_search),
		cmocka_unit_test(test_full_and_empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: GPL-2.0-only
/* Tests of the macros of lib/compiler.h and lib/list.h, which evaluate each argument once. */
#include "lib/compiler.h"
#include "lib/list.h"
#include "tests/unit/unit.h"

static unsigned evaluations;

static uint32_t count(uint32_t value)
{
	evaluations++;
	return value;
}

static void check(unsigned expected)
{
	assert_int_equal(evaluations, expected);
	evaluations = 0;
}

static void minimum_and_maximum(void **state)
{
	uint32_t i = 7;

	(void)state;
	assert_int_equal(MIN(count(3), count(4)), 3);
	check(2);
	assert_int_equal(MIN(count(4), count(3)), 3);
	check(2);
	assert_int_equal(MAX(count(3), count(4)), 4);
	check(2);
	assert_int_equal(MAX(count(4), count(3)), 4);
	check(2);
	assert_int_equal(MIN(MAX(count(1), count(2)), MIN(count(5), count(6))), 2);
	check(4);
	assert_int_equal(MIN(i++, 9u), 7);
	assert_int_equal(i, 8);
	assert_int_equal(MAX(i++, 9u), 9);
	assert_int_equal(i, 9);
	assert_true(MIN(UINT64_MAX, UINT64_MAX - 1) == UINT64_MAX - 1);
	assert_true(MAX((int64_t)-1, INT64_MIN) == -1);
}

static void alignment(void **state)
{
	static const uint32_t aligns[] = { 1, 2, 8, 4096, 0x80000000u };

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(aligns); i++) {
		uint32_t align = aligns[i];

		assert_int_equal(ALIGN_UP(count(0), count(align)), 0);
		check(2);
		assert_int_equal(ALIGN_UP(count(1), count(align)), align);
		check(2);
		assert_int_equal(ALIGN_UP(align, align), align);
		assert_int_equal(ALIGN_DOWN(count(align - 1), count(align)), 0);
		check(2);
		assert_int_equal(ALIGN_DOWN(align, align), align);
		assert_true(IS_ALIGNED(count(align), count(align)));
		check(2);
		assert_int_equal(IS_ALIGNED(align + 1, align), align == 1);
	}
	assert_true(ALIGN_UP(0x100000001ull, 4096ull) == 0x100001000ull);
	/* No room above: as unsigned sums do. */
	assert_int_equal(ALIGN_UP(UINT32_MAX, 4096u), 0);
}

struct item {
	unsigned value;
	struct list_node node;
};

static struct list *counted(struct list *list)
{
	evaluations++;
	return list;
}

static void walk(void **state)
{
	struct list list = LIST_INIT(list);
	struct item items[3] = { { .value = 1 }, { .value = 2 }, { .value = 3 } };
	struct item *item;
	unsigned sum = 0;

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(items); i++)
		list_add_last(&list, &items[i].node);
	list_for_each(item, counted(&list), node)
		sum = 10 * sum + item->value;
	assert_int_equal(sum, 123);
	check(1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(minimum_and_maximum), cmocka_unit_test(alignment),
		cmocka_unit_test(walk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

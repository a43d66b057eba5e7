// SPDX-License-Identifier: GPL-2.0-only
/* Tests of lib/parse.c. */
#include "lib/parse.h"
#include "tests/unit/unit.h"

static void test_numbers(void **state)
{
	uint32_t value;

	(void)state;
	assert_true(parse_u32("0", &value));
	assert_int_equal(value, 0);
	assert_true(parse_u32("007", &value));
	assert_int_equal(value, 7);
	assert_true(parse_u32("4294967295", &value));
	assert_int_equal(value, UINT32_MAX);
	assert_true(parse_u32("0xdeadBEEF", &value));
	assert_int_equal(value, 0xDEADBEEF);
}

static void test_refused_numbers(void **state)
{
	static const char *const texts[] = {
		"", " 1", "1 ", "+1", "-1", "1a", "a", "0x", "0xg", "x1", "1.0", "4294967296",
		"0x100000000", "18446744073709551616", "99999999999999999999999", "1K",
	};
	uint32_t value = 7;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		assert_false(parse_u32(texts[i], &value));
		assert_int_equal(value, 7);
	}
}

static void test_addresses(void **state)
{
	uint32_t value = 7;

	(void)state;
	assert_false(parse_address("", &value));
	assert_false(parse_address("0x", &value));
	assert_false(parse_address("c010000g", &value));
	assert_false(parse_address("100000000", &value));
	assert_int_equal(value, 7);
	assert_true(parse_address("c0100000", &value));
	assert_int_equal(value, 0xC0100000);
	assert_true(parse_address("0X10", &value));
	assert_int_equal(value, 16);
	assert_true(parse_address("10", &value));
	assert_int_equal(value, 16);
}

static void test_sizes(void **state)
{
	uint64_t bytes;

	(void)state;
	assert_true(parse_size("4096", &bytes));
	assert_int_equal(bytes, 4096);
	assert_true(parse_size("64K", &bytes));
	assert_int_equal(bytes, 64 << 10);
	assert_true(parse_size("128m", &bytes));
	assert_int_equal(bytes, 128 << 20);
	assert_true(parse_size("3G", &bytes));
	assert_int_equal(bytes, 3ull << 30);
	assert_true(parse_size("0x10k", &bytes));
	assert_int_equal(bytes, 16 << 10);
	assert_true(parse_size("17179869183G", &bytes));
	assert_true(parse_size("18446744073709551615", &bytes));
	assert_true(bytes == UINT64_MAX);
	assert_true(parse_size("0xFFFFFFFFFFFFFFFF", &bytes));
	assert_true(bytes == UINT64_MAX);
}

static void test_refused_sizes(void **state)
{
	static const char *const texts[] = {
		"", "K", "1KB", "1T", "1 M", "1MM", "-1M", "17179869184G",
		"18446744073709551616", "1.5G",
	};
	uint64_t bytes = 7;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		assert_false(parse_size(texts[i], &bytes));
		assert_int_equal(bytes, 7);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_refused_numbers),
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_refused_sizes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

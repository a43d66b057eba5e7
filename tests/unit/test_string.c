// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of lib/string.c.  It is compiled here under other names, so that libc
 * keeps its own functions, which also tell what the right answers are.
 */
#include "tests/unit/unit.h"

#include <stdbool.h>
#include <string.h>

#define memcpy umbra_memcpy
#define memmove umbra_memmove
#define memset umbra_memset
#define memcmp umbra_memcmp
#define strlen umbra_strlen
#define strnlen umbra_strnlen
#define strcmp umbra_strcmp
#define strncmp umbra_strncmp
#define strchr umbra_strchr
#undef UMBRA_LIB_STRING_H
#include "lib/string.c"
#undef memcpy
#undef memmove
#undef memset
#undef memcmp
#undef strlen
#undef strnlen
#undef strcmp
#undef strncmp
#undef strchr

#define AREA 64

static void fill(uint8_t *area)
{
	for (unsigned int i = 0; i < AREA; i++)
		area[i] = (uint8_t)(i * 7 + 1);
}

static void test_memcpy(void **state)
{
	(void)state;
	for (size_t from = 0; from < 5; from++) {
		for (size_t to = 0; to < 5; to++) {
			for (size_t size = 0; size < 40; size++) {
				uint8_t source[AREA], ours[AREA] = { 0 }, theirs[AREA] = { 0 };

				fill(source);
				assert_ptr_equal(umbra_memcpy(ours + to, source + from, size),
						 ours + to);
				memcpy(theirs + to, source + from, size);
				assert_memory_equal(ours, theirs, AREA);
			}
		}
	}
}

static void test_memmove(void **state)
{
	(void)state;
	for (size_t from = 0; from < 24; from++) {
		for (size_t to = 0; to < 24; to++) {
			for (size_t size = 0; size < 40; size++) {
				uint8_t ours[AREA], theirs[AREA];

				fill(ours);
				fill(theirs);
				assert_ptr_equal(umbra_memmove(ours + to, ours + from, size),
						 ours + to);
				memmove(theirs + to, theirs + from, size);
				assert_memory_equal(ours, theirs, AREA);
			}
		}
	}
}

static void test_memset(void **state)
{
	(void)state;
	for (size_t to = 0; to < 5; to++) {
		for (size_t size = 0; size < 40; size++) {
			uint8_t ours[AREA], theirs[AREA];

			fill(ours);
			fill(theirs);
			/* Only the low byte of the value counts. */
			assert_ptr_equal(umbra_memset(ours + to, 0x1A5, size), ours + to);
			memset(theirs + to, 0xA5, size);
			assert_memory_equal(ours, theirs, AREA);
		}
	}
}

static int sign(int value)
{
	return (value > 0) - (value < 0);
}

static void test_memcmp(void **state)
{
	(void)state;
	assert_int_equal(umbra_memcmp("abc", "abd", 2), 0);
	assert_int_equal(sign(umbra_memcmp("abc", "abd", 3)), -1);
	assert_int_equal(sign(umbra_memcmp("\xff", "\x01", 1)), 1);
	assert_int_equal(umbra_memcmp("a\0b", "a\0b", 3), 0);
	assert_int_equal(sign(umbra_memcmp("a\0c", "a\0b", 3)), 1);
	assert_int_equal(umbra_memcmp("x", "y", 0), 0);
}

static void test_lengths(void **state)
{
	static const char unended[3] = { 'a', 'b', 'c' };

	(void)state;
	assert_int_equal(umbra_strlen(""), 0);
	assert_int_equal(umbra_strlen("hello"), 5);
	assert_int_equal(umbra_strnlen("hello", 9), 5);
	assert_int_equal(umbra_strnlen("hello", 3), 3);
	assert_int_equal(umbra_strnlen(unended, 3), 3);
	assert_int_equal(umbra_strnlen(unended, 0), 0);
}

static void test_comparisons(void **state)
{
	(void)state;
	assert_int_equal(umbra_strcmp("", ""), 0);
	assert_int_equal(sign(umbra_strcmp("a", "ab")), -1);
	assert_int_equal(sign(umbra_strcmp("ab", "a")), 1);
	assert_int_equal(sign(umbra_strcmp("\xe4", "z")), 1);
	assert_int_equal(umbra_strncmp("abc", "abd", 2), 0);
	assert_int_equal(sign(umbra_strncmp("abc", "abd", 3)), -1);
	assert_int_equal(umbra_strncmp("a\0x", "a\0y", 3), 0);
	assert_int_equal(umbra_strncmp("a", "b", 0), 0);
	assert_true(string_equal("web", "web"));
	assert_false(string_equal("web", "we"));
}

static void test_strchr(void **state)
{
	static const char text[] = "a=b=c";

	(void)state;
	assert_ptr_equal(umbra_strchr(text, '='), text + 1);
	assert_ptr_equal(umbra_strchr(text, '\0'), text + 5);
	assert_null(umbra_strchr(text, 'x'));
}

static void test_string_copy(void **state)
{
	char to[4] = "zzz";

	(void)state;
	assert_int_equal(string_copy(to, "ab", sizeof(to)), 2);
	assert_string_equal(to, "ab");
	assert_int_equal(string_copy(to, "abc", sizeof(to)), 3);
	assert_string_equal(to, "abc");
	assert_int_equal(string_copy(to, "abcdef", sizeof(to)), 6);
	assert_string_equal(to, "abc");
	assert_int_equal(string_copy(to, "abc", 1), 3);
	assert_string_equal(to, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_memcpy),
		cmocka_unit_test(test_memmove),
		cmocka_unit_test(test_memset),
		cmocka_unit_test(test_memcmp),
		cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_comparisons),
		cmocka_unit_test(test_strchr),
		cmocka_unit_test(test_string_copy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

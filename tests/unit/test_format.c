// SPDX-License-Identifier: GPL-2.0-only
/* Tests of lib/format.c, for the most part by comparison with libc's snprintf. */
#include "lib/format.h"
#include "tests/unit/unit.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

/* The same call to both must give the same text and the same length. */
#define ASSERT_AS_LIBC(...)								\
	do {										\
		char ours[128], theirs[128];						\
		int length = snprintf(theirs, sizeof(theirs), __VA_ARGS__);		\
											\
		assert_int_equal(format_text(ours, sizeof(ours), __VA_ARGS__), length);	\
		assert_string_equal(ours, theirs);					\
	} while (0)

static void test_strings(void **state)
{
	static const char unended[3] = { 'a', 'b', 'c' };

	(void)state;
	ASSERT_AS_LIBC("plain");
	ASSERT_AS_LIBC("100%%");
	ASSERT_AS_LIBC("<%s>", "");
	ASSERT_AS_LIBC("<%s>", "hello");
	ASSERT_AS_LIBC("<%10s>", "hello");
	ASSERT_AS_LIBC("<%-10s>", "hello");
	ASSERT_AS_LIBC("<%3s>", "hello");
	ASSERT_AS_LIBC("<%.3s>", "hello");
	ASSERT_AS_LIBC("<%.*s>", 2, "hello");
	ASSERT_AS_LIBC("<%.*s>", 0, "hello");
	ASSERT_AS_LIBC("<%*s>", 8, "hello");
	ASSERT_AS_LIBC("<%-8.2s>", "hello");
	ASSERT_AS_LIBC("<%.3s>", unended);
	ASSERT_AS_LIBC("%c%c<%4c><%-4c>", 'a', 'b', 'c', 'd');
}

static void test_decimal(void **state)
{
	static const int values[] = { 0, 1, -1, 9, 10, 42, -42, 123456, INT_MAX, INT_MIN };

	(void)state;
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		int value = values[i];

		ASSERT_AS_LIBC("%d", value);
		ASSERT_AS_LIBC("%i", value);
		ASSERT_AS_LIBC("<%8d>", value);
		ASSERT_AS_LIBC("<%-8d>", value);
		ASSERT_AS_LIBC("<%08d>", value);
		ASSERT_AS_LIBC("%u", (unsigned int)value);
		ASSERT_AS_LIBC("%06u", (unsigned int)value);
		ASSERT_AS_LIBC("<%*u>", 12, (unsigned int)value);
	}
}

static void test_hexadecimal(void **state)
{
	static const unsigned int values[] = { 0, 1, 0xA, 0xDEADBEEF, UINT_MAX };

	(void)state;
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		ASSERT_AS_LIBC("%x", values[i]);
		ASSERT_AS_LIBC("%X", values[i]);
		ASSERT_AS_LIBC("0x%08x", values[i]);
		ASSERT_AS_LIBC("<%12x>", values[i]);
		ASSERT_AS_LIBC("<%-12x>", values[i]);
	}
}

static void test_lengths(void **state)
{
	static const long long values[] = { 0, -1, 99, LLONG_MAX, LLONG_MIN, 1ll << 32 };

	(void)state;
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		unsigned long long value = (unsigned long long)values[i];

		ASSERT_AS_LIBC("%lld", values[i]);
		ASSERT_AS_LIBC("%llu", value);
		ASSERT_AS_LIBC("%016llx", value);
		ASSERT_AS_LIBC("%ld %lu %lx", (long)value, (unsigned long)value,
			       (unsigned long)value);
		ASSERT_AS_LIBC("%zu %zx", (size_t)value, (size_t)value);
		ASSERT_AS_LIBC("%hd %hu %hhd %hhu", (short)value, (unsigned short)value,
			       (signed char)value, (unsigned char)value);
	}
}

static void test_several(void **state)
{
	(void)state;
	ASSERT_AS_LIBC("[%5u.%06u] cpu%u %s: %-6s|%x|%c%%", 12u, 345u, 0u, "mm", "ok", 255u, '!');
	ASSERT_AS_LIBC("%llu %u %llu %s", 1ull << 40, 7u, ULLONG_MAX, "end");
}

static void test_pointer(void **state)
{
	char text[32];
	char expected[32];
	void *pointer = (void *)(uintptr_t)0xC0100ABC;

	(void)state;
	snprintf(expected, sizeof(expected), "0x%0*llx", (int)sizeof(void *) * 2,
		 (unsigned long long)(uintptr_t)pointer);
	assert_int_equal(format_text(text, sizeof(text), "%p", pointer), strlen(expected));
	assert_string_equal(text, expected);
}

static void test_cut(void **state)
{
	char text[8] = "zzzzzzz";

	(void)state;
	assert_int_equal(format_text(text, 5, "%s", "hello"), 5);
	assert_string_equal(text, "hell");
	assert_int_equal(format_text(text, 6, "%s", "hello"), 5);
	assert_string_equal(text, "hello");
	assert_int_equal(format_text(text, 1, "%d", -12345), 6);
	assert_string_equal(text, "");
	text[0] = 'z';
	assert_int_equal(format_text(text, 0, "%s", "hello"), 5);
	assert_int_equal(text[0], 'z');
	assert_int_equal(format_text(NULL, 0, "%08x", 1u), 8);
}

/* Formats that the compiler would warn about come from a variable. */
static size_t format_any(char *to, size_t size, const char *format, ...)
{
	va_list args;
	size_t length;

	va_start(args, format);
	length = format_text_v(to, size, format, args);
	va_end(args);
	return length;
}

static void test_odd_formats(void **state)
{
	char text[32];

	(void)state;
	format_any(text, sizeof(text), "%y %d", 5);
	assert_string_equal(text, "%y 5");
	format_any(text, sizeof(text), "end %");
	assert_string_equal(text, "end %");
	format_any(text, sizeof(text), "end %-08ll");
	assert_string_equal(text, "end %-08ll");
	format_any(text, sizeof(text), "%s", NULL);
	assert_string_equal(text, "(null)");
	format_any(text, sizeof(text), "<%*d>", -5, 3);
	assert_string_equal(text, "<3>");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_strings),
		cmocka_unit_test(test_decimal),
		cmocka_unit_test(test_hexadecimal),
		cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_several),
		cmocka_unit_test(test_pointer),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_odd_formats),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

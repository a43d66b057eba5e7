// SPDX-License-Identifier: GPL-2.0-only
/* Tests of drivers/console/ps2_decoder.c: keys as a keyboard reports them, and what they become. */
#include "drivers/console/ps2_decoder.h"

#include "lib/compiler.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

struct row {
	const char *codes;	/* in hexadecimal, blanks between them */
	const char *text;
};

/* Feeds the codes to a new decoder; text gets what they stand for.  Returns how many bytes. */
static size_t type(const char *codes, char text[64])
{
	struct ps2_decoder decoder = { .held = 0 };
	size_t length = 0;
	unsigned code;
	int used;

	for (; sscanf(codes, " %x%n", &code, &used) == 1; codes += used) {
		uint8_t bytes[PS2_KEY_MAX];
		size_t count = ps2_decode(&decoder, (uint8_t)code, bytes);

		assert_in_range(count, 0, PS2_KEY_MAX);
		assert_true(length + count < 64);
		memcpy(text + length, bytes, count);
		length += count;
	}
	text[length] = '\0';
	return length;
}

static void expect_rows(const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		char text[64];

		assert_int_equal(type(rows[i].codes, text), strlen(rows[i].text));
		assert_string_equal(text, rows[i].text);
	}
}

#define EXPECT(rows) expect_rows(rows, ARRAY_SIZE(rows))

/* Every character key, row by row of the keyboard, up and down. */
static void test_characters(void **state)
{
	static const struct row rows[] = {
		{ "29 a9 02 82 03 83 04 05 06 07 08 09 0a 0b 0c 0d", "`1234567890-=" },
		{ "10 11 12 13 14 15 16 17 18 19 1a 1b 2b", "qwertyuiop[]\\" },
		{ "1e 1f 20 21 22 23 24 25 26 27 28", "asdfghjkl;'" },
		{ "2c 2d 2e 2f 30 31 32 33 34 35 39 56", "zxcvbnm,./ \\" },
		{ "2a 29 02 03 04 05 06 07 08 09 0a 0b 0c 0d", "~!@#$%^&*()_+" },
		{ "36 10 11 12 13 14 15 16 17 18 19 1a 1b 2b", "QWERTYUIOP{}|" },
		{ "2a 1e 1f 20 21 22 23 24 25 26 27 28", "ASDFGHJKL:\"" },
		{ "36 2c 2d 2e 2f 30 31 32 33 34 35 39 56", "ZXCVBNM<>? |" },
		{ "01 0f 1c e0 1c 0e", "\x1B\t\r\r\x7F" },
	};

	(void)state;
	EXPECT(rows);
}

static void test_modifiers(void **state)
{
	static const struct row rows[] = {
		{ "2a 1e aa 1e", "Aa" },
		/* One of two Shift keys is let go. */
		{ "2a 36 1e aa 1e b6 1e", "AAa" },
		/* Caps Lock is for letters; with Shift they are small again. */
		{ "3a ba 1e 02 2a 1e aa 3a ba 1e", "A1aa" },
		/* A key that repeats. */
		{ "1e 1e 1e 9e", "aaa" },
		{ "1d 2e 9d 2e", "\x03" "c" },
		{ "e0 1d 20 e0 9d 20", "\x04" "d" },
		/* Either Ctrl holds. */
		{ "1d e0 1d 9d 2e e0 9d 2e", "\x03" "c" },
		{ "1d 1b 1a 2b 07 0c 35 2a 35", "\x1D\x1B\x1C\x1E\x1F\x1F\x7F" },
		{ "1d 0e 9d 0e", "\b\x7F" },
		{ "1d 2a 1e", "\x01" },
		{ "3a 1d 1e", "\x01" },
		{ "38 10 b8 10", "\x1Bqq" },
		{ "e0 38 1d 10 e0 b8", "\x1B\x11" },
	};

	(void)state;
	EXPECT(rows);
}

static void test_nul(void **state)
{
	char text[64];

	(void)state;
	assert_int_equal(type("1d 39", text), 1);
	assert_int_equal(text[0], 0);
	assert_int_equal(type("1d 03 2a 03 aa 29", text), 2);
	assert_int_equal(text[0] | text[1], 0);
}

static void test_sequences(void **state)
{
	static const struct row rows[] = {
		{ "e0 48 e0 c8 e0 50 e0 4d e0 4b", "\x1B[A\x1B[B\x1B[C\x1B[D" },
		{ "e0 47 e0 4f e0 49 e0 51 e0 52 e0 53",
		  "\x1B[1~\x1B[4~\x1B[5~\x1B[6~\x1B[2~\x1B[3~" },
		{ "3b 3c 3d 3e 3f", "\x1BOP\x1BOQ\x1BOR\x1BOS\x1B[15~" },
		{ "40 41 42 43 44 57 58",
		  "\x1B[17~\x1B[18~\x1B[19~\x1B[20~\x1B[21~\x1B[23~\x1B[24~" },
		/* The keypad with Num Lock, and without. */
		{ "47 48 49 4b 4c 4d 4f 50 51 52 53 37 4a 4e e0 35", "7894561230.*-+/" },
		{ "45 c5 47 4c 4a 4e 53 45 c5 47", "\x1B[1~-+\x1B[3~7" },
		/* What a keyboard puts around a key to undo a Shift that is held. */
		{ "2a e0 aa e0 48 e0 c8 e0 2a 1e", "\x1B[AA" },
		{ "e0 2a e0 53 e0 d3 e0 aa 1e", "\x1B[3~a" },
	};

	(void)state;
	EXPECT(rows);
}

/* Pause, PrtSc, the Windows keys, the keyboard's own answers and keys that nobody knows. */
static void test_silent(void **state)
{
	static const struct row rows[] = {
		{ "e1 1d 45 e1 9d c5 47 1e", "7a" },
		{ "e0 2a e0 37 e0 b7 e0 aa e0 46 e0 c6 46 c6 54 d4 1e", "a" },
		{ "e0 5b e0 db e0 5c e0 5d e0 63 1e", "a" },
		{ "fa ee fe aa fc 00 ff 1e", "a" },
		{ "59 5a 7f 55 e0 1e e0 4a e0 4c e0 4e 1e", "a" },
	};

	(void)state;
	EXPECT(rows);
}

/* No sequence of bytes stops the keys for good. */
static void test_random(void **state)
{
	struct ps2_decoder decoder = { .held = 0 };
	uint64_t seed = 3;

	(void)state;
	for (unsigned i = 0; i < 1000000; i++) {
		uint8_t bytes[PS2_KEY_MAX];

		assert_true(ps2_decode(&decoder, (uint8_t)unit_random(&seed), bytes) <=
			    PS2_KEY_MAX);
	}
	for (unsigned i = 0; i < 3; i++)
		ps2_decode(&decoder, 0xFA, (uint8_t[PS2_KEY_MAX]){ 0 });
	assert_int_equal(decoder.skip, 0);
	assert_false(decoder.extended);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_characters),
		cmocka_unit_test(test_modifiers),
		cmocka_unit_test(test_nul),
		cmocka_unit_test(test_sequences),
		cmocka_unit_test(test_silent),
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

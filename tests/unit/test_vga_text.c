// SPDX-License-Identifier: GPL-2.0-only
/* Tests of drivers/console/vga_text.c on a screen of ordinary memory. */
#include "tests/unit/fake_port.h"

#include "drivers/console/vga_text.c"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

static uint16_t screen[CELLS];
static uint32_t crtc_index;
static uint8_t crtc[256];

static uint32_t fake_port_read(uint16_t port)
{
	(void)port;
	return 0;
}

static void fake_port_written(uint16_t port, uint32_t value)
{
	fake_write_count = 0;
	if (port == CRTC_INDEX)
		crtc_index = value;
	else
		crtc[crtc_index] = (uint8_t)value;
}

static unsigned cursor(void)
{
	return (unsigned)crtc[CRTC_CURSOR_HIGH] << 8 | crtc[CRTC_CURSOR_LOW];
}

static struct console *open_vga(void)
{
	memset(screen, 0xAA, sizeof(screen));
	return vga_text_open(screen);
}

static void show(struct console *console, const char *text)
{
	assert_int_equal(console->ops->write(console, text, strlen(text)), strlen(text));
}

/* The row shows text and then blanks, all light grey on black. */
static void expect_row(unsigned row, const char *text)
{
	for (unsigned i = 0; i < COLUMNS; i++) {
		uint8_t wanted = i < strlen(text) ? (uint8_t)text[i] : ' ';

		assert_int_equal(screen[row * COLUMNS + i], 0x0700 | wanted);
	}
}

static void test_text(void **state)
{
	struct console *console = open_vga();

	(void)state;
	expect_row(0, "");
	expect_row(24, "");
	show(console, "one\r\ntwo\tx\by\n");
	expect_row(0, "one");
	expect_row(1, "two     y");
	assert_int_equal(cursor(), 2 * COLUMNS);
	assert_int_equal(console->ops->room(console, 123456), 123456);
	assert_null(console->ops->read);
}

static void test_wrap(void **state)
{
	struct console *console = open_vga();
	char line[COLUMNS + 1];

	(void)state;
	memset(line, 'w', COLUMNS);
	line[COLUMNS] = '\0';
	show(console, line);
	/* A full line does not yet begin the next one, so that no empty line follows. */
	assert_int_equal(cursor(), COLUMNS - 1);
	show(console, "\r\n");
	assert_int_equal(cursor(), COLUMNS);
	show(console, line);
	show(console, "z");
	expect_row(1, line);
	expect_row(2, "z");
}

static void test_scroll(void **state)
{
	struct console *console = open_vga();
	char line[16];

	(void)state;
	for (unsigned i = 0; i < 30; i++) {
		snprintf(line, sizeof(line), "%sline %u", i == 0 ? "" : "\n", i);
		show(console, line);
	}
	expect_row(0, "line 5");
	expect_row(24, "line 29");
}

static void test_sequences(void **state)
{
	struct console *console = open_vga();

	(void)state;
	show(console, "\x1B[1;32mgreen\x1B[0m\x1B]0;a title\a!");
	expect_row(0, "green!");
	show(console, "\b\b\b\x1B[K");
	expect_row(0, "gre");
	show(console, "\nsecond\nthird\x1B[H\x1B[J");
	expect_row(0, "");
	expect_row(2, "");
	show(console, "a\nb\x1B[2J");
	expect_row(0, "");
	assert_int_equal(cursor(), COLUMNS + 1);
	/* At the end of the last line nothing is left to clear. */
	show(console, "\x1B[H");
	for (unsigned i = 0; i < CELLS; i++)
		show(console, "x");
	show(console, "\x1B[K\x1B[J");
	assert_int_equal(screen[CELLS - 1], 0x0700 | 'x');
}

/* Any bytes at all stay on the screen. */
static void test_random(void **state)
{
	struct console *console = open_vga();
	uint64_t seed = 7;

	(void)state;
	for (unsigned i = 0; i < 200000; i++) {
		char byte = "\x1B[;HJKm\n\r\t\b019x"[unit_random(&seed) % 16];

		console->ops->write(console, &byte, 1);
		assert_true(cursor() < CELLS);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_wrap),
		cmocka_unit_test(test_scroll),
		cmocka_unit_test(test_sequences),
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

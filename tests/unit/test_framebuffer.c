// SPDX-License-Identifier: GPL-2.0-only
/* Tests of drivers/console/framebuffer.c on a screen of ordinary memory, with a font of its own. */
#include "drivers/console/framebuffer.c"
#include "tests/unit/unit.h"

#include <stdlib.h>
#include <string.h>

#define BEHIND 64u	/* bytes behind the screen, and of each row behind its pixels, that stay */
#define UNTOUCHED 0xE7

const uint8_t font_glyphs[256][FONT_HEIGHT] = {
	[' '] = { 0 },
	['A'] = { 0x81, 0x42, 0x24, 0x18, 0xFF, 0x00, 0x0F, 0xF0, 1, 2, 3, 4, 5, 6, 7, 0x80 },
	['b'] = { 0xFE, 0x01, 0x55, 0xAA, 0x33, 0xCC, 0x77, 0x88, 9, 8, 7, 6, 5, 4, 3, 2 },
};

static uint8_t *memory;
static struct framebuffer_mode mode;
static unsigned activities;

static const struct framebuffer_mode rgb32 = {
	.width = 90, .height = 50, .depth = 32,
	.red = { 16, 8 }, .green = { 8, 8 }, .blue = { 0, 8 },
};

static void note_activity(void *context)
{
	(void)context;
	activities++;
}

static struct console *open_screen(const struct framebuffer_mode *wanted)
{
	struct console *console;

	mode = *wanted;
	mode.pitch = mode.width * pixel_bytes(&mode) + BEHIND;
	assert_null(framebuffer_check(&mode));
	free(memory);
	memory = malloc((size_t)mode.pitch * mode.height);
	assert_non_null(memory);
	memset(memory, UNTOUCHED, (size_t)mode.pitch * mode.height);
	console = framebuffer_open(&mode, memory);
	console->activity = note_activity;
	activities = 0;
	return console;
}

static void show(struct console *console, const char *text)
{
	assert_int_equal(console->ops->write(console, text, strlen(text)), strlen(text));
}

/* The pixel's value, put together from its bytes. */
static uint32_t pixel(unsigned x, unsigned y)
{
	uint32_t value = 0;

	for (unsigned i = 0; i < pixel_bytes(&mode); i++)
		value |= (uint32_t)memory[y * mode.pitch + x * pixel_bytes(&mode) + i] << (8 * i);
	return value;
}

/* The cell shows c in light on black, each of the font's pixels scale wide and high. */
static void expect_cell(unsigned column, unsigned row, char c, bool cursor, unsigned scale,
			uint32_t light)
{
	for (unsigned y = 0; y < FONT_HEIGHT * scale; y++) {
		for (unsigned x = 0; x < FONT_WIDTH * scale; x++) {
			bool on = font_glyphs[(uint8_t)c][y / scale] >> (7 - x / scale) & 1;

			if (cursor && y / scale >= CURSOR_FIRST_ROW)
				on = true;
			assert_int_equal(pixel(column * FONT_WIDTH * scale + x,
					       row * FONT_HEIGHT * scale + y), on ? light : 0);
		}
	}
}

static void expect_nothing_behind(void)
{
	unsigned width = mode.width * pixel_bytes(&mode);

	for (unsigned y = 0; y < mode.height; y++)
		for (unsigned i = 0; i < BEHIND; i++)
			assert_int_equal(memory[y * mode.pitch + width + i], UNTOUCHED);
}

static void test_modes(void **state)
{
	static const struct {
		struct framebuffer_mode mode;
		uint32_t light;		/* worked out by hand */
		unsigned scale;
	} rows[] = {
		{ { .width = 90, .height = 50, .depth = 15, .red = { 10, 5 }, .green = { 5, 5 },
		    .blue = { 0, 5 } }, 0x56B5, 1 },
		{ { .width = 90, .height = 50, .depth = 16, .red = { 11, 5 }, .green = { 5, 6 },
		    .blue = { 0, 5 } }, 0xAD55, 1 },
		{ { .width = 90, .height = 50, .depth = 24, .red = { 16, 8 }, .green = { 8, 8 },
		    .blue = { 0, 8 } }, 0xAAAAAA, 1 },
		{ { .width = 90, .height = 50, .depth = 32, .red = { 0, 8 }, .green = { 8, 8 },
		    .blue = { 16, 8 } }, 0x00AAAAAA, 1 },
		{ { .width = 90, .height = 50, .depth = 32, .red = { 24, 8 }, .green = { 16, 8 },
		    .blue = { 8, 8 } }, 0xAAAAAA00, 1 },
		{ { .width = 90, .height = 50, .depth = 32, .red = { 20, 10 }, .green = { 10, 10 },
		    .blue = { 0, 10 } }, 0x2A8 << 20 | 0x2A8 << 10 | 0x2A8, 1 },
		{ { .width = 2560, .height = 100, .depth = 24, .red = { 16, 8 }, .green = { 8, 8 },
		    .blue = { 0, 8 } }, 0xAAAAAA, 2 },
		{ { .width = 3840, .height = 100, .depth = 16, .red = { 11, 5 }, .green = { 5, 6 },
		    .blue = { 0, 5 } }, 0xAD55, 3 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct console *console = open_screen(&rows[i].mode);

		show(console, "Ab\r\n\tA");
		expect_cell(0, 0, 'A', false, rows[i].scale, rows[i].light);
		expect_cell(1, 0, 'b', false, rows[i].scale, rows[i].light);
		expect_cell(2, 0, ' ', false, rows[i].scale, rows[i].light);
		expect_cell(8, 1, 'A', false, rows[i].scale, rows[i].light);
		expect_cell(9, 1, ' ', true, rows[i].scale, rows[i].light);
		expect_nothing_behind();
	}
}

static void test_bad_modes(void **state)
{
	struct framebuffer_mode bad;

	(void)state;
#define EXPECT_BAD(change, clause)                                           \
	bad = rgb32;                                                         \
	bad.pitch = 360;                                                     \
	assert_null(framebuffer_check(&bad));                                \
	change;                                                              \
	assert_non_null(framebuffer_check(&bad));                            \
	assert_non_null(strstr(framebuffer_check(&bad), clause))

	EXPECT_BAD(bad.depth = 8, "none of");
	EXPECT_BAD(bad.depth = 0, "none of");
	EXPECT_BAD(bad.depth = 64, "none of");
	EXPECT_BAD(bad.depth = 16, "colours");
	EXPECT_BAD(bad.red.size = 0, "colours");
	EXPECT_BAD(bad.green.size = 17, "colours");
	EXPECT_BAD(bad.blue = ((struct framebuffer_channel){ 255, 1 }), "colours");
	EXPECT_BAD(bad.blue = ((struct framebuffer_channel){ 25, 8 }), "colours");
	EXPECT_BAD(bad.pitch = 359, "overlap");
	EXPECT_BAD(bad.width = 7, "no room");
	EXPECT_BAD(bad.height = 15, "no room");
	EXPECT_BAD(bad.width = 0x40000001, "overlap");
	EXPECT_BAD(bad.height = 0x1000000, "larger");
}

/* The smallest screen there is, one that is larger than what is used, and a flat wide one. */
static void test_sizes(void **state)
{
	struct framebuffer_mode changed = rgb32;
	struct console *console;

	(void)state;
	changed.width = 8;
	changed.height = 16;
	console = open_screen(&changed);
	show(console, "A\nbb\n\nA");
	expect_cell(0, 0, 'A', true, 1, 0xAAAAAA);

	changed.width = 1279;
	changed.height = 3000;
	changed.depth = 32;
	console = open_screen(&changed);
	for (unsigned i = 0; i < 200; i++)
		show(console, "b\n");
	show(console, "A");
	assert_int_equal(framebuffer.text.rows, ROWS_MAX);
	expect_cell(0, ROWS_MAX - 1, 'A', false, 1, 0xAAAAAA);
	expect_nothing_behind();

	changed.width = 20000;
	changed.height = 17;
	console = open_screen(&changed);
	show(console, "A");
	expect_cell(0, 0, 'A', false, 1, 0xAAAAAA);
	assert_int_equal(framebuffer.text.columns, COLUMNS_MAX);
	expect_nothing_behind();
}

static void test_scroll_and_cursor(void **state)
{
	struct console *console = open_screen(&rgb32);

	(void)state;
	expect_cell(0, 0, ' ', true, 1, 0xAAAAAA);
	show(console, "A\r\nb\r\nAA\r\nbA");
	/* Of three rows the first has gone. */
	expect_cell(0, 0, 'b', false, 1, 0xAAAAAA);
	expect_cell(1, 0, ' ', false, 1, 0xAAAAAA);
	expect_cell(1, 1, 'A', false, 1, 0xAAAAAA);
	expect_cell(0, 2, 'b', false, 1, 0xAAAAAA);
	expect_cell(2, 2, ' ', true, 1, 0xAAAAAA);
	show(console, "\x1B[H");
	expect_cell(0, 0, 'b', true, 1, 0xAAAAAA);
	expect_cell(2, 2, ' ', false, 1, 0xAAAAAA);
	show(console, "\x1B[2J");
	expect_cell(0, 0, ' ', true, 1, 0xAAAAAA);
	expect_cell(1, 1, ' ', false, 1, 0xAAAAAA);
	assert_int_equal(console->ops->room(console, 123456), 123456);
	assert_null(console->ops->read);
}

/* What does not differ is not drawn. */
static void test_draws_little(void **state)
{
	struct console *console = open_screen(&rgb32);

	(void)state;
	show(console, "A\r\nb\r\nA");
	memset(memory, UNTOUCHED, (size_t)mode.pitch * mode.height);
	show(console, "b");
	expect_cell(1, 2, 'b', false, 1, 0xAAAAAA);
	assert_int_equal(memory[0], UNTOUCHED);
	assert_int_equal(memory[32 * mode.pitch], UNTOUCHED);
}

static void test_refresh(void **state)
{
	struct framebuffer_mode large = rgb32;
	struct console *console;
	unsigned pieces = 0;

	(void)state;
	large.width = 1279;
	large.height = 800;
	console = open_screen(&large);
	assert_int_equal(console->ops->refresh(console), REFRESH_NOTHING);
	show(console, "A");
	show(console, "A");
	/* Asked for once, and not drawn yet. */
	assert_int_equal(activities, 1);
	expect_cell(0, 0, ' ', true, 1, 0xAAAAAA);
	assert_int_equal(console->ops->refresh(console), REFRESH_DONE);
	expect_cell(0, 0, 'A', false, 1, 0xAAAAAA);
	assert_int_equal(console->ops->refresh(console), REFRESH_NOTHING);

	/* More than a piece: 50 rows of 159 cells. */
	show(console, "\x1B[H");
	for (unsigned i = 0; i < framebuffer.text.columns * framebuffer.text.rows; i++)
		show(console, "b");
	assert_int_equal(activities, 2);
	while (console->ops->refresh(console) == REFRESH_MORE) {
		pieces++;
		/* Output between the pieces: those below still have their turn. */
		show(console, "\x1B[HA");
	}
	assert_in_range(pieces, 7, 9);
	expect_cell(0, 0, 'A', false, 1, 0xAAAAAA);
	expect_cell(1, 0, 'b', true, 1, 0xAAAAAA);
	expect_cell(158, 49, 'b', false, 1, 0xAAAAAA);

	/* For a panic all is drawn at once. */
	show(console, "\x1B[2J");
	console->ops->write_sync(console, "", 0);
	expect_cell(158, 49, ' ', false, 1, 0xAAAAAA);
}

/* Any bytes at all stay on the screen; sanitizers watch the rest. */
static void test_random(void **state)
{
	struct console *console = open_screen(&rgb32);
	uint64_t seed = 7;

	(void)state;
	for (unsigned i = 0; i < 100000; i++) {
		char byte = "\x1B[;HJKm\n\r\t\b019Ab"[unit_random(&seed) % 16];

		console->ops->write(console, &byte, 1);
	}
	expect_nothing_behind();
}

static int free_memory(void **state)
{
	(void)state;
	free(memory);
	return 0;
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_modes),
		cmocka_unit_test(test_bad_modes),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_scroll_and_cursor),
		cmocka_unit_test(test_draws_little),
		cmocka_unit_test(test_refresh),
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, free_memory);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Text drawn with a font.  Drawing costs far more than keeping the text, so output
 * only changes the text; the cells that differ from what the screen shows are drawn
 * later and in pieces.  When a guest prints lines without end, the screen skips most
 * of them, and the machine stays fast.
 */
#include "drivers/console/framebuffer.h"

#include "drivers/console/font.h"
#include "drivers/console/text_screen.h"
#include "lib/compiler.h"
#include "lib/string.h"

#include <stdbool.h>

#define COLUMNS_MAX 320u
#define ROWS_MAX 160u
#define CELLS_MAX (COLUMNS_MAX * ROWS_MAX)

/* The font's pixels are drawn as squares of n*n pixels on a screen of n times this width. */
#define PIXELS_A_SCALE 1280u
#define SCALE_MAX 8u
#define PIXEL_BYTES_MAX 4u

#define LIGHT 0xAAu		/* of 255, of each colour: the grey of text mode */
#define CURSOR_FIRST_ROW 14u	/* of a glyph; it is an underline */
#define CURSOR 0x100u		/* of a cell: the cursor is on it */
#define NOTHING 0xFFFFu		/* differs from every cell, so that the cell is drawn */

/* At most so many cells a refresh: 1024 of 8x16 pixels are half a megabyte. */
#define CELLS_A_REFRESH 1024u

struct framebuffer {
	struct console console;
	struct framebuffer_mode mode;
	uint8_t *memory;
	unsigned scale;
	unsigned nibble_bytes;		/* of four of the font's pixels in a row */
	uint8_t nibbles[16][4 * SCALE_MAX * PIXEL_BYTES_MAX];	/* as pixels, by their bits */

	bool deferred;			/* refresh draws, write does not */
	bool refresh_due;		/* activity was called for this */
	struct text_screen text;
	unsigned cursor_row;		/* where the screen shows the cursor */
	unsigned scan;			/* the row where the next refresh goes on */
	bool stale[ROWS_MAX];		/* rows that may differ from what is shown */
	uint8_t cells[CELLS_MAX];
	uint16_t shown[CELLS_MAX];	/* what the screen shows; never read from it */
};

static unsigned pixel_bytes(const struct framebuffer_mode *mode)
{
	return (mode->depth + 7u) / 8;
}

static bool channel_fits(const struct framebuffer_mode *mode, struct framebuffer_channel channel)
{
	return channel.size > 0 && channel.size <= 16 &&
	       channel.position + channel.size <= mode->depth;
}

const char *framebuffer_check(const struct framebuffer_mode *mode)
{
	if (mode->depth != 15 && mode->depth != 16 && mode->depth != 24 && mode->depth != 32)
		return "its pixels have none of 15, 16, 24 and 32 bits";
	if (!channel_fits(mode, mode->red) || !channel_fits(mode, mode->green) ||
	    !channel_fits(mode, mode->blue))
		return "its colours lie outside its pixels";
	if (mode->width < FONT_WIDTH || mode->height < FONT_HEIGHT)
		return "it has no room for a character";
	if ((uint64_t)mode->width * pixel_bytes(mode) > mode->pitch)
		return "its rows overlap";
	if ((uint64_t)mode->pitch * mode->height > UINT32_MAX)
		return "it is larger than 4 GB";
	return NULL;
}

static uint32_t channel_light(struct framebuffer_channel channel)
{
	if (channel.size > 8)
		return LIGHT << (channel.size - 8) << channel.position;
	return LIGHT >> (8 - channel.size) << channel.position;
}

/* Glyphs are drawn four pixels at a time: prepares the sixteen patterns that these can have. */
static void prepare_nibbles(struct framebuffer *fb)
{
	uint32_t light = channel_light(fb->mode.red) | channel_light(fb->mode.green) |
			 channel_light(fb->mode.blue);
	unsigned bytes = pixel_bytes(&fb->mode);

	fb->nibble_bytes = 4 * fb->scale * bytes;
	for (unsigned nibble = 0; nibble < 16; nibble++) {
		for (unsigned i = 0; i < fb->nibble_bytes; i++) {
			unsigned pixel = i / bytes / fb->scale;
			uint32_t value = nibble & (8u >> pixel) ? light : 0;

			fb->nibbles[nibble][i] = (uint8_t)(value >> (8 * (i % bytes)));
		}
	}
}

static void draw_cell(const struct framebuffer *fb, unsigned row, unsigned column, uint16_t cell)
{
	uint8_t *at = fb->memory + (size_t)row * FONT_HEIGHT * fb->scale * fb->mode.pitch +
		      (size_t)column * 2 * fb->nibble_bytes;

	for (unsigned y = 0; y < FONT_HEIGHT; y++) {
		uint8_t bits = font_glyphs[cell & 0xFF][y];

		if (cell & CURSOR && y >= CURSOR_FIRST_ROW)
			bits = 0xFF;
		for (unsigned i = 0; i < fb->scale; i++) {
			memcpy(at, fb->nibbles[bits >> 4], fb->nibble_bytes);
			memcpy(at + fb->nibble_bytes, fb->nibbles[bits & 0xF], fb->nibble_bytes);
			at += fb->mode.pitch;
		}
	}
}

/* Draws what differs in a row; returns how many cells that were. */
static unsigned draw_row(struct framebuffer *fb, unsigned row)
{
	const uint8_t *text = text_screen_row(&fb->text, row);
	uint16_t *shown = fb->shown + (size_t)row * fb->text.columns;
	unsigned cursor = row == fb->text.row ? text_screen_cursor(&fb->text) : COLUMNS_MAX;
	unsigned drawn = 0;

	for (unsigned column = 0; column < fb->text.columns; column++) {
		uint16_t cell = (uint16_t)(text[column] | (column == cursor ? CURSOR : 0));

		if (shown[column] == cell)
			continue;
		draw_cell(fb, row, column, cell);
		shown[column] = cell;
		drawn++;
	}
	fb->stale[row] = false;
	return drawn;
}

static void mark_stale(struct framebuffer *fb)
{
	for (unsigned row = fb->text.changed; row < fb->text.changed_end; row++)
		fb->stale[row] = true;
	text_screen_shown(&fb->text);
	fb->stale[fb->cursor_row] = true;
	fb->stale[fb->text.row] = true;
	fb->cursor_row = fb->text.row;
}

/* Draws until about so many cells were drawn; true when it stopped for that. */
static bool draw(struct framebuffer *fb, unsigned limit)
{
	unsigned drawn = 0;
	bool more = false;

	mark_stale(fb);
	/* Continues where the last refresh stopped, or the lower rows would never be drawn. */
	for (unsigned i = 0; i < fb->text.rows && !more; i++) {
		if (fb->stale[fb->scan])
			drawn += draw_row(fb, fb->scan);
		fb->scan = (fb->scan + 1) % fb->text.rows;
		more = drawn >= limit;
	}
	/* Flushes what the CPU's write-combining buffers hold. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	return more;
}

static struct framebuffer *framebuffer_of(struct console *console)
{
	return container_of(console, struct framebuffer, console);
}

static size_t framebuffer_room(struct console *console, size_t wanted)
{
	(void)console;
	return wanted;
}

static void framebuffer_write_sync(struct console *console, const void *data, size_t length)
{
	struct framebuffer *fb = framebuffer_of(console);

	text_screen_write(&fb->text, data, length);
	draw(fb, UINT32_MAX);
}

static size_t framebuffer_write(struct console *console, const void *data, size_t length)
{
	struct framebuffer *fb = framebuffer_of(console);

	if (!fb->deferred) {
		framebuffer_write_sync(console, data, length);
		return length;
	}
	text_screen_write(&fb->text, data, length);
	if (!fb->refresh_due && console->activity)
		console->activity(console->activity_context);
	fb->refresh_due = true;
	return length;
}

static enum console_refresh framebuffer_refresh(struct console *console)
{
	struct framebuffer *fb = framebuffer_of(console);

	fb->deferred = true;
	if (!fb->refresh_due)
		return REFRESH_NOTHING;
	fb->refresh_due = draw(fb, CELLS_A_REFRESH);
	return fb->refresh_due ? REFRESH_MORE : REFRESH_DONE;
}

static const struct console_ops framebuffer_ops = {
	.room = framebuffer_room,
	.write = framebuffer_write,
	.refresh = framebuffer_refresh,
	.write_sync = framebuffer_write_sync,
};

static struct framebuffer framebuffer = {
	.console = { .name = "screen", .ops = &framebuffer_ops },
};

struct console *framebuffer_open(const struct framebuffer_mode *mode, void *memory)
{
	struct framebuffer *fb = &framebuffer;
	unsigned scale = MIN(MAX(mode->width / PIXELS_A_SCALE, 1u), SCALE_MAX);

	/* A wide and very low screen has no room for the larger font. */
	if (mode->height < scale * FONT_HEIGHT)
		scale = 1;
	fb->mode = *mode;
	fb->memory = memory;
	fb->scale = scale;
	fb->deferred = fb->refresh_due = false;
	fb->cursor_row = fb->scan = 0;
	prepare_nibbles(fb);
	text_screen_init(&fb->text, MIN(mode->width / (FONT_WIDTH * scale), COLUMNS_MAX),
			 MIN(mode->height / (FONT_HEIGHT * scale), ROWS_MAX), fb->cells);
	for (unsigned i = 0; i < CELLS_MAX; i++)
		fb->shown[i] = NOTHING;
	/* Clears the margins too. */
	for (uint32_t y = 0; y < mode->height; y++)
		memset(fb->memory + (size_t)y * mode->pitch, 0, mode->width * pixel_bytes(mode));
	draw(fb, UINT32_MAX);
	return &fb->console;
}

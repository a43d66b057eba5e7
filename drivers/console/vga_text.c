// SPDX-License-Identifier: GPL-2.0-only
/*
 * Text output on the VGA screen: copies to video memory the cells that have changed.
 */
#include "drivers/console/vga_text.h"

#include "arch/cpu/port.h"
#include "drivers/console/text_screen.h"
#include "lib/compiler.h"

#define COLUMNS 80u
#define ROWS 25u
#define CELLS (COLUMNS * ROWS)
#define ATTRIBUTE 0x0700u	/* light grey on black */

/* The CRT controller's index and data ports; its registers 14 and 15 hold the cursor's place. */
#define CRTC_INDEX 0x3D4
#define CRTC_DATA 0x3D5
#define CRTC_CURSOR_HIGH 14
#define CRTC_CURSOR_LOW 15

struct vga_text {
	struct console console;
	volatile uint16_t *screen;
	struct text_screen text;
	uint8_t cells[CELLS];
	uint16_t shown[CELLS];		/* what the screen shows; never read from it */
};

static void vga_show_row(struct vga_text *vga, unsigned row)
{
	const uint8_t *text = text_screen_row(&vga->text, row);

	for (unsigned i = 0; i < COLUMNS; i++) {
		unsigned place = row * COLUMNS + i;
		uint16_t cell = ATTRIBUTE | text[i];

		if (vga->shown[place] != cell)
			vga->screen[place] = vga->shown[place] = cell;
	}
}

/*
 * Called once per write, not once per line: video memory is slow, and a text may consist of line
 * ends.
 */
static void vga_update(struct vga_text *vga)
{
	for (unsigned row = vga->text.changed; row < vga->text.changed_end; row++)
		vga_show_row(vga, row);
	text_screen_shown(&vga->text);
}

static void vga_show_cursor(const struct vga_text *vga)
{
	unsigned place = vga->text.row * COLUMNS + text_screen_cursor(&vga->text);

	port_out8(CRTC_INDEX, CRTC_CURSOR_HIGH);
	port_out8(CRTC_DATA, (uint8_t)(place >> 8));
	port_out8(CRTC_INDEX, CRTC_CURSOR_LOW);
	port_out8(CRTC_DATA, (uint8_t)place);
}

static size_t vga_write(struct console *console, const void *data, size_t length)
{
	struct vga_text *vga = container_of(console, struct vga_text, console);

	text_screen_write(&vga->text, data, length);
	vga_update(vga);
	vga_show_cursor(vga);
	return length;
}

static size_t vga_room(struct console *console, size_t wanted)
{
	(void)console;
	return wanted;
}

static void vga_write_sync(struct console *console, const void *data, size_t length)
{
	vga_write(console, data, length);
}

static const struct console_ops vga_ops = {
	.room = vga_room,
	.write = vga_write,
	.write_sync = vga_write_sync,
};

static struct vga_text vga_text = { .console = { .name = "screen", .ops = &vga_ops } };

struct console *vga_text_open(void *memory)
{
	vga_text.screen = memory;
	text_screen_init(&vga_text.text, COLUMNS, ROWS, vga_text.cells);
	/* 0 is unlike every cell, so all of them are written. */
	for (unsigned i = 0; i < CELLS; i++)
		vga_text.shown[i] = 0;
	vga_update(&vga_text);
	vga_show_cursor(&vga_text);
	return &vga_text.console;
}

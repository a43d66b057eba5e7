// SPDX-License-Identifier: GPL-2.0-only
/*
 * Text output on the VGA screen.  The picture is kept in ordinary memory and
 * copied out, since reading video memory back to scroll it is slow.  Of escape
 * sequences those that clear and the one that goes to the top left corner are
 * obeyed; the others are swallowed.
 */
#include "drivers/phys/vga_text.h"

#include "arch/port.h"
#include "drivers/phys/ansi.h"
#include "lib/compiler.h"
#include "lib/string.h"

#define COLUMNS 80u
#define ROWS 25u
#define CELLS (COLUMNS * ROWS)
#define TAB 8u
#define BLANK 0x0720u		/* a space, light grey on black */
#define ATTRIBUTE 0x0700u

/* The CRT controller: an index port and a data port; registers 14 and 15 are the cursor's place. */
#define CRTC_INDEX 0x3D4
#define CRTC_DATA 0x3D5
#define CRTC_CURSOR_HIGH 14
#define CRTC_CURSOR_LOW 15

struct vga_text {
	struct console console;
	volatile uint16_t *screen;
	unsigned row, column;		/* column may be COLUMNS: text goes to the next row */
	struct ansi ansi;
	unsigned dirty_first, dirty_end;	/* cells that the screen does not show yet */
	uint16_t cells[CELLS];
};

static void vga_show(struct vga_text *vga, unsigned first, unsigned count)
{
	vga->dirty_first = MIN(vga->dirty_first, first);
	vga->dirty_end = MAX(vga->dirty_end, first + count);
}

/* Once a write, not once a line: video memory is slow, and a text can be all line ends. */
static void vga_update(struct vga_text *vga)
{
	for (unsigned i = vga->dirty_first; i < vga->dirty_end; i++)
		vga->screen[i] = vga->cells[i];
	vga->dirty_first = CELLS;
	vga->dirty_end = 0;
}

static void vga_show_cursor(const struct vga_text *vga)
{
	unsigned place = vga->row * COLUMNS + MIN(vga->column, COLUMNS - 1);

	port_out8(CRTC_INDEX, CRTC_CURSOR_HIGH);
	port_out8(CRTC_DATA, (uint8_t)(place >> 8));
	port_out8(CRTC_INDEX, CRTC_CURSOR_LOW);
	port_out8(CRTC_DATA, (uint8_t)place);
}

static void vga_clear(struct vga_text *vga, unsigned first, unsigned count)
{
	for (unsigned i = first; i < first + count; i++)
		vga->cells[i] = BLANK;
	vga_show(vga, first, count);
}

static void vga_new_line(struct vga_text *vga)
{
	vga->column = 0;
	if (++vga->row < ROWS)
		return;
	vga->row = ROWS - 1;
	memmove(vga->cells, vga->cells + COLUMNS, (CELLS - COLUMNS) * sizeof(vga->cells[0]));
	for (unsigned i = CELLS - COLUMNS; i < CELLS; i++)
		vga->cells[i] = BLANK;
	vga_show(vga, 0, CELLS);
}

static void vga_text_byte(struct vga_text *vga, uint8_t c)
{
	unsigned place;

	if (vga->column >= COLUMNS)
		vga_new_line(vga);
	place = vga->row * COLUMNS + vga->column++;
	vga->cells[place] = (uint16_t)(ATTRIBUTE | c);
	vga_show(vga, place, 1);
}

static void vga_control(struct vga_text *vga, uint8_t c)
{
	switch (c) {
	case '\n':
		vga_new_line(vga);
		break;
	case '\r':
		vga->column = 0;
		break;
	case '\b':
		if (vga->column > 0)
			vga->column--;
		break;
	case '\t':
		vga->column = MIN(ALIGN_DOWN(vga->column, TAB) + TAB, COLUMNS - 1);
		break;
	}
}

static void vga_sequence(struct vga_text *vga)
{
	unsigned place = vga->row * COLUMNS + MIN(vga->column, COLUMNS);

	switch (ansi_csi_final(&vga->ansi)) {
	case 'H':
		if (ansi_csi_parameter(&vga->ansi, 1) == 1)
			vga->row = vga->column = 0;
		break;
	case 'J':
		if (ansi_csi_parameter(&vga->ansi, 0) == 2)
			place = 0;
		vga_clear(vga, place, CELLS - place);
		break;
	case 'K':
		vga_clear(vga, place, (vga->row + 1) * COLUMNS - place);
		break;
	}
}

static size_t vga_write(struct console *console, const void *data, size_t length)
{
	struct vga_text *vga = container_of(console, struct vga_text, console);
	const uint8_t *bytes = data;

	for (size_t i = 0; i < length; i++) {
		switch (ansi_feed(&vga->ansi, bytes[i])) {
		case ANSI_TEXT:
			vga_text_byte(vga, bytes[i]);
			break;
		case ANSI_CONTROL:
			vga_control(vga, bytes[i]);
			break;
		case ANSI_SEQUENCE:
			vga_sequence(vga);
			break;
		case ANSI_PENDING:
			break;
		}
	}
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

static struct vga_text vga_text = { .console = { .name = "vga", .ops = &vga_ops } };

struct console *vga_text_open(void *memory)
{
	vga_text.screen = memory;
	vga_clear(&vga_text, 0, CELLS);
	vga_update(&vga_text);
	vga_show_cursor(&vga_text);
	return &vga_text.console;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Text in cells.  The rows are a ring, so that a line end costs clearing one row instead of moving
 * the screen.
 */
#include "drivers/console/text_screen.h"

#include "lib/compiler.h"
#include "lib/string.h"

#define TAB 8u

static uint8_t *row_cells(const struct text_screen *screen, unsigned row)
{
	return screen->cells + (screen->top + row) % screen->rows * screen->columns;
}

static void change(struct text_screen *screen, unsigned row, unsigned end)
{
	screen->changed = MIN(screen->changed, row);
	screen->changed_end = MAX(screen->changed_end, end);
}

static void clear(struct text_screen *screen, unsigned row, unsigned first)
{
	change(screen, row, row + 1);
	memset(row_cells(screen, row) + first, ' ', screen->columns - first);
}

void text_screen_init(struct text_screen *screen, unsigned columns, unsigned rows, uint8_t *cells)
{
	*screen = (struct text_screen){ .columns = columns, .rows = rows, .cells = cells };
	for (unsigned row = 0; row < rows; row++)
		clear(screen, row, 0);
}

static void new_line(struct text_screen *screen)
{
	screen->column = 0;
	if (++screen->row < screen->rows)
		return;
	screen->row = screen->rows - 1;
	screen->top = (screen->top + 1) % screen->rows;
	clear(screen, screen->row, 0);
	change(screen, 0, screen->rows);
}

static void text(struct text_screen *screen, uint8_t c)
{
	if (screen->column >= screen->columns)
		new_line(screen);
	row_cells(screen, screen->row)[screen->column++] = c;
	change(screen, screen->row, screen->row + 1);
}

static void control(struct text_screen *screen, uint8_t c)
{
	switch (c) {
	case '\n':
		new_line(screen);
		break;
	case '\r':
		screen->column = 0;
		break;
	case '\b':
		if (screen->column > 0)
			screen->column--;
		break;
	case '\t':
		screen->column = MIN(ALIGN_DOWN(screen->column, TAB) + TAB, screen->columns - 1);
		break;
	}
}

static void sequence(struct text_screen *screen)
{
	unsigned first = 0;

	switch (ansi_csi_final(&screen->ansi)) {
	case 'H':
		if (ansi_csi_parameter(&screen->ansi, 1) == 1)
			screen->row = screen->column = 0;
		break;
	case 'J':
		if (ansi_csi_parameter(&screen->ansi, 0) != 2) {
			clear(screen, screen->row, MIN(screen->column, screen->columns));
			first = screen->row + 1;
		}
		for (unsigned row = first; row < screen->rows; row++)
			clear(screen, row, 0);
		break;
	case 'K':
		clear(screen, screen->row, MIN(screen->column, screen->columns));
		break;
	}
}

void text_screen_write(struct text_screen *screen, const uint8_t *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		switch (ansi_feed(&screen->ansi, bytes[i])) {
		case ANSI_TEXT:
			text(screen, bytes[i]);
			break;
		case ANSI_CONTROL:
			control(screen, bytes[i]);
			break;
		case ANSI_SEQUENCE:
			sequence(screen);
			break;
		case ANSI_PENDING:
			break;
		}
	}
}

void text_screen_shown(struct text_screen *screen)
{
	screen->changed = screen->rows;
	screen->changed_end = 0;
}

const uint8_t *text_screen_row(const struct text_screen *screen, unsigned row)
{
	return row_cells(screen, row);
}

unsigned text_screen_cursor(const struct text_screen *screen)
{
	return MIN(screen->column, screen->columns - 1);
}

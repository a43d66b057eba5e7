/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The contents of a text screen, independent of its hardware: cells of one byte and a cursor, and
 * how output changes them.  Kept in ordinary memory, since reading video memory back to scroll it
 * is slow.  Used by the drivers of the VGA text screen and of the frame buffer.
 *
 * The escape sequences that clear, and the one that goes to the top left corner, are
 * obeyed; the others are ignored.
 */
#ifndef UMBRA_DRIVERS_CONSOLE_TEXT_SCREEN_H
#define UMBRA_DRIVERS_CONSOLE_TEXT_SCREEN_H

#include "lib/ansi.h"

#include <stddef.h>
#include <stdint.h>

struct text_screen {
	unsigned columns, rows;
	unsigned row, column;	/* of the cursor; column may be columns: on to the next row */
	unsigned top;		/* the row of cells that is shown first: scrolling moves no text */
	unsigned changed, changed_end;	/* rows that may look different since text_screen_shown */
	struct ansi ansi;
	uint8_t *cells;		/* columns * rows */
};

/* An empty screen, the cursor at its top left; cells has room for columns * rows, both above 0. */
void text_screen_init(struct text_screen *screen, unsigned columns, unsigned rows, uint8_t *cells);

/* Bytes of output, any at all. */
void text_screen_write(struct text_screen *screen, const uint8_t *bytes, size_t length);

/* The driver has seen the rows that changed. */
void text_screen_shown(struct text_screen *screen);

/* The columns bytes of a row, 0 the topmost. */
const uint8_t *text_screen_row(const struct text_screen *screen, unsigned row);

/* The column of the cell that the cursor is on, below columns. */
unsigned text_screen_cursor(const struct text_screen *screen);

#endif

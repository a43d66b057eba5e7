/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Remembers the text of the terminal's line in which the cursor is, so that the console multiplexer
 * can interrupt it for other lines and show it again below.
 */
#ifndef UMBRA_DRIVERS_CONSOLE_CONSOLE_LINE_H
#define UMBRA_DRIVERS_CONSOLE_CONSOLE_LINE_H

#include "lib/ansi.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Characters after these are not remembered; a prompt and the longest command are. */
#define CONSOLE_LINE_MAX 520
/* The text, a step back for each of its characters, and a sequence that is not complete. */
#define CONSOLE_REPAINT_MAX (2 * CONSOLE_LINE_MAX + ANSI_SEQUENCE_MAX)

/* All zero is a fresh line. */
struct console_line {
	struct ansi ansi;
	uint16_t length;
	uint16_t cursor;	/* <= length */
	char text[CONSOLE_LINE_MAX];
};

/* Byte c has gone to the terminal. */
void console_line_feed(struct console_line *line, uint8_t c);

/* Forgets all: the cursor is at the begin of an empty line. */
void console_line_reset(struct console_line *line);

/* True when the line is empty and no escape sequence has begun. */
bool console_line_is_fresh(const struct console_line *line);

/* True when the terminal is in the middle of an escape sequence. */
bool console_line_in_sequence(const struct console_line *line);

/*
 * Fills to with the bytes that bring a fresh line to this state: text without
 * colours, cursor, incomplete sequence.  Returns how many.
 */
size_t console_line_repaint(const struct console_line *line, uint8_t to[CONSOLE_REPAINT_MAX]);

#endif

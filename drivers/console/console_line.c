// SPDX-License-Identifier: GPL-2.0-only
/*
 * The model of the terminal's current line.  It follows what shells and line editors do there:
 * text, steps back, return, clearing.  A repaint has no colours, and no requests, which the
 * terminal would answer again.
 */
#include "drivers/console/console_line.h"

#include "lib/compiler.h"
#include "lib/string.h"

#define TAB 8u

static void put(struct console_line *line, char c)
{
	if (line->cursor == CONSOLE_LINE_MAX)
		return;
	line->text[line->cursor++] = c;
	if (line->length < line->cursor)
		line->length = line->cursor;
}

/* Moves right over what stands there; beyond the text there are blanks. */
static void move_right(struct console_line *line, unsigned columns)
{
	for (unsigned i = 0; i < columns && line->cursor < CONSOLE_LINE_MAX; i++)
		put(line, line->cursor < line->length ? line->text[line->cursor] : ' ');
}

static void move_left(struct console_line *line, unsigned columns)
{
	line->cursor = (uint16_t)(line->cursor - MIN(columns, line->cursor));
}

static void feed_control(struct console_line *line, uint8_t c)
{
	switch (c) {
	case '\n':
		line->length = line->cursor = 0;
		break;
	case '\r':
		line->cursor = 0;
		break;
	case '\b':
		move_left(line, 1);
		break;
	case '\t':
		move_right(line, TAB - line->cursor % TAB);
		break;
	}
}

static void feed_sequence(struct console_line *line)
{
	switch (ansi_csi_final(&line->ansi)) {
	case 'C':
		move_right(line, ansi_csi_parameter(&line->ansi, 1));
		break;
	case 'D':
		move_left(line, ansi_csi_parameter(&line->ansi, 1));
		break;
	case 'J':
	case 'K':
		if (ansi_csi_parameter(&line->ansi, 0) == 0)
			line->length = line->cursor;
		else
			memset(line->text, ' ', line->cursor);
		break;
	case 'H':
		/* The cursor went elsewhere on the screen, where the text is not known. */
		line->length = line->cursor = 0;
		break;
	}
}

void console_line_feed(struct console_line *line, uint8_t c)
{
	switch (ansi_feed(&line->ansi, c)) {
	case ANSI_TEXT:
		put(line, (char)c);
		break;
	case ANSI_CONTROL:
		feed_control(line, c);
		break;
	case ANSI_SEQUENCE:
		feed_sequence(line);
		break;
	case ANSI_PENDING:
		break;
	}
}

void console_line_reset(struct console_line *line)
{
	*line = (struct console_line){ .length = 0 };
}

bool console_line_in_sequence(const struct console_line *line)
{
	return line->ansi.state != ANSI_GROUND;
}

bool console_line_is_fresh(const struct console_line *line)
{
	return line->length == 0 && !console_line_in_sequence(line);
}

size_t console_line_repaint(const struct console_line *line, uint8_t to[CONSOLE_REPAINT_MAX])
{
	size_t back = (size_t)(line->length - line->cursor);
	size_t done = line->length;

	memcpy(to, line->text, line->length);
	memset(to + done, '\b', back);
	done += back;
	if (console_line_in_sequence(line)) {
		memcpy(to + done, line->ansi.sequence, line->ansi.length);
		done += line->ansi.length;
	}
	return done;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Collects the answer of a command and prints it in few pieces: after each piece the console shows
 * the interrupted line again.
 */
#include "hv/console/answer.h"

#include "arch/cpu/time.h"
#include "hv/console/consoles.h"
#include "hv/run/housekeeping.h"
#include "lib/format.h"

#define LINE_SIZE 256u

/* What is left to the log beside a piece.  Guests leave half of the queue, more than both. */
#define SPARE_ROOM 2048u
/* 8 KB by the slowest line in use, 9600 baud, take 9 s. */
#define PATIENCE_NS 20000000000ull

static char answer[ANSWER_PIECE];
static size_t answer_length;
static void (*answer_sink)(const char *text, size_t length);	/* NULL: the consoles */

/* The answer that comes in pieces, if any. */
static bool (*next_piece)(void);
static uint64_t last_piece;	/* time_ns() when there was room for one */

void answer_flush(void)
{
	if (answer_sink)
		answer_sink(answer, answer_length);
	else
		consoles_print(answer, answer_length);
	answer_length = 0;
}

void answer_set_sink(void (*sink)(const char *text, size_t length))
{
	answer_sink = sink;
}

void answer_end(void)
{
	answer_flush();
	if (!next_piece)
		answer_sink = NULL;
}

void answer_print(const char *format, ...)
{
	va_list arguments;
	size_t length;

	if (sizeof(answer) - answer_length < LINE_SIZE)
		answer_flush();
	va_start(arguments, format);
	length = format_text_v(answer + answer_length, LINE_SIZE, format, arguments);
	va_end(arguments);
	answer_length += MIN(length, LINE_SIZE - 1);
}

void answer_in_pieces(bool (*next)(void))
{
	next_piece = next;
	last_piece = time_ns();
	answer_go_on();
}

/* Is there room for a piece?  Ends the answer when there was none for long. */
static bool has_room(void)
{
	uint64_t now = time_ns();

	if (answer_sink || consoles_have_room(ANSWER_PIECE + SPARE_ROOM)) {
		last_piece = now;
		return true;
	}
	if (now - last_piece > PATIENCE_NS) {
		answer_print("(the rest is not shown: the console takes no more)\n");
		next_piece = NULL;
		answer_end();
	}
	return false;
}

void answer_go_on(void)
{
	if (!next_piece || !has_room())
		return;
	if (!next_piece())
		next_piece = NULL;
	answer_end();
	/* For the next piece, or for the next command. */
	housekeeping_wake();
}

bool answer_is_complete(void)
{
	return !next_piece;
}

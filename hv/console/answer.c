// SPDX-License-Identifier: GPL-2.0-only
/*
 * Collects the answer of a command and prints it in few pieces: after each piece the console shows
 * the interrupted line again.
 */
#include "hv/console/answer.h"

#include "hv/console/consoles.h"
#include "lib/format.h"

#define LINE_SIZE 256u

static char answer[4096];
static size_t answer_length;
static void (*answer_sink)(const char *text, size_t length);	/* NULL: the consoles */

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

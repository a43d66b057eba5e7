// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where the text of a guest goes. Owns the choice of sink and the early sink,
 * which hands Umbra a short text with every NOTIFY call.
 */
#include "guest/runtime/print.h"

#include "guest/runtime/hypercall.h"
#include "guest/runtime/layout.h"
#include "guest/runtime/string.h"

/* Linux sends at most 16 characters in a call; a host may rely on it. */
#define EARLY_CHUNK 16u

static void early_write(const char *text, size_t size)
{
	static char chunk[EARLY_CHUNK + 1];

	while (size > 0) {
		size_t part = size < EARLY_CHUNK ? size : EARLY_CHUNK;

		memcpy(chunk, text, part);
		chunk[part] = '\0';
		hypercall_notify(phys_of(chunk));
		text += part;
		size -= part;
	}
}

static void early_flush(void)
{
}

/* Weak: generation C has no NOTIFY call. */
const struct print_sink __attribute__((weak)) print_early_sink = {early_write, early_flush};
static const struct print_sink *current_sink = &print_early_sink;

void print_to(const struct print_sink *sink)
{
	current_sink = sink;
}

void print_early(void)
{
	current_sink = &print_early_sink;
}

void print_flush(void)
{
	current_sink->flush();
}

/* A console has no line discipline: a line ends in carriage return and line feed. */
void print_text(const char *text, size_t size)
{
	size_t start = 0;

	for (size_t i = 0; i < size; i++) {
		if (text[i] != '\n')
			continue;
		current_sink->write(text + start, i - start);
		current_sink->write("\r\n", 2);
		start = i + 1;
	}
	current_sink->write(text + start, size - start);
}

void print(const char *format, ...)
{
	char line[256];
	va_list arguments;
	size_t length;

	va_start(arguments, format);
	length = format_text_list(line, sizeof(line), format, arguments);
	va_end(arguments);
	print_text(line, length);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * The multiplexer's whole lines: what guests in the background write, and what Umbra
 * says, is cut into lines, cleaned, and queued for the terminal.
 *
 * A guest chooses its bytes freely.  Control characters and escape sequences are removed, so a
 * guest in the background can neither move the cursor nor write a line that does not begin with its
 * own name; and a flood of its lines takes half of the queue at most, so that the other half is
 * left for Umbra's.
 */
#include "drivers/console/console_internal.h"
#include "lib/format.h"
#include "lib/string.h"

#define GUEST_RESERVE (CONSOLE_QUEUE_SIZE / 2)
#define MESSAGE_SIZE 200

static void builder_add(struct line_builder *builder, uint8_t c)
{
	if (builder->returned)
		builder->length = 0;
	builder->returned = false;
	/* Some bytes from 0x80 up are control characters, for some terminals even within UTF-8. */
	builder->text[builder->length++] = c < 0x80 ? (char)c : '?';
}

/* True when text holds a line, which the caller takes and then sets length to 0. */
static bool builder_feed(struct line_builder *builder, uint8_t c)
{
	switch (ansi_feed(&builder->ansi, c)) {
	case ANSI_TEXT:
		break;
	case ANSI_CONTROL:
		if (c == '\n') {
			builder->returned = false;
			return true;
		}
		if (c == '\r')
			builder->returned = true;
		if (c != '\t')
			return false;
		break;
	default:
		return false;
	}
	builder_add(builder, c);
	return builder->length == builder->limit;
}

/* Queues `[name] text`, or text alone for no name; false when less than reserve would stay free. */
static bool queue_line(struct console_mux *mux, const char *name, const char *text, size_t length,
		       size_t reserve)
{
	size_t needed = length + 2 + (name ? strlen(name) + 3 : 0);

	if (ring_free(&mux->queue) < needed + reserve)
		return false;
	if (name) {
		ring_push(&mux->queue, "[", 1);
		ring_push(&mux->queue, name, strlen(name));
		ring_push(&mux->queue, "] ", 2);
	}
	ring_push(&mux->queue, text, length);
	ring_push(&mux->queue, "\r\n", 2);
	return true;
}

static bool queue_loss(struct console_mux *mux, const char *name, unsigned lost, size_t reserve)
{
	char text[48];
	size_t length;

	if (lost == 0)
		return true;
	length = format_text(text, sizeof(text), "(%u lines are not shown)", lost);
	return queue_line(mux, name, text, length, reserve);
}

/* Queues the complete line in builder, or counts it as lost. */
static void queue_built(struct console_mux *mux, const char *name, struct line_builder *builder,
			size_t reserve)
{
	if (queue_loss(mux, name, builder->lost, reserve))
		builder->lost = 0;
	if (builder->lost > 0 || !queue_line(mux, name, builder->text, builder->length, reserve))
		builder->lost++;
	builder->length = 0;
}

void lines_from_guest(struct console_endpoint *endpoint, const uint8_t *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (builder_feed(&endpoint->builder, bytes[i]))
			queue_built(endpoint->mux, endpoint->name, &endpoint->builder,
				    GUEST_RESERVE);
}

void lines_finish(struct console_endpoint *endpoint)
{
	if (endpoint->builder.length > 0)
		queue_built(endpoint->mux, endpoint->name, &endpoint->builder, GUEST_RESERVE);
}

void lines_from_umbra(struct console_mux *mux, const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (builder_feed(&mux->log_builder, (uint8_t)text[i]))
			queue_built(mux, NULL, &mux->log_builder, 0);
}

void lines_message(struct console_mux *mux, const char *format, ...)
{
	char text[MESSAGE_SIZE] = "umbra: ";
	size_t prefix = strlen(text);
	va_list args;

	va_start(args, format);
	format_text_v(text + prefix, sizeof(text) - prefix, format, args);
	va_end(args);
	if (!queue_line(mux, NULL, text, strlen(text), 0))
		mux->log_builder.lost++;
}

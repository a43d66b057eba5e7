// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ring of a guest's output, and the preparation of its replay.
 */
#include "drivers/console/console_history.h"

#include "lib/ansi.h"
#include "lib/compiler.h"

#include <stdbool.h>

#define ENQUIRY 0x05	/* a control character that asks the terminal for its name */

static uint8_t *byte_at(struct console_history *history, uint32_t at)
{
	return &history->data[at % CONSOLE_HISTORY_SIZE];
}

void console_history_add(struct console_history *history, const uint8_t *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++)
		*byte_at(history, history->written++) = bytes[i];
	if (history->written - history->oldest > CONSOLE_HISTORY_SIZE)
		history->oldest = history->written - CONSOLE_HISTORY_SIZE;
	if (history->written - history->shown > CONSOLE_HISTORY_SIZE)
		history->shown = history->oldest;
}

size_t console_history_unshown(const struct console_history *history)
{
	return history->written - history->shown;
}

size_t console_history_room(const struct console_history *history)
{
	return CONSOLE_HISTORY_SIZE - console_history_unshown(history);
}

size_t console_history_gone(const struct console_history *history)
{
	return history->oldest;
}

size_t console_history_peek(const struct console_history *history, const uint8_t **bytes)
{
	uint32_t at = history->shown % CONSOLE_HISTORY_SIZE;

	*bytes = &history->data[at];
	return MIN(console_history_unshown(history), CONSOLE_HISTORY_SIZE - at);
}

void console_history_advance(struct console_history *history, size_t length)
{
	history->shown += (uint32_t)length;
}

static bool is_request(const struct ansi *ansi)
{
	char final = ansi_csi_final(ansi);

	/* ESC [ n reports, ESC [ c and ESC Z identify (ECMA-48, 8.3.35 and 8.3.24). */
	return final == 'n' || final == 'c' || (ansi->length == 2 && ansi->sequence[1] == 'Z');
}

/* Replaces requests by NUL, which a terminal ignores. */
static void erase_requests(struct console_history *history)
{
	struct ansi ansi = { .length = 0 };

	for (uint32_t at = history->oldest; at != history->written; at++) {
		uint8_t *byte = byte_at(history, at);
		enum ansi_kind kind = ansi_feed(&ansi, *byte);

		if (kind == ANSI_CONTROL && *byte == ENQUIRY)
			*byte = 0;
		/* No control character is inside a sequence, so its bytes lie together. */
		if (kind == ANSI_SEQUENCE && is_request(&ansi))
			for (uint32_t i = 0; i < ansi.length; i++)
				*byte_at(history, at - i) = 0;
	}
}

void console_history_rewind(struct console_history *history)
{
	/* Once the ring was full its first line may lack its beginning. */
	if (history->written - history->oldest == CONSOLE_HISTORY_SIZE) {
		uint32_t at = history->oldest;

		while (at != history->written && *byte_at(history, at) != '\n')
			at++;
		/* The ring has room then, so a second call skips nothing more. */
		if (at != history->written)
			history->oldest = at + 1;
	}
	erase_requests(history);
	history->shown = history->oldest;
}

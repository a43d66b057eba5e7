/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The last output of one guest, byte for byte.  While the guest is in focus this is also the queue
 * of output that the terminal has not got yet; when the guest comes into focus everything in it is
 * queued again (the replay).  For the console multiplexer.
 */
#ifndef UMBRA_DRIVERS_CONSOLE_CONSOLE_HISTORY_H
#define UMBRA_DRIVERS_CONSOLE_CONSOLE_HISTORY_H

#include <stddef.h>
#include <stdint.h>

#define CONSOLE_HISTORY_SIZE 16384u

/* Counters of bytes since the start, which wrap: oldest <= shown <= written.  All zero is empty. */
struct console_history {
	uint32_t oldest;
	uint32_t shown;
	uint32_t written;
	uint8_t data[CONSOLE_HISTORY_SIZE];
};

/* Adds all bytes; where there is no room the oldest are dropped, shown or not. */
void console_history_add(struct console_history *history, const uint8_t *bytes, size_t length);

/* How many bytes wait to be shown, and how many can be added without losing one of these. */
size_t console_history_unshown(const struct console_history *history);
size_t console_history_room(const struct console_history *history);

/* How many bytes a replay would not show, since newer ones took their place (modulo 4 GB). */
size_t console_history_gone(const struct console_history *history);

/* *bytes gets the next bytes to show that lie in one piece; returns how many. */
size_t console_history_peek(const struct console_history *history, const uint8_t **bytes);

/* The next length bytes were shown; length <= what peek said. */
void console_history_advance(struct console_history *history, size_t length);

/*
 * Everything is to be shown again, from the begin of a line on.  Requests to the terminal (where is
 * the cursor? what are you?) are replaced by NUL bytes: the answer would arrive as if it had been
 * typed.
 */
void console_history_rewind(struct console_history *history);

#endif

// SPDX-License-Identifier: GPL-2.0-only
/*
 * The multiplexer's way to the terminal.  There is one writer at a time: a batch of whole lines
 * from the queue, the command line, or the guest in focus.  Each step writes as much as the slowest
 * console has room for; when that is nothing, the next output_pump continues there.
 */
#include "drivers/console/console_internal.h"
#include "lib/string.h"

#define CANCEL 0x18	/* breaks off an escape sequence (ECMA-48, 8.3.6 and 5.4) */
#define PIECE 512u

/* Bytes of a guest's output between two batches of lines, or a flood of lines would silence it. */
#define RAW_TURN 2048u

/* How many of the `wanted` bytes all consoles take; without a console all are dropped. */
static size_t output_room(struct console_mux *mux, size_t wanted)
{
	size_t room = wanted;

	for (unsigned i = 0; i < mux->console_count; i++) {
		struct console *console = mux->consoles[i].console;

		room = MIN(room, console->ops->room(console, wanted));
	}
	return room;
}

static void output_write(struct console_mux *mux, const void *bytes, size_t length)
{
	for (unsigned i = 0; length > 0 && i < mux->console_count; i++) {
		struct console *console = mux->consoles[i].console;

		console->ops->write(console, bytes, length);
	}
}

static bool raw_waits(const struct console_mux *mux)
{
	if (mux->in_command)
		return ring_used(&mux->echo) > 0;
	return mux->focus && console_history_unshown(&mux->focus->history) > 0;
}

static bool put_new_line(struct console_mux *mux)
{
	static const uint8_t bytes[] = { CANCEL, '\r', '\n' };
	size_t skip = mux->dangling_sequence ? 0 : 1;

	if (output_room(mux, sizeof(bytes)) < sizeof(bytes))
		return false;
	output_write(mux, bytes + skip, sizeof(bytes) - skip);
	mux->dangling = false;
	return true;
}

/* The answer to a command comes first, or the interrupted line would stand between the two. */
static bool raw_is_held(const struct console_mux *mux)
{
	return mux->interrupted && mux->command_event;
}

static bool begin_batch(struct console_mux *mux)
{
	if (ring_used(&mux->queue) == 0 ||
	    (mux->turn > 0 && raw_waits(mux) && !raw_is_held(mux)))
		return false;
	mux_leave_line(mux);
	mux->interrupted = true;
	mux->batch = ring_used(&mux->queue);
	return true;
}

static bool put_batch(struct console_mux *mux)
{
	const uint8_t *bytes;
	size_t length = MIN(ring_peek(&mux->queue, &bytes), mux->batch);

	length = output_room(mux, length);
	output_write(mux, bytes, length);
	ring_drop(&mux->queue, length);
	mux->batch -= length;
	if (mux->room_wanted > 0 && ring_free(&mux->queue) >= mux->room_wanted) {
		mux->room_wanted = 0;
		mux->service_due(mux->service_context);
	}
	if (mux->batch == 0)
		mux->turn = RAW_TURN;
	return length > 0;
}

static bool put_repaint(struct console_mux *mux)
{
	uint8_t bytes[CONSOLE_REPAINT_MAX];
	size_t length = console_line_repaint(mux_current_line(mux), bytes);

	if (output_room(mux, length) < length)
		return false;
	output_write(mux, bytes, length);
	mux->interrupted = false;
	return true;
}

/* Writes a part of bytes, in the line that the cursor is in; returns how many. */
static size_t put_raw(struct console_mux *mux, const uint8_t *bytes, size_t length)
{
	struct console_line *line = mux_current_line(mux);

	length = output_room(mux, MIN(length, PIECE));
	output_write(mux, bytes, length);
	for (size_t i = 0; i < length; i++)
		console_line_feed(line, bytes[i]);
	mux->turn -= MIN(mux->turn, length);
	return length;
}

static bool put_echo(struct console_mux *mux)
{
	const uint8_t *bytes;
	size_t length = ring_peek(&mux->echo, &bytes);

	if (length == 0 && mux->keys != KEYS_TO_COMMAND) {
		/* The command line has ended, and the cursor stands below it. */
		mux->in_command = false;
		mux->interrupted = true;
		return true;
	}
	length = put_raw(mux, bytes, length);
	ring_drop(&mux->echo, length);
	return length > 0;
}

static bool put_focus(struct console_mux *mux)
{
	struct console_endpoint *endpoint = mux->focus;
	const uint8_t *bytes;
	size_t length;

	if (!endpoint)
		return false;
	length = console_history_peek(&endpoint->history, &bytes);
	if (length == 0 && (endpoint->closing || endpoint->leaving)) {
		mux_set_focus(mux, mux_heir(mux));
		return true;
	}
	length = put_raw(mux, bytes, length);
	console_history_advance(&endpoint->history, length);
	if (endpoint->wants_room &&
	    console_history_room(&endpoint->history) >= CONSOLE_HISTORY_SIZE / 2)
		mux_release_writer(endpoint);
	return length > 0;
}

static bool put_panel(struct console_mux *mux)
{
	const uint8_t *bytes;
	size_t length = ring_peek(&mux->panel_output, &bytes);

	length = output_room(mux, MIN(length, PIECE));
	output_write(mux, bytes, length);
	ring_drop(&mux->panel_output, length);
	return length > 0;
}

static bool output_step(struct console_mux *mux)
{
	if (mux->dangling)
		return put_new_line(mux);
	if (mux->batch > 0)
		return put_batch(mux);
	if (mux->panel || ring_used(&mux->panel_output) > 0)
		return put_panel(mux);
	if (begin_batch(mux))
		return true;
	if (mux->interrupted)
		return !raw_is_held(mux) && put_repaint(mux);
	if (mux->in_command)
		return put_echo(mux);
	return put_focus(mux);
}

void output_pump(struct console_mux *mux)
{
	while (output_step(mux))
		;
}

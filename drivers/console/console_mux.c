// SPDX-License-Identifier: GPL-2.0-only
/*
 * The console multiplexer's guests: who there is, who is in focus, what they
 * write and read.
 */
#include "drivers/console/console_mux.h"

#include "drivers/console/console_internal.h"
#include "lib/error.h"
#include "lib/string.h"
#include "mm/heap.h"

struct console_mux *console_mux_create(void (*service_due)(void *context), void *context)
{
	struct console_mux *mux = heap_alloc(sizeof(*mux));

	if (!mux)
		return NULL;
	mux->service_due = service_due;
	mux->service_context = context;
	mux->log_builder.limit = CONSOLE_UMBRA_LINE_MAX;
	ring_init(&mux->queue, mux->queue_data, sizeof(mux->queue_data));
	ring_init(&mux->echo, mux->echo_data, sizeof(mux->echo_data));
	return mux;
}

int console_mux_attach(struct console_mux *mux, struct console *console)
{
	if (mux->console_count == CONSOLE_CONSOLES_MAX)
		return -E_NOSPC;
	mux->consoles[mux->console_count++] = (struct attached_console){ .console = console };
	return 0;
}

/* False when the console has no key, or has one that nothing can take now. */
static bool take_key(struct console_mux *mux, struct attached_console *attached)
{
	struct console *console = attached->console;

	if (!attached->holds_key && console->ops->read)
		attached->holds_key = console->ops->read(console, &attached->key, 1) == 1;
	if (!attached->holds_key)
		return false;
	if (!keys_take(mux, attached->key)) {
		mux->keys_blocked = true;
		return false;
	}
	attached->holds_key = false;
	return true;
}

void console_mux_service(struct console_mux *mux)
{
	bool progress;

	do {
		progress = false;
		mux->keys_blocked = false;
		for (unsigned i = 0; i < mux->console_count; i++)
			while (take_key(mux, &mux->consoles[i]))
				progress = true;
		/* Makes room for the echo of a key that was held for want of it. */
		output_pump(mux);
	} while (progress && mux->keys_blocked);
}

/* Something changed for which keys may have waited. */
static void retry_keys(struct console_mux *mux)
{
	if (mux->keys_blocked)
		mux->service_due(mux->service_context);
}

bool console_mux_take_event(struct console_mux *mux, struct console_event *event)
{
	if (mux->focus_event) {
		mux->focus_event = false;
		event->kind = CONSOLE_EVENT_FOCUS;
		string_copy(event->text, mux->focus ? mux->focus->name : "", sizeof(event->text));
		return true;
	}
	if (mux->command_event) {
		mux->command_event = false;
		event->kind = CONSOLE_EVENT_COMMAND;
		string_copy(event->text, mux->command, sizeof(event->text));
		/* The answer goes before what the guest has to say. */
		mux->turn = 0;
		/* Keys may have waited for it, and the line that is to be put up again has. */
		mux->service_due(mux->service_context);
		return true;
	}
	return false;
}

/* A guest that waits for room to write is told that there is some. */
static void release_writer(struct console_endpoint *endpoint)
{
	if (endpoint->wants_room && !endpoint->closing)
		endpoint->callbacks->output_ready(endpoint->context);
	endpoint->wants_room = false;
}

/* Whoever looks for the start of it should not look for long. */
static void tell_what_is_gone(struct console_endpoint *endpoint)
{
	size_t gone = console_history_gone(&endpoint->history);

	if (gone == 0)
		return;
	lines_message(endpoint->mux, "older output of guest %s is gone: %u KB", endpoint->name,
		      (unsigned)((gone + 1023) / 1024));
	/* Before the replay, not in the middle of it. */
	endpoint->mux->turn = 0;
}

static void begin_focus(struct console_endpoint *endpoint)
{
	struct line_builder *builder = &endpoint->builder;

	/* The line that was not complete comes with the replay. */
	*builder = (struct line_builder){ .limit = builder->limit, .lost = builder->lost };
	endpoint->told_parked = false;
	console_history_rewind(&endpoint->history);
	tell_what_is_gone(endpoint);
	endpoint->mux->focus_sent_away = false;
}

void mux_set_focus(struct console_mux *mux, struct console_endpoint *endpoint)
{
	struct console_endpoint *old = mux->focus;

	if (endpoint == old)
		return;
	if (!mux->in_command)
		output_leave_line(mux);
	console_line_reset(&mux->raw_line);
	mux->focus = endpoint;
	if (endpoint)
		begin_focus(endpoint);
	if (old)
		old->leaving = false;
	if (old && old->closing)
		mux_free_endpoint(old);
	else if (old)
		release_writer(old);
	mux->focus_event = true;
	mux->service_due(mux->service_context);
}

/* The next one round about, of those that are not parked or of all. */
static struct console_endpoint *find_next(struct console_mux *mux, int step, bool with_parked)
{
	int at = mux->focus ? (int)mux->focus->number - 1 : step > 0 ? -1 : 0;

	for (int i = 0; i < CONSOLE_ENDPOINTS_MAX; i++) {
		struct console_endpoint *endpoint;

		at = (at + step + CONSOLE_ENDPOINTS_MAX) % CONSOLE_ENDPOINTS_MAX;
		endpoint = mux->endpoints[at];
		if (endpoint && !endpoint->closing && (with_parked || !endpoint->parked))
			return endpoint;
	}
	return NULL;
}

struct console_endpoint *mux_neighbour(struct console_mux *mux, int step)
{
	return find_next(mux, step, true);
}

struct console_endpoint *mux_heir(struct console_mux *mux)
{
	return find_next(mux, 1, false);
}

int console_mux_focus(struct console_mux *mux, const char *name)
{
	if (name[0] == '\0') {
		mux->focus_sent_away = true;
		mux_set_focus(mux, NULL);
		output_pump(mux);
		return 0;
	}
	for (unsigned i = 0; i < CONSOLE_ENDPOINTS_MAX; i++) {
		struct console_endpoint *endpoint = mux->endpoints[i];

		if (!endpoint || endpoint->closing || !string_equal(endpoint->name, name))
			continue;
		mux_set_focus(mux, endpoint);
		output_pump(mux);
		return 0;
	}
	return -E_NOENT;
}

static unsigned free_number(const struct console_mux *mux)
{
	for (unsigned i = 0; i < CONSOLE_ENDPOINTS_MAX; i++)
		if (!mux->endpoints[i])
			return i + 1;
	return 0;
}

struct console_endpoint *console_endpoint_create(struct console_mux *mux, const char *name,
						 const struct console_endpoint_callbacks *callbacks,
						 void *context)
{
	unsigned number = free_number(mux);
	struct console_endpoint *endpoint = number ? heap_alloc(sizeof(*endpoint)) : NULL;

	if (!endpoint)
		return NULL;
	endpoint->mux = mux;
	endpoint->number = number;
	endpoint->callbacks = callbacks;
	endpoint->context = context;
	endpoint->builder.limit = CONSOLE_GUEST_LINE_MAX;
	string_copy(endpoint->name, name, sizeof(endpoint->name));
	ring_init(&endpoint->input, endpoint->input_data, sizeof(endpoint->input_data));
	mux->endpoints[number - 1] = endpoint;
	if (!mux->focus && !mux->focus_sent_away)
		mux_set_focus(mux, endpoint);
	return endpoint;
}

unsigned console_endpoint_number(const struct console_endpoint *endpoint)
{
	return endpoint->number;
}

void mux_free_endpoint(struct console_endpoint *endpoint)
{
	endpoint->mux->endpoints[endpoint->number - 1] = NULL;
	heap_free(endpoint);
}

void console_endpoint_destroy(struct console_endpoint *endpoint)
{
	struct console_mux *mux = endpoint->mux;

	if (endpoint == mux->focus) {
		/* output_pump frees it once all of it was shown. */
		endpoint->closing = true;
		output_pump(mux);
		return;
	}
	lines_finish(endpoint);
	mux_free_endpoint(endpoint);
	output_pump(mux);
}

void console_endpoint_park(struct console_endpoint *endpoint, bool parked)
{
	struct console_mux *mux = endpoint->mux;

	endpoint->parked = parked;
	endpoint->leaving = parked && endpoint == mux->focus;
	if (parked) {
		endpoint->refused = false;
		if (endpoint != mux->focus)
			lines_finish(endpoint);
		retry_keys(mux);
	} else if (!mux->focus && !mux->focus_sent_away) {
		mux_set_focus(mux, endpoint);
	}
	output_pump(mux);
}

static size_t write_in_focus(struct console_endpoint *endpoint, const uint8_t *bytes, size_t length)
{
	size_t done = 0;
	size_t piece;

	do {
		piece = MIN(length - done, console_history_room(&endpoint->history));
		console_history_add(&endpoint->history, bytes + done, piece);
		done += piece;
		output_pump(endpoint->mux);
	} while (piece > 0 && done < length);
	endpoint->wants_room |= done < length;
	return done;
}

size_t console_endpoint_write(struct console_endpoint *endpoint, const void *data, size_t length)
{
	if (endpoint == endpoint->mux->focus)
		return write_in_focus(endpoint, data, length);
	console_history_add(&endpoint->history, data, length);
	lines_from_guest(endpoint, data, length);
	output_pump(endpoint->mux);
	return length;
}

uint32_t console_mux_stalled(const struct console_mux *mux)
{
	if (!mux->focus || !mux->focus->refused)
		return 0;
	return mux->focus->reads * 2 + 1;
}

void console_mux_give_up(struct console_mux *mux)
{
	if (!mux->focus || !mux->focus->refused)
		return;
	mux->focus->refused = false;
	mux->focus->deaf = true;
	lines_message(mux, "guest %s does not take its keys: they are dropped until it does",
		      mux->focus->name);
}

size_t console_endpoint_read(struct console_endpoint *endpoint, void *buffer, size_t size)
{
	size_t count = ring_pop(&endpoint->input, buffer, size);

	if (count > 0) {
		endpoint->reads++;
		endpoint->refused = endpoint->deaf = false;
		retry_keys(endpoint->mux);
	}
	return count;
}

size_t console_endpoint_waiting(const struct console_endpoint *endpoint)
{
	return ring_used(&endpoint->input);
}

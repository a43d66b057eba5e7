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
	mux->lock = (struct spinlock)SPINLOCK(LOCK_CONSOLE);
	mux->service_due = service_due;
	mux->service_context = context;
	mux->log_builder.limit = CONSOLE_UMBRA_LINE_MAX;
	ring_init(&mux->queue, mux->queue_data, sizeof(mux->queue_data));
	ring_init(&mux->echo, mux->echo_data, sizeof(mux->echo_data));
	return mux;
}

int console_mux_attach(struct console_mux *mux, struct console *console)
{
	int error = -E_NOSPC;

	spin_lock(&mux->lock);
	if (mux->console_count < CONSOLE_CONSOLES_MAX) {
		mux->consoles[mux->console_count++] = (struct attached_console){ .console = console };
		error = 0;
	}
	spin_unlock(&mux->lock);
	return error;
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

static void service(struct console_mux *mux)
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

void console_mux_service(struct console_mux *mux)
{
	spin_lock(&mux->lock);
	service(mux);
	spin_unlock(&mux->lock);
}

enum console_refresh console_mux_refresh(struct console_mux *mux)
{
	enum console_refresh shown = REFRESH_NOTHING;

	spin_lock(&mux->lock);
	for (unsigned i = 0; i < mux->console_count; i++) {
		struct console *console = mux->consoles[i].console;

		if (console->ops->refresh)
			shown = MAX(shown, console->ops->refresh(console));
	}
	spin_unlock(&mux->lock);
	return shown;
}

void console_mux_print(struct console_mux *mux, const char *text, size_t length)
{
	spin_lock(&mux->lock);
	lines_from_umbra(mux, text, length);
	output_pump(mux);
	spin_unlock(&mux->lock);
}

/* Something changed for which keys may have waited. */
static void retry_keys(struct console_mux *mux)
{
	if (mux->keys_blocked)
		mux->service_due(mux->service_context);
}

static bool take_event(struct console_mux *mux, struct console_event *event)
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

bool console_mux_take_event(struct console_mux *mux, struct console_event *event)
{
	bool happened;

	spin_lock(&mux->lock);
	happened = take_event(mux, event);
	spin_unlock(&mux->lock);
	return happened;
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

static unsigned free_number(const struct console_mux *mux)
{
	for (unsigned i = 0; i < CONSOLE_ENDPOINTS_MAX; i++)
		if (!mux->endpoints[i])
			return i + 1;
	return 0;
}

/* False when no number is free. */
static bool add_endpoint(struct console_mux *mux, struct console_endpoint *endpoint)
{
	endpoint->number = free_number(mux);
	if (endpoint->number == 0)
		return false;
	mux->endpoints[endpoint->number - 1] = endpoint;
	if (!mux->focus && !mux->focus_sent_away)
		mux_set_focus(mux, endpoint);
	return true;
}

struct console_endpoint *console_endpoint_create(struct console_mux *mux, const char *name,
						 const struct console_endpoint_callbacks *callbacks,
						 void *context)
{
	struct console_endpoint *endpoint = heap_alloc(sizeof(*endpoint));
	bool added;

	if (!endpoint)
		return NULL;
	endpoint->mux = mux;
	endpoint->callbacks = callbacks;
	endpoint->context = context;
	endpoint->builder.limit = CONSOLE_GUEST_LINE_MAX;
	string_copy(endpoint->name, name, sizeof(endpoint->name));
	ring_init(&endpoint->input, endpoint->input_data, sizeof(endpoint->input_data));
	spin_lock(&mux->lock);
	added = add_endpoint(mux, endpoint);
	spin_unlock(&mux->lock);
	if (added)
		return endpoint;
	heap_free(endpoint);
	return NULL;
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

	spin_lock(&mux->lock);
	if (endpoint == mux->focus) {
		/* output_pump frees it once all of it was shown. */
		endpoint->closing = true;
	} else {
		lines_finish(endpoint);
		mux_free_endpoint(endpoint);
	}
	output_pump(mux);
	spin_unlock(&mux->lock);
}

static void park(struct console_mux *mux, struct console_endpoint *endpoint)
{
	endpoint->refused = false;
	if (endpoint != mux->focus)
		lines_finish(endpoint);
	retry_keys(mux);
}

void console_endpoint_park(struct console_endpoint *endpoint, bool parked)
{
	struct console_mux *mux = endpoint->mux;

	spin_lock(&mux->lock);
	endpoint->parked = parked;
	endpoint->leaving = parked && endpoint == mux->focus;
	if (parked)
		park(mux, endpoint);
	else if (!mux->focus && !mux->focus_sent_away)
		mux_set_focus(mux, endpoint);
	output_pump(mux);
	spin_unlock(&mux->lock);
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

static size_t write_in_background(struct console_endpoint *endpoint, const uint8_t *bytes,
				  size_t length)
{
	console_history_add(&endpoint->history, bytes, length);
	lines_from_guest(endpoint, bytes, length);
	output_pump(endpoint->mux);
	return length;
}

size_t console_endpoint_write(struct console_endpoint *endpoint, const void *data, size_t length)
{
	struct console_mux *mux = endpoint->mux;
	size_t taken;

	spin_lock(&mux->lock);
	taken = endpoint == mux->focus ? write_in_focus(endpoint, data, length)
				       : write_in_background(endpoint, data, length);
	spin_unlock(&mux->lock);
	return taken;
}

size_t console_endpoint_read(struct console_endpoint *endpoint, void *buffer, size_t size)
{
	struct console_mux *mux = endpoint->mux;
	size_t count;

	spin_lock(&mux->lock);
	count = ring_pop(&endpoint->input, buffer, size);
	if (count > 0) {
		endpoint->reads++;
		endpoint->refused = endpoint->deaf = false;
		retry_keys(mux);
	}
	spin_unlock(&mux->lock);
	return count;
}

size_t console_endpoint_waiting(struct console_endpoint *endpoint)
{
	size_t waiting;

	spin_lock(&endpoint->mux->lock);
	waiting = ring_used(&endpoint->input);
	spin_unlock(&endpoint->mux->lock);
	return waiting;
}

static size_t port_write(void *context, const void *data, size_t length)
{
	return console_endpoint_write(context, data, length);
}

static size_t port_read(void *context, void *buffer, size_t size)
{
	return console_endpoint_read(context, buffer, size);
}

static size_t port_waiting(void *context)
{
	return console_endpoint_waiting(context);
}

const struct console_port console_endpoint_port = { port_write, port_read, port_waiting };

uint32_t console_mux_stalled(struct console_mux *mux)
{
	uint32_t token = 0;

	spin_lock(&mux->lock);
	if (mux->focus && mux->focus->refused)
		token = mux->focus->reads * 2 + 1;
	spin_unlock(&mux->lock);
	return token;
}

void console_mux_give_up(struct console_mux *mux)
{
	spin_lock(&mux->lock);
	if (mux->focus && mux->focus->refused) {
		mux->focus->refused = false;
		mux->focus->deaf = true;
		lines_message(mux, "guest %s does not take its keys: they are dropped until it does",
			      mux->focus->name);
		service(mux);
	}
	spin_unlock(&mux->lock);
}

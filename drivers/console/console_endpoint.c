// SPDX-License-Identifier: GPL-2.0-only
/*
 * A guest's endpoint of the console multiplexer: creating and destroying it, writing and reading.
 * For hv/, which makes one for each guest, and by the port for the model of the guest's console
 * device.
 */
#include "drivers/console/console_internal.h"
#include "lib/string.h"
#include "mm/heap.h"

/* Asks for service, since keys that were refused may be taken now. */
static void retry_keys(struct console_mux *mux)
{
	if (mux->keys_blocked)
		mux->service_due(mux->service_context);
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

void console_endpoint_destroy(struct console_endpoint *endpoint)
{
	struct console_mux *mux = endpoint->mux;

	spin_lock(&mux->lock);
	if (endpoint == mux->focus) {
		/* output_pump frees the endpoint once all of its output was shown. */
		endpoint->closing = true;
	} else {
		lines_finish(endpoint);
		mux_free_endpoint(endpoint);
	}
	output_pump(mux);
	spin_unlock(&mux->lock);
}

void console_endpoint_focus(struct console_endpoint *endpoint)
{
	struct console_mux *mux = endpoint->mux;

	spin_lock(&mux->lock);
	mux_set_focus(mux, endpoint);
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

static size_t port_write(void *context, const void *data, size_t length)
{
	return console_endpoint_write(context, data, length);
}

static size_t port_read(void *context, void *buffer, size_t size)
{
	struct console_endpoint *endpoint = context;
	struct console_mux *mux = endpoint->mux;
	size_t count;

	spin_lock(&mux->lock);
	count = ring_pop(&endpoint->input, buffer, size);
	if (count > 0) {
		endpoint->reads++;
		endpoint->refused = endpoint->gave_up = false;
		retry_keys(mux);
	}
	spin_unlock(&mux->lock);
	return count;
}

static size_t port_waiting(void *context)
{
	struct console_endpoint *endpoint = context;
	size_t waiting;

	spin_lock(&endpoint->mux->lock);
	waiting = ring_used(&endpoint->input);
	spin_unlock(&endpoint->mux->lock);
	return waiting;
}

const struct console_port console_endpoint_port = { port_write, port_read, port_waiting };

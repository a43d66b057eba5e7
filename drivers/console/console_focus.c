// SPDX-License-Identifier: GPL-2.0-only
/*
 * The focus of the console multiplexer: which guest has it, which one gets it next, and whose line
 * the terminal's cursor is in.  For the other files of the multiplexer, which call everything here
 * with its lock held.
 */
#include "drivers/console/console_internal.h"
#include "mm/heap.h"

void mux_leave_line(struct console_mux *mux)
{
	const struct console_line *line = mux_current_line(mux);

	if (mux->interrupted || console_line_is_fresh(line))
		return;
	mux->dangling = true;
	mux->dangling_sequence = console_line_in_sequence(line);
}

void mux_free_endpoint(struct console_endpoint *endpoint)
{
	endpoint->mux->endpoints[endpoint->number - 1] = NULL;
	heap_free(endpoint);
}

void mux_release_writer(struct console_endpoint *endpoint)
{
	if (endpoint->wants_room && !endpoint->closing)
		endpoint->callbacks->output_ready(endpoint->context);
	endpoint->wants_room = false;
}

/* Prints how much of the guest's output the replay does not show. */
static void tell_what_is_gone(struct console_endpoint *endpoint)
{
	size_t gone = console_history_gone(&endpoint->history);

	if (gone == 0)
		return;
	lines_message(endpoint->mux, "older output of guest %s is gone: %u KB", endpoint->name,
		      (unsigned)((gone + 1023) / 1024));
	/* This line must come before the replay, not in the middle of it. */
	endpoint->mux->turn = 0;
}

static void begin_focus(struct console_endpoint *endpoint)
{
	struct line_builder *builder = &endpoint->builder;

	/* The replay also shows the line that was not complete yet. */
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
		mux_leave_line(mux);
	console_line_reset(&mux->raw_line);
	mux->focus = endpoint;
	if (endpoint)
		begin_focus(endpoint);
	if (old)
		old->leaving = false;
	if (old && old->closing)
		mux_free_endpoint(old);
	else if (old)
		mux_release_writer(old);
	mux->focus_event = true;
	mux->service_due(mux->service_context);
}

/*
 * The next guest (step 1) or the previous one (-1), cyclically; with_parked: including parked ones.
 */
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

// SPDX-License-Identifier: GPL-2.0-only
/*
 * The multiplexer's interface to its owner: attaching consoles, servicing them, and events that the
 * owner must handle.
 */
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
	ring_init(&mux->panel_output, mux->panel_data, sizeof(mux->panel_data));
	return mux;
}

int console_mux_attach(struct console_mux *mux, struct console *console)
{
	int error = -E_NOSPC;

	spin_lock(&mux->lock);
	if (mux->console_count < CONSOLE_CONSOLES_MAX) {
		mux->consoles[mux->console_count++].console = console;
		mux->has_screen |= console->ops->refresh != NULL;
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
		/* Makes room for the echo of a key; the key is held while there is none. */
		output_pump(mux);
	} while (progress && mux->keys_blocked);
}

/* Zero when the guest in focus blocks no keys, else a number that changes when it takes some. */
static uint32_t stall_token(const struct console_mux *mux)
{
	return mux->focus && mux->focus->refused ? mux->focus->reads * 2 + 1 : 0;
}

uint32_t console_mux_service(struct console_mux *mux)
{
	uint32_t token;

	spin_lock(&mux->lock);
	service(mux);
	token = stall_token(mux);
	spin_unlock(&mux->lock);
	return token;
}

enum console_refresh console_mux_refresh(struct console_mux *mux)
{
	enum console_refresh shown = REFRESH_NOTHING;

	if (!mux->has_screen)
		return REFRESH_NOTHING;
	spin_lock(&mux->lock);
	for (unsigned i = 0; i < mux->console_count; i++) {
		struct console *console = mux->consoles[i].console;

		if (console->ops->refresh) {
			enum console_refresh now = console->ops->refresh(console);

			shown = MAX(shown, now);
		}
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

bool console_mux_has_room(struct console_mux *mux, size_t wanted)
{
	bool has_room;

	spin_lock(&mux->lock);
	has_room = ring_free(&mux->queue) >= wanted;
	mux->room_wanted = has_room ? 0 : wanted;
	spin_unlock(&mux->lock);
	return has_room;
}

static bool take_event(struct console_mux *mux, struct console_event *event)
{
	if (mux->focus_event) {
		mux->focus_event = false;
		event->kind = CONSOLE_EVENT_FOCUS;
		string_copy(event->text, mux->focus ? mux->focus->name : "", sizeof(event->text));
		return true;
	}
	if (mux->panel_key) {
		event->kind = CONSOLE_EVENT_PANEL_KEY;
		event->text[0] = (char)mux->panel_key;
		event->text[1] = '\0';
		mux->panel_key = 0;
		return true;
	}
	if (mux->command_event) {
		mux->command_event = false;
		event->kind = CONSOLE_EVENT_COMMAND;
		string_copy(event->text, mux->command, sizeof(event->text));
		/* The answer comes before the guest's output. */
		mux->turn = 0;
		/* Keys may be waiting for this, and the interrupted line must be shown again. */
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

uint32_t console_mux_give_up(struct console_mux *mux, uint32_t token)
{
	spin_lock(&mux->lock);
	if (token && token == stall_token(mux)) {
		mux->focus->refused = false;
		mux->focus->gave_up = true;
		lines_message(mux,
			      "guest %s does not take its keys: they are dropped until it does",
			      mux->focus->name);
		service(mux);
	}
	token = stall_token(mux);
	spin_unlock(&mux->lock);
	return token;
}

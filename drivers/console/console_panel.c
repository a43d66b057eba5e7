// SPDX-License-Identifier: GPL-2.0-only
/*
 * The panel: text of Umbra's that takes the whole terminal and is drawn again in its place, until a
 * key ends it.  Meanwhile all other output waits, as it does for a terminal that is slow.
 *
 * A terminal that has two screens shows the panel on the other one (xterm's control sequences,
 * "private modes", 1049) and has the old contents back afterwards; on others it scrolls away.
 */
#include "drivers/console/console_internal.h"
#include "lib/string.h"

#define BEGIN "\x1B[?1049h\x1B[H\x1B[J"
#define HOME "\x1B[H"
#define END_LINE "\x1B[K\r\n"
#define END_TEXT "\x1B[J"
#define END "\x1B[?1049l"

static void put(struct console_mux *mux, const char *text)
{
	ring_push(&mux->panel_output, text, strlen(text));
}

void console_mux_panel_begin(struct console_mux *mux)
{
	spin_lock(&mux->lock);
	if (!mux->panel) {
		mux_leave_line(mux);
		mux->panel = true;
		mux->panel_key = 0;
		put(mux, BEGIN);
		output_pump(mux);
	}
	spin_unlock(&mux->lock);
}

/* The text with what each line needs behind it; what does not fit is left out, in whole lines. */
static void put_text(struct console_mux *mux, const char *text)
{
	size_t spare = strlen(END_LINE) + strlen(END_TEXT) + strlen(END);

	put(mux, HOME);
	while (*text) {
		const char *end = strchr(text, '\n');
		size_t length = end ? (size_t)(end - text) : strlen(text);

		if (ring_free(&mux->panel_output) < length + spare)
			break;
		ring_push(&mux->panel_output, text, length);
		put(mux, END_LINE);
		text += length + (end ? 1 : 0);
	}
	put(mux, END_TEXT);
}

void console_mux_panel_show(struct console_mux *mux, const char *text)
{
	spin_lock(&mux->lock);
	if (mux->panel && ring_used(&mux->panel_output) == 0) {
		put_text(mux, text);
		output_pump(mux);
	}
	spin_unlock(&mux->lock);
}

void console_mux_panel_end(struct console_mux *mux)
{
	spin_lock(&mux->lock);
	if (mux->panel) {
		mux->panel = false;
		/* Room for this was left. */
		put(mux, END);
		mux->interrupted = true;
		output_pump(mux);
	}
	spin_unlock(&mux->lock);
}

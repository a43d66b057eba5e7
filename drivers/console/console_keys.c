// SPDX-License-Identifier: GPL-2.0-only
/*
 * The multiplexer's way from the terminal: keys go to the guest in focus, except
 * those that follow the escape key and those of the command line.  A key that
 * nothing can take now is refused, not dropped: it and those after it stay with
 * their console.
 */
#include "drivers/console/console_internal.h"
#include "lib/string.h"

#define KEY_CANCEL 0x03		/* Ctrl-C */
#define KEY_ERASE_LINE 0x15	/* Ctrl-U */
#define KEY_DELETE 0x7F
#define CONSOLE_NUMBER_KEYS 9u	/* 1 to 9 */
#define PROMPT "umbra> "
#define PROMPT_AGAIN "\r" PROMPT "\x1B[K"

/* No key echoes more than this. */
#define ECHO_ROOM 32u

static void echo(struct console_mux *mux, const char *text)
{
	ring_push(&mux->echo, text, strlen(text));
}

static void command_begin(struct console_mux *mux)
{
	if (!mux->in_command) {
		mux_leave_line(mux);
		console_line_reset(&mux->command_line);
		mux->in_command = true;
	}
	mux->command_ansi = (struct ansi){ .length = 0 };
	mux->command_length = 0;
	mux->keys = KEYS_TO_COMMAND;
	echo(mux, PROMPT);
}

static void command_end(struct console_mux *mux)
{
	mux->command[mux->command_length] = '\0';
	mux->keys = KEYS_TO_FOCUS;
	echo(mux, "\r\n");
}

static void command_text(struct console_mux *mux, uint8_t key)
{
	if (key >= 0x80 || mux->command_length == sizeof(mux->command) - 1) {
		echo(mux, "\a");
		return;
	}
	mux->command[mux->command_length++] = (char)key;
	ring_push(&mux->echo, &key, 1);
}

static void command_control(struct console_mux *mux, uint8_t key)
{
	switch (key) {
	case '\r':
	case '\n':
		command_end(mux);
		mux->command_event = mux->command_length > 0;
		if (mux->command_event)
			mux->service_due(mux->service_context);
		break;
	case KEY_CANCEL:
	case CONSOLE_ESCAPE_KEY:
		command_end(mux);
		break;
	case '\b':
	case KEY_DELETE:
		if (mux->command_length > 0) {
			mux->command_length--;
			echo(mux, "\b \b");
		}
		break;
	case KEY_ERASE_LINE:
		mux->command_length = 0;
		echo(mux, PROMPT_AGAIN);
		break;
	default:
		echo(mux, "\a");
	}
}

static bool command_key(struct console_mux *mux, uint8_t key)
{
	if (ring_free(&mux->echo) < ECHO_ROOM)
		return false;
	switch (ansi_feed(&mux->command_ansi, key)) {
	case ANSI_TEXT:
		command_text(mux, key);
		break;
	case ANSI_CONTROL:
		command_control(mux, key);
		break;
	case ANSI_PENDING:
	case ANSI_SEQUENCE:
		/* Arrows and function keys mean nothing here. */
		break;
	}
	return true;
}

/* Tells the user that the guest is parked, once each time it gets the focus. */
static void tell_parked(struct console_endpoint *endpoint)
{
	if (!endpoint->told_parked)
		lines_message(endpoint->mux,
			      "guest %s is parked and takes no keys; Ctrl-] : restart %s "
			      "starts it afresh", endpoint->name, endpoint->name);
	endpoint->told_parked = true;
}

static bool key_to_focus(struct console_mux *mux, uint8_t key)
{
	struct console_endpoint *endpoint = mux->focus;

	if (!endpoint) {
		if (ring_free(&mux->echo) < 2 * ECHO_ROOM)
			return false;
		command_begin(mux);
		return command_key(mux, key);
	}
	if (endpoint->closing || endpoint->leaving)
		return false;
	if (endpoint->parked) {
		tell_parked(endpoint);
		return true;
	}
	if (ring_push(&endpoint->input, &key, 1) > 0) {
		endpoint->callbacks->input_ready(endpoint->context);
		return true;
	}
	endpoint->refused = !endpoint->gave_up;
	return endpoint->gave_up;
}

static void show_guest(struct console_mux *mux, const struct console_endpoint *endpoint)
{
	lines_message(mux, "guest %u is %s%s%s", endpoint->number, endpoint->name,
		      endpoint->parked ? ", parked" : "",
		      endpoint == mux->focus ? ", in focus" : "");
}

/* The guests that have a key, the one in focus, and how many others there are. */
static void show_guests(struct console_mux *mux)
{
	unsigned others = 0;

	for (unsigned i = 0; i < CONSOLE_ENDPOINTS_MAX; i++) {
		const struct console_endpoint *endpoint = mux->endpoints[i];

		if (endpoint && (i < CONSOLE_NUMBER_KEYS || endpoint == mux->focus))
			show_guest(mux, endpoint);
		else if (endpoint)
			others++;
	}
	if (others > 0)
		lines_message(mux, "and %u more: 'guests' lists them, 'focus NAME' chooses one",
			      others);
}

static void show_help(struct console_mux *mux)
{
	lines_message(mux, "after Ctrl-]: n next guest, p previous guest, 1-9 guest by number,");
	lines_message(mux, "0 no guest, : a command of Umbra, Ctrl-] itself to the guest, ? help");
	show_guests(mux);
}

static void focus_number(struct console_mux *mux, unsigned number)
{
	struct console_endpoint *endpoint = number > 0 ? mux->endpoints[number - 1] : NULL;

	if (number == 0) {
		mux->focus_sent_away = true;
		lines_message(mux, "no guest gets the keys now: what is typed is a command");
	} else if (!endpoint || endpoint->closing) {
		lines_message(mux, "there is no guest %u", number);
		return;
	}
	mux_set_focus(mux, endpoint);
}

static void focus_step(struct console_mux *mux, int step)
{
	struct console_endpoint *endpoint = mux_neighbour(mux, step);

	if (!endpoint)
		lines_message(mux, "there is no guest");
	else if (endpoint == mux->focus)
		lines_message(mux, "there is no other guest");
	else
		mux_set_focus(mux, endpoint);
}

static void unknown_key(struct console_mux *mux, uint8_t key)
{
	if (key > 0x20 && key < KEY_DELETE)
		lines_message(mux, "Ctrl-] %c means nothing, Ctrl-] ? lists what does", key);
	else
		lines_message(mux, "Ctrl-] and key 0x%02x mean nothing, Ctrl-] ? lists what does",
			      key);
}

/* Takes the key that follows the escape key. */
static bool escaped_key(struct console_mux *mux, uint8_t key)
{
	switch (key) {
	case CONSOLE_ESCAPE_KEY:
		if (mux->focus && !key_to_focus(mux, key))
			return false;
		break;
	case ':':
		if (ring_free(&mux->echo) < ECHO_ROOM)
			return false;
		command_begin(mux);
		return true;
	case '?':
		show_help(mux);
		break;
	case 'n':
		focus_step(mux, 1);
		break;
	case 'p':
		focus_step(mux, -1);
		break;
	default:
		if (key >= '0' && key <= '9')
			focus_number(mux, (unsigned)(key - '0'));
		else
			unknown_key(mux, key);
	}
	mux->keys = KEYS_TO_FOCUS;
	return true;
}

/* The panel's keys; 0 is none. */
static bool key_to_panel(struct console_mux *mux, uint8_t key)
{
	if (mux->panel_key)
		return false;
	mux->panel_key = key;
	mux->service_due(mux->service_context);
	return true;
}

bool keys_take(struct console_mux *mux, uint8_t key)
{
	/* The command that waits in mux->command is fetched before another key is taken. */
	if (mux->command_event)
		return false;
	if (mux->panel)
		return key_to_panel(mux, key);
	switch (mux->keys) {
	case KEYS_ESCAPED:
		return escaped_key(mux, key);
	case KEYS_TO_COMMAND:
		return command_key(mux, key);
	default:
		if (key != CONSOLE_ESCAPE_KEY)
			return key_to_focus(mux, key);
		mux->keys = KEYS_ESCAPED;
		return true;
	}
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of the console multiplexer share, for these files only, from the
 * lowest up; none calls one that comes after it: console_lines.c, console_focus.c,
 * console_output.c, console_keys.c, and above these console_endpoint.c,
 * console_panel.c and console_mux.c, whose functions (console_mux.h) take the
 * multiplexer's lock.  The functions below are called with the lock held.
 */
#ifndef UMBRA_DRIVERS_CONSOLE_CONSOLE_INTERNAL_H
#define UMBRA_DRIVERS_CONSOLE_CONSOLE_INTERNAL_H

#include "arch/cpu/spinlock.h"
#include "drivers/console/console_history.h"
#include "drivers/console/console_line.h"
#include "drivers/console/console_mux.h"
#include "lib/compiler.h"
#include "lib/ring.h"

#define CONSOLE_CONSOLES_MAX 4
#define CONSOLE_INPUT_SIZE 16384
#define CONSOLE_QUEUE_SIZE 16384
#define CONSOLE_ECHO_SIZE 512
#define CONSOLE_PANEL_SIZE 4096
#define CONSOLE_GUEST_LINE_MAX 256	/* a longer line of a guest is cut into several */
#define CONSOLE_UMBRA_LINE_MAX 512

/* A line of output that is being put together.  All zero but limit is empty. */
struct line_builder {
	struct ansi ansi;
	unsigned limit;		/* characters in a line, <= sizeof(text) */
	unsigned length;
	bool returned;		/* a carriage return came: what follows begins the line anew */
	unsigned lost;		/* lines lost because the queue was full */
	char text[CONSOLE_UMBRA_LINE_MAX];
};

struct console_endpoint {
	struct console_mux *mux;
	char name[CONSOLE_NAME_SIZE];
	unsigned number;
	const struct console_endpoint_callbacks *callbacks;
	void *context;
	bool closing;			/* destroyed, but not all was shown */
	bool parked;			/* takes no keys any more, and writes nothing */
	bool leaving;			/* parked in focus: loses it when all was shown */
	bool told_parked;		/* told since it has the focus */
	bool wants_room;		/* a write was cut short */
	struct line_builder builder;	/* used in the background */
	struct console_history history;
	struct ring input;
	uint32_t reads;			/* how often the guest took keys */
	bool refused;			/* a key waits for room in input */
	bool gave_up;			/* keys are dropped, since it took none for long */
	uint8_t input_data[CONSOLE_INPUT_SIZE];
};

struct attached_console {
	struct console *console;
	bool holds_key;			/* a key that could not be used yet */
	uint8_t key;
};

/*
 * The terminal's cursor stands in one of three places: in the line of the guest in
 * focus (raw_line); in the command line (in_command); or, when interrupted, in or
 * after whole lines from the queue, below which one of these two is put up again.
 */
struct console_mux {
	struct spinlock lock;		/* LOCK_CONSOLE: over all that follows, and the consoles */
	void (*service_due)(void *context);
	void *service_context;
	struct attached_console consoles[CONSOLE_CONSOLES_MAX];
	unsigned console_count;
	bool has_screen;			/* some console has refresh; written at boot only */
	struct console_endpoint *endpoints[CONSOLE_ENDPOINTS_MAX];	/* by number - 1 */
	struct console_endpoint *focus;		/* NULL: Umbra itself */
	bool focus_sent_away;			/* the user chose no guest */
	bool focus_event;

	/* Output. */
	struct console_line raw_line;
	bool interrupted;
	bool dangling;			/* the cursor's line is not continued: begin a new one */
	bool dangling_sequence;		/* ... which ends in an incomplete escape sequence */
	struct line_builder log_builder;
	struct ring queue;		/* whole lines */
	size_t room_wanted;		/* in it, by whoever is to be told; 0: nobody */
	size_t batch;			/* of the queue, to be put out in one go */
	size_t turn;			/* raw bytes that may go before the next batch */

	/* The panel. */
	bool panel;			/* it has the terminal */
	uint8_t panel_key;		/* a key that is to be an event, or 0 */
	struct ring panel_output;	/* also what ends it, when it has ended */

	/* Keys and the command line. */
	enum { KEYS_TO_FOCUS, KEYS_ESCAPED, KEYS_TO_COMMAND } keys;
	bool keys_blocked;		/* some console holds a key */
	bool in_command;
	struct console_line command_line;
	struct ansi command_ansi;
	char command[CONSOLE_COMMAND_SIZE];
	unsigned command_length;
	bool command_event;
	struct ring echo;		/* raw bytes of the command line */

	uint8_t queue_data[CONSOLE_QUEUE_SIZE];
	uint8_t echo_data[CONSOLE_ECHO_SIZE];
	uint8_t panel_data[CONSOLE_PANEL_SIZE];
};

/* --- console_lines.c: whole lines -------------------------------------------------- */

/* Output of a guest in the background becomes lines in the queue. */
void lines_from_guest(struct console_endpoint *endpoint, const uint8_t *bytes, size_t length);

/* Umbra's own text becomes lines in the queue. */
void lines_from_umbra(struct console_mux *mux, const char *text, size_t length);

/* Queues the guest's last line, which did not end. */
void lines_finish(struct console_endpoint *endpoint);

/* Queues one line `umbra: text`. */
void lines_message(struct console_mux *mux, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* --- console_focus.c: who has the terminal ------------------------------------------- */

/* The line that the terminal shows when no lines from the queue interrupt it. */
static inline struct console_line *mux_current_line(struct console_mux *mux)
{
	return mux->in_command ? &mux->command_line : &mux->raw_line;
}

/* Leaves the cursor's line: the next output begins a new one. */
void mux_leave_line(struct console_mux *mux);

/* Gives the focus to endpoint, NULL for none; nothing when it has it. */
void mux_set_focus(struct console_mux *mux, struct console_endpoint *endpoint);

/* The next guest (step 1) or the previous one (-1), cyclically; NULL for none. */
struct console_endpoint *mux_neighbour(struct console_mux *mux, int step);

/* The next guest that is not parked; NULL for none. */
struct console_endpoint *mux_heir(struct console_mux *mux);

/* Notifies a guest that waits for room to write. */
void mux_release_writer(struct console_endpoint *endpoint);

/* Frees an endpoint that is not in focus. */
void mux_free_endpoint(struct console_endpoint *endpoint);

/* --- console_output.c: to the terminal ------------------------------------------------ */

/* Writes as much as the consoles take. */
void output_pump(struct console_mux *mux);

/* --- console_keys.c: from the terminal ------------------------------------------------ */

/* The user typed key.  False when nothing can take it now. */
bool keys_take(struct console_mux *mux, uint8_t key);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of the console multiplexer share: console_mux.c (guests and
 * focus), console_lines.c (whole lines), console_output.c (the way to the
 * terminal), console_keys.c (the way from it).  For these files only.
 *
 * The functions of console_mux.h take the multiplexer's lock; those below are
 * called with it held.
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
#define CONSOLE_GUEST_LINE_MAX 256	/* a longer line of a guest is cut into several */
#define CONSOLE_UMBRA_LINE_MAX 512

/* A line of output that is being put together.  All zero but limit is empty. */
struct line_builder {
	struct ansi ansi;
	unsigned limit;		/* characters in a line, <= sizeof(text) */
	unsigned length;
	bool returned;		/* a carriage return came: what follows begins the line anew */
	unsigned lost;		/* lines that found no place in the queue */
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
	bool told_parked;		/* since it has the focus */
	bool wants_room;		/* a write was cut short */
	struct line_builder builder;	/* used in the background */
	struct console_history history;
	struct ring input;
	uint32_t reads;			/* how often the guest took keys */
	bool refused;			/* a key waits since then for room in input */
	bool deaf;			/* it took none for so long that keys are dropped */
	uint8_t input_data[CONSOLE_INPUT_SIZE];
};

struct attached_console {
	struct console *console;
	bool holds_key;			/* a key that could not be used yet */
	uint8_t key;
};

/*
 * The terminal is in one of three places: in the raw line of the guest in focus;
 * in the command line (in_command); or, when interrupted, in or behind whole
 * lines from the queue, with the former to be put up again.
 */
struct console_mux {
	struct spinlock lock;		/* LOCK_CONSOLE: over all that follows, and the consoles */
	void (*service_due)(void *context);
	void *service_context;
	struct attached_console consoles[CONSOLE_CONSOLES_MAX];
	unsigned console_count;
	struct console_endpoint *endpoints[CONSOLE_ENDPOINTS_MAX];	/* by number - 1 */
	struct console_endpoint *focus;		/* NULL: Umbra itself */
	bool focus_sent_away;			/* the user wants no guest in focus */
	bool focus_event;

	/* Output. */
	struct console_line raw_line;
	bool interrupted;
	bool dangling;			/* what stands in the line is nobody's: begin a new one */
	bool dangling_sequence;		/* ... and it ends in an incomplete escape sequence */
	struct line_builder log_builder;
	struct ring queue;		/* whole lines */
	size_t batch;			/* of the queue, to be put out in one go */
	size_t turn;			/* raw bytes that may go before the next batch */

	/* Keys and the command line. */
	enum { KEYS_TO_FOCUS, KEYS_ESCAPED, KEYS_TO_COMMAND } keys;
	bool keys_blocked;		/* somebody holds a key */
	bool in_command;
	struct console_line command_line;
	struct ansi command_ansi;
	char command[CONSOLE_COMMAND_SIZE];
	unsigned command_length;
	bool command_event;
	struct ring echo;		/* raw bytes of the command line */

	uint8_t queue_data[CONSOLE_QUEUE_SIZE];
	uint8_t echo_data[CONSOLE_ECHO_SIZE];
};

/* console_mux.c: the focus goes to endpoint, NULL for none; nothing when it has it. */
void mux_set_focus(struct console_mux *mux, struct console_endpoint *endpoint);

/* console_mux.c: the next guest (step 1) or the one before (-1), round about; NULL for none. */
struct console_endpoint *mux_neighbour(struct console_mux *mux, int step);

/* console_mux.c: the next guest that is not parked; NULL for none. */
struct console_endpoint *mux_heir(struct console_mux *mux);

/* console_mux.c: gives back an endpoint that was shown to its end. */
void mux_free_endpoint(struct console_endpoint *endpoint);

/* console_lines.c: output of a guest in the background becomes lines in the queue. */
void lines_from_guest(struct console_endpoint *endpoint, const uint8_t *bytes, size_t length);

/* console_lines.c: Umbra's own text becomes lines in the queue. */
void lines_from_umbra(struct console_mux *mux, const char *text, size_t length);

/* console_lines.c: the last line of a guest, which did not end. */
void lines_finish(struct console_endpoint *endpoint);

/* console_lines.c: one line `umbra: text`. */
void lines_message(struct console_mux *mux, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* console_output.c: the cursor leaves the line it is in for good. */
void output_leave_line(struct console_mux *mux);

/* console_output.c: puts out as much as the consoles take. */
void output_pump(struct console_mux *mux);

/* console_keys.c: the user typed key.  False when nothing can take it now. */
bool keys_take(struct console_mux *mux, uint8_t key);

#endif

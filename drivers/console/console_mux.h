/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The console multiplexer: all guests, Umbra's log and Umbra's command line
 * share the physical consoles.
 *
 * The guest in focus gets the keys, and its output goes through as it is.  The output of other
 * guests, and the log, appear as whole lines; when they interrupt a line of the terminal, that line
 * is shown again below. Ctrl-] is the escape key (console_keys.c).
 *
 * Locks: a multiplexer has one, LOCK_CONSOLE, over itself, its endpoints and the consoles attached
 * to it.  Every function below takes it, so the caller holds no lock that comes after it; any CPU,
 * interrupts off.  The callbacks and the consoles' drivers are called with it held: a callback may
 * only set a flag or wake a guest, and must not call the multiplexer.
 */
#ifndef UMBRA_DRIVERS_CONSOLE_CONSOLE_MUX_H
#define UMBRA_DRIVERS_CONSOLE_CONSOLE_MUX_H

#include "drivers/console/console.h"
#include "drivers/console/console_port.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CONSOLE_NAME_SIZE 16	/* of a guest, with its NUL */
#define CONSOLE_COMMAND_SIZE 512	/* of a command, with its NUL */
#define CONSOLE_ENDPOINTS_MAX 1024
#define CONSOLE_ESCAPE_KEY 0x1D	/* Ctrl-] */

struct console_mux;
struct console_endpoint;

/* What an endpoint tells its guest; context is that of console_endpoint_create. */
struct console_endpoint_callbacks {
	/* There are keys to be read. */
	void (*input_ready)(void *context);
	/* console_endpoint_write, which did not take all, has room again. */
	void (*output_ready)(void *context);
};

/* An event that Umbra must handle outside of the lock. */
struct console_event {
	enum { CONSOLE_EVENT_FOCUS, CONSOLE_EVENT_COMMAND, CONSOLE_EVENT_PANEL_KEY } kind;
	/* The guest in focus ("": none), the command, or the key. */
	char text[CONSOLE_COMMAND_SIZE];
};

/*
 * A multiplexer without consoles and guests; NULL when memory is out.
 * service_due(context) asks for console_mux_service and console_mux_take_event
 * to be called soon.
 */
struct console_mux *console_mux_create(void (*service_due)(void *context), void *context);

/*
 * Adds a console.  -E_NOSPC when there are too many.  The caller arranges that the console's
 * activity leads to console_mux_service.
 */
int console_mux_attach(struct console_mux *mux, struct console *console);

/*
 * Handles keys and writes pending output.  Due after a console's activity and after service_due.
 *
 * A guest in focus that does not take its keys blocks those typed after them, the escape key too.
 * Returns 0 when none is blocked, else a number that changes whenever the guest takes some: when
 * it stays the same for long, console_mux_give_up is due.
 */
uint32_t console_mux_service(struct console_mux *mux);

/*
 * Makes the screens among the consoles draw a bounded part of what they have not drawn yet. Returns
 * whether more is left on any of them.  One CPU at a time.
 */
enum console_refresh console_mux_refresh(struct console_mux *mux);

/*
 * Returns the next event; false when there is none.  To be called after console_mux_service until
 * it is false.
 */
bool console_mux_take_event(struct console_mux *mux, struct console_event *event);

/*
 * Called when the guest in focus has taken no key for too long; token is console_mux_service's
 * result: prints a message, and drops keys without room until the guest takes keys again.  Does
 * nothing when the token has changed.  Returns as console_mux_service.
 */
uint32_t console_mux_give_up(struct console_mux *mux, uint32_t token);

/*
 * Umbra's own text, for the log and for the answers of commands: shown in whole
 * lines.  Lines that do not fit into the queue are counted, and the number is shown.
 */
void console_mux_print(struct console_mux *mux, const char *text, size_t length);

/*
 * The panel (console_panel.c): from begin to end it has the terminal, and each key is an event.
 * show replaces what it shows by text, lines that each end in a newline, of about 3000 bytes
 * together; it does nothing while the terminal has not taken the last one yet.
 */
void console_mux_panel_begin(struct console_mux *mux);
void console_mux_panel_show(struct console_mux *mux, const char *text);
void console_mux_panel_end(struct console_mux *mux);

/*
 * Can console_mux_print queue so many bytes of whole lines, ends of lines included, at most
 * 16384?  Where it cannot, service_due is called when it can.
 */
bool console_mux_has_room(struct console_mux *mux, size_t wanted);

/*
 * Makes an endpoint for the guest called name (cut at 15 characters); NULL when memory is out or
 * there are too many.  It gets the lowest free number from 1 up, and the focus when no guest has
 * it, unless the user chose no guest.  A guest that restarts keeps its endpoint, so its output
 * continues on the same terminal.
 */
struct console_endpoint *console_endpoint_create(struct console_mux *mux, const char *name,
						 const struct console_endpoint_callbacks *callbacks,
						 void *context);

/* From 1; up to 9 it is also the key that chooses the guest after the escape key. */
unsigned console_endpoint_number(const struct console_endpoint *endpoint);

/*
 * Destroys the endpoint of a guest: no callback from now on, and endpoint must not be used again.
 * What the guest wrote is still shown; then the next one gets the focus.
 */
void console_endpoint_destroy(struct console_endpoint *endpoint);

/*
 * parked: the guest never takes a key nor writes again.  What it wrote is still shown; then the
 * next guest that is not parked gets the focus.  The user can still bring a parked guest into
 * focus, to look at what it wrote; its keys are dropped.  Not parked: it was restarted.
 */
void console_endpoint_park(struct console_endpoint *endpoint, bool parked);

/* Brings the guest into focus. */
void console_endpoint_focus(struct console_endpoint *endpoint);

/*
 * Output of the guest, any bytes.  Returns how many were taken: all of them for
 * a guest in the background, fewer in focus when the terminal cannot follow.
 */
size_t console_endpoint_write(struct console_endpoint *endpoint, const void *data, size_t length);

/*
 * The endpoint as the back end of the guest's console device: output as above, and the guest's
 * keys.  The context is the endpoint.
 */
extern const struct console_port console_endpoint_port;

#endif

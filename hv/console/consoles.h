/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The one console multiplexer, over the physical consoles: guests' consoles, the log and the
 * commands' answers go through it.
 */
#ifndef UMBRA_HV_CONSOLE_CONSOLES_H
#define UMBRA_HV_CONSOLE_CONSOLES_H

#include "drivers/console/console_mux.h"
#include "hv/config/config.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * Makes the multiplexer; the log goes there from now on.  Boot CPU, after outputs_open and
 * before there is a guest.
 */
void consoles_open(const struct umbra_options *options);

/* Handles keys and writes pending output, to the screen too.  Boot CPU, no lock held. */
void consoles_service(void);

/* Returns the next command or other request from the console; false when there is none. */
bool consoles_take_event(struct console_event *event);

/* Umbra's own text, in whole lines.  Any CPU, no lock that comes after LOCK_CONSOLE. */
void consoles_print(const char *text, size_t length);

/*
 * Can consoles_print take so many bytes of whole lines?  Where it cannot, housekeeping is woken
 * when it can.  Boot CPU.
 */
bool consoles_have_room(size_t wanted);

/* Writes all pending output, when no CPU prints any more. */
void consoles_flush(void);

/* A view that has the terminal until it is ended (drivers/console/console_mux.h). */
void consoles_panel_begin(void);
void consoles_panel_show(const char *text);
void consoles_panel_end(void);

#endif

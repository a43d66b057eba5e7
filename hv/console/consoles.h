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

/* Takes keys and puts out what waits, on the screen too.  Boot CPU, no lock held. */
void consoles_service(void);

/* What the person at the console wants, one thing after the other; false for nothing more. */
bool consoles_take_event(struct console_event *event);

/* Umbra's own text, in whole lines.  Any CPU, no lock that comes after LOCK_CONSOLE. */
void consoles_print(const char *text, size_t length);

/* Puts out all that was written; nobody writes any more. */
void consoles_flush(void);

#endif

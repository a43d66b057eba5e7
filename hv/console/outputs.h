/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The physical consoles: serial ports, the screen, the keyboard.  Opened in three steps, as
 * what they need comes up.
 */
#ifndef UMBRA_HV_CONSOLE_OUTPUTS_H
#define UMBRA_HV_CONSOLE_OUTPUTS_H

#include "drivers/console/console_mux.h"
#include "hv/config/config.h"

#include <stddef.h>

/*
 * Opens the serial ports of options, polled, and takes screen, which is NULL where there is
 * none: outputs_write_sync writes there from now on.  Needs no memory.  Boot CPU, as all here.
 */
void outputs_open(const struct umbra_options *options, struct console *screen);

/* Then: opens the keyboard when the screen is one of options, and attaches all to mux. */
void outputs_attach(const struct umbra_options *options, struct console_mux *mux);

/* Lets the consoles use interrupts, once these work; keys arrive from now on. */
void outputs_start(void);

/* Logs lost keys, once a second at most. */
void outputs_report_overruns(void);

/*
 * Writes to all of them at once, past the multiplexer, and takes no lock: for a panic and for the
 * machine's end.
 */
void outputs_write_sync(const char *text, size_t length);

/* Waits until the rings of the drivers are empty. */
void outputs_drain(void);

#endif

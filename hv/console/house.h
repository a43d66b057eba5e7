/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Housekeeping: the physical consoles and the multiplexer over them, the log's
 * way out, the commands of the person at the console, and what happens when
 * the last guest has gone.
 */
#ifndef UMBRA_HV_CONSOLE_HOUSE_H
#define UMBRA_HV_CONSOLE_HOUSE_H

#include "drivers/console/console.h"
#include "hv/config/config.h"
#include "lib/compiler.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * Opens the serial ports of options, polled, and takes screen, which is NULL where there is
 * none: a panic is told there from now on.  Needs no memory.
 */
void house_open_outputs(const struct umbra_options *options, struct console *screen);

/* Then: opens the keyboard when the screen is one of options, and sends the log to the outputs. */
void house_open_consoles(const struct umbra_options *options);

/* Interrupts work: the consoles use them, and keys arrive. */
void house_start_consoles(void);

/* Asks for house_keep.  Any CPU, any context but NMI, any lock but LOCK_CPU_CALLS. */
void house_wake(void);

/* Is something waiting that this CPU has to do? */
bool house_is_due(void);

/* Does it: console input and output, focus, commands.  Boot CPU, no lock held. */
void house_keep(void);

/* What happens when the last guest has gone, from now on. */
void house_set_when_idle(enum idle_action action);

/* All guests are gone or parked: house_keep acts as when-idle= says, if it is so by then too.  Any CPU. */
void house_all_guests_gone(void);

/* Puts out all that was written, and powers off, resets or halts (not IDLE_STAY).  No lock held. */
void __noreturn house_end_machine(enum idle_action action);

/* The answer of a command, one or more lines, and its end.  On the one CPU that carries it out. */
void house_print(const char *format, ...) __attribute__((format(printf, 1, 2)));
void house_flush_answer(void);

#endif

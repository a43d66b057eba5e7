/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The commands of the person at the console: `Ctrl-]` and `:`, then a line.  Housekeeping passes
 * each line to this file, one at a time.
 */
#ifndef UMBRA_HV_CONSOLE_COMMAND_H
#define UMBRA_HV_CONSOLE_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Carries out one line and prints its answer.  Boot CPU, no lock held, none under
 * way.  A command about a guest may be finished by the CPU which has that guest.
 */
void command_execute(const char *line);

/* The same, with the answer given to sink in pieces, on the CPU that carries the command out. */
void command_execute_for(const char *line, void (*sink)(const char *text, size_t length));

/*
 * Is a command in flight, or is there more of its answer?  housekeeping_wake is called when that
 * changes.  Boot CPU.
 */
bool command_is_in_flight(void);

#endif

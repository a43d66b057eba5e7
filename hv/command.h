/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The commands of the person at the console: `Ctrl-]` and `:`, then a line.
 */
#ifndef UMBRA_HV_COMMAND_H
#define UMBRA_HV_COMMAND_H

/* Carries out one line and prints its answer.  No lock held. */
void command_execute(const char *line);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The commands that look into a guest: its memory, and what maps it.  They change nothing in it.
 * On the guest's home CPU; they answer with answer_print.
 */
#ifndef UMBRA_HV_CONSOLE_COMMAND_LOOK_H
#define UMBRA_HV_CONSOLE_COMMAND_LOOK_H

#include "hv/guest/guest.h"

void command_dump(struct guest *guest, const char *words);
void command_walk(struct guest *guest, const char *words);

/* Prints what the segment registers select. */
void command_show_segments(const struct guest *guest);

#endif

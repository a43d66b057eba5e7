/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The commands that make guests while the machine runs, change them, and destroy them.  The first
 * two run on the boot CPU, the others on the guest's home CPU; all answer with answer_print.
 */
#ifndef UMBRA_HV_CONSOLE_COMMAND_CREATE_H
#define UMBRA_HV_CONSOLE_COMMAND_CREATE_H

#include "hv/guest/guest.h"

void command_list_images(const char *argument);
void command_create(const char *name, const char *words);

void command_set(struct guest *guest, const char *words);
void command_destroy(struct guest *guest);

#endif

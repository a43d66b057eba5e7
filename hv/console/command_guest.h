/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The commands about guests.  Those about one guest run on its home CPU, the others on the boot
 * CPU; all answer with answer_print.
 */
#ifndef UMBRA_HV_CONSOLE_COMMAND_GUEST_H
#define UMBRA_HV_CONSOLE_COMMAND_GUEST_H

#include "hv/guest/guest.h"

void command_list_guests(const char *argument);
void command_start(const char *argument);

void command_focus(struct guest *guest);
void command_show_counters(struct guest *guest);
void command_show_stats(struct guest *guest);
void command_show_registers(struct guest *guest);
void command_kill(struct guest *guest);
void command_restart(struct guest *guest);
void command_pause(struct guest *guest);
void command_resume(struct guest *guest);

#endif

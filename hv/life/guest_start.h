/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Starting a guest, the first time and after a restart: its virtual machine is made at once; its
 * memory is cleared and its kernel loaded in turns of the guest.
 */
#ifndef UMBRA_HV_LIFE_GUEST_START_H
#define UMBRA_HV_LIFE_GUEST_START_H

#include "hv/guest/guest.h"

/*
 * Makes the guest's virtual machine (tables, devices, memory) and sets GUEST_STARTING.  False, with
 * a line in the log, when memory is out; then guest_drop frees what was made.
 */
bool guest_start(struct guest *guest);

/*
 * Does one bounded piece of the work, in a turn of the starting guest, which is loaded on this CPU.
 */
void guest_prepare(struct guest *guest);

/* Logs event=module-error. */
void guest_report_problem(const char *module, const char *word, const char *cause);

#endif

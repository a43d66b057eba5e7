/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A guest starts, at first and again after a restart: its machine is made at once, its memory
 * is cleared and its kernel loaded in turns of its own.
 */
#ifndef UMBRA_HV_LIFE_GUEST_START_H
#define UMBRA_HV_LIFE_GUEST_START_H

#include "hv/guest/guest.h"

/*
 * Makes the guest's machine (tables, devices, memory) and puts it into GUEST_STARTING.  False,
 * said in the log, when memory is out; then what was made is freed by guest_drop.
 */
bool guest_start(struct guest *guest);

/* A turn of a guest that starts, loaded on this CPU: one bounded piece of the work. */
void guest_prepare(struct guest *guest);

/* event=module-error */
void guest_report_problem(const char *module, const char *word, const char *cause);

#endif

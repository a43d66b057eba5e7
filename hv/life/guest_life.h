/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Between hv/guest/guest.c, guest_start.c and guest_end.c.
 */
#ifndef UMBRA_HV_LIFE_GUEST_LIFE_H
#define UMBRA_HV_LIFE_GUEST_LIFE_H

#include "hv/guest/guest.h"

/* event=module-error */
void guest_report_problem(const char *module, const char *word, const char *cause);

/* It has ended, to be started again. */
bool guest_starts_again(const struct guest *guest);

/* Makes the guest's machine, for it to start.  False, said in the log, when memory is out. */
bool guest_start(struct guest *guest);

/*
 * Frees a guest that is in no run queue, and is taken apart or never ran.  Nobody finds it any more, so nobody
 * posts its note.  True when it was the last one that was not parked.
 */
bool guest_drop(struct guest *guest);

#endif

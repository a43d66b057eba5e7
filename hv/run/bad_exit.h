/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Exits that no guest of a CPU that keeps to the manual would make, and guests that the CPU
 * refuses to go on with.  What a program of a guest did is that program's fault to get.
 */
#ifndef UMBRA_HV_RUN_BAD_EXIT_H
#define UMBRA_HV_RUN_BAD_EXIT_H

#include "hv/guest/guest.h"

/*
 * The CPU refused to return to the guest, with this fault (#NP, #SS or #GP; its error code is in
 * the frame).  The guest gets it as a trap, unless it was in its kernel's own code: then it ends.
 */
void guest_bad_return(struct guest *guest, unsigned vector);

/*
 * The guest was in a state that no guest may be in.  Whatever brought it out has been served; the
 * guest goes on as a program that gets #GP would.
 */
void guest_bad_state(struct guest *guest);

#endif

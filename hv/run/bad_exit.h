/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Exits that are impossible on a CPU that follows the manual, and guests that the CPU refuses to
 * return to.  When a program of the guest caused it, the program gets a fault.
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
 * The guest was in a forbidden state (see guest_state_is_possible).  The cause of the exit has been
 * handled; the guest gets #GP as from a program.
 */
void guest_bad_state(struct guest *guest);

#endif

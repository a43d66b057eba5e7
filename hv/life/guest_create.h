/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Makes a guest from its configuration.  For hv/life/configured_guests.c and the command `start`.
 */
#ifndef UMBRA_HV_LIFE_GUEST_CREATE_H
#define UMBRA_HV_LIFE_GUEST_CREATE_H

#include "hv/guest/guest.h"

/*
 * Makes the structure of a guest, at home on this CPU and in the list of guests, with nothing else
 * yet; NULL: no memory.  guest_drop (hv/life/guest_end.h) frees it, with what it got since.
 */
struct guest *guest_new(const struct guest_config *config);

/*
 * Makes the guest that config describes and puts it into the run queue of a CPU, where it clears
 * its memory and is loaded in turns of its own.  On failure says why in the log
 * (event=module-error), leaves nothing behind, and returns false.  No guest of that name may exist.
 * Boot CPU.
 */
bool guest_create(const struct guest_config *config);

#endif

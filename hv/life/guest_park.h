/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Guests that are parked: they have halted, and nothing can ever wake them.  Such a guest stays,
 * ends or restarts, as its option when-parked= says; one that stays can still be looked at, ended
 * and restarted at the console, and counts as ended for when-idle= and for the console's focus.
 */
#ifndef UMBRA_HV_LIFE_GUEST_PARK_H
#define UMBRA_HV_LIFE_GUEST_PARK_H

#include "hv/guest/guest.h"

/*
 * Called after a turn, on the guest's CPU, no lock held.  Parks a halted guest that no interrupt
 * can wake, logs event=guest-parked, and does what its option says: its state afterwards is
 * GUEST_PARKED or GUEST_ENDED.  Does nothing for other guests.  True when it parked the last guest
 * that was not parked.
 */
bool __must_check guest_park(struct guest *guest);

/* Unparks the guest, if it is parked, when it starts again. */
void guest_unpark(struct guest *guest);

#endif

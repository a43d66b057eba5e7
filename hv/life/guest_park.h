/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Guests that are parked: they have halted, and nothing can ever wake them.  Such a
 * guest stays, ends or starts afresh, as when-parked= on its line says; one that stays
 * can still be looked at, ended and restarted at the console, and counts as ended for
 * when-idle= and for the console's focus.
 */
#ifndef UMBRA_HV_LIFE_GUEST_PARK_H
#define UMBRA_HV_LIFE_GUEST_PARK_H

#include "hv/guest/guest.h"

/*
 * After a turn, on the guest's CPU, no lock held: parks a guest that waits for what cannot
 * come, tells of one that is parked since (event=guest-parked), and does with it what its
 * line says: its state afterwards is GUEST_PARKED or GUEST_ENDED.  Nothing for any other guest.
 * True when by this no guest is left that is not parked.
 */
bool __must_check guest_park(struct guest *guest);

/* The guest, parked or not, starts afresh. */
void guest_unpark(struct guest *guest);

#endif

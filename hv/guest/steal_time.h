/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Steal time: how long a guest could have run and did not, because others did or its cap held it
 * back.  An addition to the protocol (docs/protocol.md).
 */
#ifndef UMBRA_HV_GUEST_STEAL_TIME_H
#define UMBRA_HV_GUEST_STEAL_TIME_H

#include "hv/guest/guest.h"

/*
 * STEAL_TIME: from now on writes the nanoseconds, from 0 on, to the 8 bytes at place, low word
 * first; a place of 0 ends that.  Kills a guest whose place is not aligned or outside its memory.
 * The guest is loaded.
 */
void guest_steal_place(struct guest *guest, gpa_t place);

/* Updates the time in the guest's memory, when the guest, which is loaded, gets the CPU. */
void guest_steal_tell(struct guest *guest);

#endif

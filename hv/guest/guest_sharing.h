/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What sharing memory means for guests' turns: pages that got another frame while Umbra wrote to
 * them are followed before the guest is entered again, and guests wait while memory is short.
 */
#ifndef UMBRA_HV_GUEST_GUEST_SHARING_H
#define UMBRA_HV_GUEST_GUEST_SHARING_H

#include "hv/guest/guest.h"

/* Boot CPU, before there are guests. */
void guest_sharing_init(void);

/* For the next function alone. */
bool guest_waits_for_frames(struct guest *guest);

/*
 * Must the guest, whose turn it is, wait because fewer frames are left than are kept back?  Only
 * who shares memory needs any.  It is looked at again after some milliseconds; both are told in
 * the log.
 */
static inline bool guest_must_wait(struct guest *guest)
{
	return unlikely(guest->memory.is_shared) && guest_waits_for_frames(guest);
}

#endif

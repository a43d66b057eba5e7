/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The end of a guest, and its restart.  The run loop calls these in this order, between turns:
 *
 *   GUEST_ENDED    guest_begin_end     it is in no run queue and loaded nowhere
 *   GUEST_ENDING   guest_take_apart    a bounded piece each turn
 *   then           guest_finish        event=guest-exit; a new start, or it is gone
 */
#ifndef UMBRA_HV_LIFE_GUEST_END_H
#define UMBRA_HV_LIFE_GUEST_END_H

#include "hv/guest/guest.h"

/*
 * A guest that has just ended, no longer in any run queue or window: it is put into the queue
 * again, to be taken apart.
 */
void guest_begin_end(struct guest *guest);

enum guest_rest {
	GUEST_MORE,	/* there is more to do, in another turn */
	GUEST_WAITS,	/* the same, but not before a timer puts it into the queue again */
	GUEST_DONE,	/* guest_finish is next */
};

/* A turn of a guest that is ending: one bounded piece of the work.  Its window is not loaded. */
enum guest_rest guest_take_apart(struct guest *guest);

/*
 * A guest that is taken apart, no longer in any run queue: reports event=guest-exit, and starts
 * it again if it is to be, at once, or after a delay if it does this all the time.  Else it is
 * gone when this returns.  True when it was the last one that was not parked.
 */
bool __must_check guest_finish(struct guest *guest);

/*
 * Frees a guest that is in no run queue, and is taken apart or never ran.  Nobody finds it any
 * more, so nobody posts its call.  True as for guest_finish.
 */
bool guest_drop(struct guest *guest);

#endif

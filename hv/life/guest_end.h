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
 * Starts to take apart a guest that has just ended and is in no run queue or window: puts it into
 * the queue again.
 */
void guest_begin_end(struct guest *guest);

enum guest_rest {
	GUEST_MORE,	/* there is more to do, in another turn */
	GUEST_WAITS,	/* more to do, after a timer puts it into the queue */
	GUEST_DONE,	/* guest_finish is next */
};

/* Does one bounded piece of the work, in a turn of the ending guest.  Its window is not loaded. */
enum guest_rest guest_take_apart(struct guest *guest);

/*
 * Finishes a guest that was taken apart and is in no run queue: reports event=guest-exit, and
 * restarts it if it is to be, at once, or after a delay if it restarts too often.  Else frees it,
 * before the report.  True when it was the last guest that was not parked.
 */
bool __must_check guest_finish(struct guest *guest);

/*
 * Frees a guest that is in no run queue, and was taken apart or never ran.  It leaves the list of
 * guests first, so that no CPU posts its call any more.  True as for guest_finish.
 */
bool guest_drop(struct guest *guest);

#endif

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Guests that share memory.  A turn ends when a page has got another frame under Umbra's hands, or
 * when frames have become short: the run loop does what is due before the next one.
 */
#include "hv/guest/guest_sharing.h"

#include "arch/cpu/log.h"
#include "arch/cpu/time.h"
#include "mm/frames.h"
#include "mm/guest_share.h"
#include "mm/window_fault.h"

/* How often a guest that waits for memory looks for it. */
#define LOOK_NS 10000000ull

static void page_moved(struct guest_memory *memory)
{
	(void)memory;
	sched_end_turn();
}

/* One exit wrote to more pages than are kept back for all that a usual guest may ask for. */
static void page_lost(struct guest_memory *memory)
{
	guest_kill(container_of(memory, struct guest, memory),
		   "no memory left for what it has Umbra write");
	sched_end_turn();
}

void guest_sharing_init(void)
{
	window_fault_init(page_moved, page_lost);
	guest_share_set_short(sched_end_turn);
}

bool guest_waits_for_frames(struct guest *guest)
{
	bool waits = frames_are_short() &&
		     (guest->state == GUEST_RUNNING || guest->state == GUEST_HALTED);

	if (waits != guest->is_starved)
		log_event(waits ? "guest-short" : "guest-fed", "guest=%s", guest->name);
	guest->is_starved = waits;
	if (waits) {
		timer_stop(&guest->recheck);
		timer_start(&guest->recheck, time_ns() + LOOK_NS);
	}
	return waits;
}

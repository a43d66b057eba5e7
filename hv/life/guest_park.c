// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which guests nothing can wake, and what becomes of them.  A guest that is parked
 * has no turn any more, so it is not woken by what turns out to come all the same: being
 * parked is final, and what was said of it stays true.
 */
#include "hv/life/guest_park.h"

#include "arch/cpu/log.h"
#include "drivers/console/console_mux.h"
#include "hv/console/house.h"
#include "hv/guest/guest_list.h"
#include "hv/guest/reflect.h"

#define INTERRUPTS_OFF "halted with interrupts off"
#define NO_SOURCE "waits for an interrupt that cannot come"

/* A device that has work may still change what can come. */
static bool waits_in_vain(const struct guest *guest)
{
	return guest->state == GUEST_HALTED && !guest->devices_due && !guest_can_wake(guest);
}

static void stay(struct guest *guest)
{
	bool is_idle = guest_list_park(guest);

	console_endpoint_park(guest->console, true);
	if (is_idle)
		house_all_guests_gone();
}

void guest_park(struct guest *guest)
{
	const char *cause = guest->state == GUEST_PARKED ? INTERRUPTS_OFF : NO_SOURCE;

	if (guest->state != GUEST_PARKED && !waits_in_vain(guest))
		return;
	guest->state = GUEST_PARKED;
	log_event("guest-parked", "guest=%s cause=\"%s\" eip=%08x", guest->name, cause,
		  guest_frame_of(guest)->eip);
	if (guest->plan->when_parked == PARKED_STAY)
		stay(guest);
	else
		guest_end(guest, GUEST_ENDED_PARKED, cause);
}

void guest_unpark(struct guest *guest)
{
	guest_list_unpark(guest);
	console_endpoint_park(guest->console, false);
}

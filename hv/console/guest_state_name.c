// SPDX-License-Identifier: GPL-2.0-only
/* One word for each state, and one for a pause, whatever the state. */
#include "hv/console/guest_state_name.h"

const char *guest_state_name(const struct guest *guest)
{
	static const char *const names[] = {
		[GUEST_DELAYED] = "delayed", [GUEST_STARTING] = "starting",
		[GUEST_RUNNING] = "running", [GUEST_HALTED] = "waiting", [GUEST_PARKED] = "parked",
		[GUEST_ENDED] = "ended", [GUEST_ENDING] = "ending",
	};

	if (guest->paused)
		return "paused";
	return guest->is_starved ? "short" : names[guest->state];
}

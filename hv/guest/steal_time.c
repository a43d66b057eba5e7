// SPDX-License-Identifier: GPL-2.0-only
/*
 * Steal time.  The scheduler counts how long a guest waits for a CPU while it can run; the guest
 * reads it in its own memory, which is written only while the guest stands still.
 */
#include "hv/guest/steal_time.h"

void guest_steal_place(struct guest *guest, gpa_t place)
{
	uint32_t end = guest->memory.ram_pages << PAGE_SHIFT;	/* 3 GB at most */

	guest->steal = gpa_make(0);
	if (!gpa_value(place))
		return;
	/* Aligned, it is below the end as a whole when its first byte is. */
	if (!IS_ALIGNED(gpa_value(place), 8u) || gpa_value(place) >= end) {
		guest_kill(guest, "STEAL_TIME at %08x, outside memory or not aligned to 8 bytes",
			   gpa_value(place));
		return;
	}
	guest->steal = place;
	guest->steal_base = guest->task.entity.waited;
	guest_steal_tell(guest);
}

void guest_steal_tell(struct guest *guest)
{
	uint64_t stolen = guest->task.entity.waited - guest->steal_base;

	if (!gpa_value(guest->steal))
		return;
	if (!guest_write(&guest->memory, guest->steal, &stolen, sizeof(stolen)))
		guest_kill(guest, "STEAL_TIME at %08x, outside memory", gpa_value(guest->steal));
}

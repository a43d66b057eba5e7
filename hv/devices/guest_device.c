// SPDX-License-Identifier: GPL-2.0-only
/*
 * The way from a back end to the guest: a word of flags, and a call to the guest's CPU.
 */
#include "hv/devices/guest_device.h"

void guest_devices_wake(struct guest *guest, enum guest_device_bits bit)
{
	bool known = __atomic_fetch_or(&guest->devices_due, bit, __ATOMIC_SEQ_CST) != 0;

	if (guest_home(guest) != this_cpu()->id) {
		/* The CPU that set a flag first has posted the call, or is the guest's CPU. */
		if (!known)
			cpu_call_post(&guest->task.call);
	} else if (guest->state == GUEST_HALTED) {
		guest_wake(guest);
	}
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Finds guests that nothing can wake, and does with them what when-parked= says.  A parked guest
 * gets no more turns, so it is not woken by an interrupt that comes all the same: parking is final,
 * as event=guest-parked said.
 */
#include "hv/life/guest_park.h"

#include "arch/cpu/log.h"
#include "drivers/console/console_mux.h"
#include "hv/devices/guest_devices.h"
#include "hv/guest/guest_irq.h"
#include "hv/guest/guest_list.h"

#define INTERRUPTS_OFF "halted with interrupts off"
#define NO_SOURCE "waits for an interrupt that cannot come"

/*
 * Can anything ever end a HALT of the guest?  False when no line that is not masked and has a
 * handler is pending, nor can become so: by the guest's timer, or by a device.  Nothing changes
 * that but the guest itself, which does not run.
 */
static bool can_wake(const struct guest *guest)
{
	uint32_t open = guest_open_irqs(guest);

	if (open & BIT(LGUEST_IRQ_TIMER) && timer_is_waiting(&guest->clock))
		return true;
	return (open & (guest->pending_irqs | guest_devices_lines(guest))) != 0;
}

/* A device with pending work may still raise an interrupt. */
static bool waits_in_vain(const struct guest *guest)
{
	return guest->state == GUEST_HALTED && !guest->devices_due && !can_wake(guest);
}

static bool stay(struct guest *guest)
{
	bool is_idle = guest_list_park(guest);

	console_endpoint_park(guest->console, true);
	return is_idle;
}

bool guest_park(struct guest *guest)
{
	const char *cause = guest->state == GUEST_PARKED ? INTERRUPTS_OFF : NO_SOURCE;

	if (guest->state != GUEST_PARKED && !waits_in_vain(guest))
		return false;
	guest->state = GUEST_PARKED;
	log_event("guest-parked", "guest=%s cause=\"%s\" eip=%08x", guest->name, cause,
		  guest_frame_of(guest)->eip);
	if (guest->config->options.when_parked == PARKED_STAY)
		return stay(guest);
	guest_end(guest, GUEST_ENDED_PARKED, cause);
	return false;
}

void guest_unpark(struct guest *guest)
{
	guest_list_unpark(guest);
	console_endpoint_park(guest->console, false);
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The guest's virtual interrupts (docs/protocol.md).  Devices and timers raise them, the run
 * loop delivers them before each entry.
 */
#ifndef UMBRA_HV_GUEST_GUEST_IRQ_H
#define UMBRA_HV_GUEST_GUEST_IRQ_H

#include "hv/guest/guest.h"

/* Makes irq (0-31) pending for the guest, and wakes it when it is halted.  On the guest's CPU. */
void guest_raise_irq(struct guest *guest, unsigned irq);

/* For guest_deliver_interrupts alone. */
void guest_deliver_pending(struct guest *guest);

/*
 * Before every entry: enters the handler of the lowest deliverable interrupt,
 * or tells the guest that one waits.
 */
static inline void guest_deliver_interrupts(struct guest *guest)
{
	if (guest->pending_irqs)
		guest_deliver_pending(guest);
}

/* Is an interrupt pending that is not masked?  Then HALT returns at once. */
bool guest_has_interrupt(const struct guest *guest);

/*
 * Lines that are not masked and have a handler; interrupts of other lines stay pending.  After
 * INIT.
 */
uint32_t guest_open_irqs(const struct guest *guest);

/* Writes the wall clock to the guest's shared structure. */
void guest_update_time(struct guest *guest);

#endif

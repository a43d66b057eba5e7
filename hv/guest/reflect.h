/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Traps and interrupts that the guest's own kernel handles: its state is
 * changed as the CPU would have done (docs/protocol.md).
 */
#ifndef UMBRA_HV_GUEST_REFLECT_H
#define UMBRA_HV_GUEST_REFLECT_H

#include "hv/guest/guest.h"

/*
 * Makes the guest enter its handler for a trap, with error pushed where the
 * vector has an error code.  Without a handler, or without a stack to push on,
 * it ends the guest.
 */
void guest_reflect_trap(struct guest *guest, unsigned vector, uint32_t error);

/* irq (0-31) waits for the guest from now on; wakes it when it is halted.  On the guest's CPU. */
void guest_raise_irq(struct guest *guest, unsigned irq);

/*
 * Before every entry: enters the handler of the lowest deliverable interrupt,
 * or tells the guest that one waits.
 */
void guest_deliver_interrupts(struct guest *guest);

/* Would HALT return at once?  Something waits that is not masked. */
bool guest_has_interrupt(const struct guest *guest);

/*
 * Can anything ever end a HALT of the guest?  False when no line that is not masked and has a
 * handler is pending, nor can become so: by the guest's timer, or by a device.  Nothing changes
 * that but the guest itself, which does not run.  After INIT.
 */
bool guest_can_wake(const struct guest *guest);


/* Writes the wall clock to the guest's shared structure. */
void guest_update_time(struct guest *guest);

#endif

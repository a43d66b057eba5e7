/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Passes traps and interrupts to the guest's own kernel, by changing the guest's state as the CPU
 * would (docs/protocol.md).
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

/* The same for a page fault at address, with the error code that the guest's own tables make. */
void guest_reflect_page_fault(struct guest *guest, uint32_t address, uint32_t error);

/*
 * Enters a gate of the guest as the CPU would: pushes on the guest's stack and changes its frame.
 * Ends the guest when the stack cannot be written.  After INIT.
 */
void guest_enter_handler(struct guest *guest, uint64_t gate, bool has_error, uint32_t error);

/* Are interrupts on, as the guest sees it?  After INIT. */
static inline bool guest_irqs_enabled(const struct guest *guest)
{
	return (READ_ONCE(guest->data->irq_enabled) & LGUEST_EFLAGS_IF) != 0;
}

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The debug registers as a guest has them: DR6, which says why a debug exception came, and nothing
 * else. There are no breakpoints, so a single step is the only cause.
 */
#ifndef UMBRA_HV_EMULATE_DEBUG_REGISTERS_H
#define UMBRA_HV_EMULATE_DEBUG_REGISTERS_H

#include "hv/guest/guest.h"

/* Handles #DB of the guest: takes the cause from the processor, and reflects the trap. */
void guest_debug_trap(struct guest *guest);

/* Reflects the trap of a single step over an instruction that Umbra has carried out. */
void guest_debug_step(struct guest *guest);

/* What a mov from the debug register of that number, 0 to 7, reads in the guest. */
uint32_t guest_read_debug(const struct guest *guest, unsigned number);

/* What a mov to it does: only DR6, of which it is the other name 4, keeps what is written. */
void guest_write_debug(struct guest *guest, unsigned number, uint32_t value);

#endif

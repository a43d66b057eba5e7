/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Device registers in the guest's physical address space: no page there is ever mapped, so each
 * access faults and is emulated here.
 */
#ifndef UMBRA_HV_EMULATE_MMIO_H
#define UMBRA_HV_EMULATE_MMIO_H

#include "hv/guest/guest.h"

/*
 * A page fault whose address the guest's tables map to shadow.outside, with the CPU's error code:
 * emulates the access, reflects the fault if no driver would make such an access, or ends the guest
 * if no device can be at that address.
 */
void guest_mmio(struct guest *guest, uint32_t address, uint32_t error);

#endif

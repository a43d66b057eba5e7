/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The structure that a guest shares with Umbra (docs/protocol.md), whose address it passes once, by
 * INIT.
 */
#ifndef UMBRA_HV_HYPERCALL_LGUEST_DATA_H
#define UMBRA_HV_HYPERCALL_LGUEST_DATA_H

#include "hv/guest/guest.h"

/*
 * LGUEST_INIT with the structure at that guest-physical address.  Sets guest->repeat_call when
 * there is more to do; what is wrong with the structure ends the guest.
 */
void guest_init_protocol(struct guest *guest, gpa_t address);

#endif

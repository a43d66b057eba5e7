/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Hypercalls (docs/protocol.md): those in the guest's registers and those in its ring.  Called for
 * `int 0x1f`, and by the emulation for the `vmcall` of old kernels.
 */
#ifndef UMBRA_HV_HYPERCALL_HYPERCALL_H
#define UMBRA_HV_HYPERCALL_HYPERCALL_H

#include "hv/guest/guest.h"

/*
 * The guest executed `int 0x1f` (or the vmcall of old kernels), an instruction of length bytes, and
 * eip is behind it: carries out the calls in its ring, oldest first, then the call in its
 * registers.  Bad calls end the guest.
 */
void guest_hypercall(struct guest *guest, uint32_t length);

/* The name as in guest/lguest_abi.h, such as "SET_PTE"; "unknown" for other numbers. */
const char *hypercall_name(unsigned number);

/* Length of `int 0x1f`. */
#define HYPERCALL_LENGTH 2

#endif

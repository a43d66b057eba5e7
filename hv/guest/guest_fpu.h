/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whose FPU state a CPU holds.  It changes hands only when a guest really uses
 * the FPU: until then CR0.TS is set for it, and a guest that never does pays
 * nothing.
 */
#ifndef UMBRA_HV_GUEST_GUEST_FPU_H
#define UMBRA_HV_GUEST_GUEST_FPU_H

#include "hv/guest/guest.h"

/* Before an entry: CR0.TS is set when the guest asked for it or does not own the FPU. */
void guest_fpu_prepare(const struct guest *guest);

/* #NM: the guest's own business when it asked for it, else the FPU becomes its. */
void guest_fpu_fault(struct guest *guest);

/*
 * The guest gets the CPU: another one's values leave the registers, so that not
 * even speculation finds them there (CVE-2018-3665).
 */
void guest_fpu_scrub(const struct guest *guest);

/* The guest moves to another CPU: its values go with it, if they are still here. */
void guest_fpu_save(const struct guest *guest);

/* The guest goes away: its values are worth nothing any more. */
void guest_fpu_forget(const struct guest *guest);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Lazy switching of the FPU state.  A guest's state is loaded only when it really uses the FPU:
 * until then CR0.TS is set for it, and a guest that never does costs nothing.
 */
#ifndef UMBRA_HV_GUEST_GUEST_FPU_H
#define UMBRA_HV_GUEST_GUEST_FPU_H

#include "hv/guest/guest.h"

/* For the next function alone: whether the guest's use of the FPU comes to Umbra from now on. */
void guest_fpu_set_trap(bool trap);

/* Before an entry: CR0.TS is set when the guest asked for it or does not own the FPU. */
static inline void guest_fpu_prepare(const struct guest *guest)
{
	const struct cpu *cpu = this_cpu();
	bool trap = guest->task_switched || cpu->fpu_owner != guest->fpu;

	if (unlikely(trap != ((cpu->cr0 & CR0_TS) != 0)))
		guest_fpu_set_trap(trap);
}

/* #NM: reflects it if the guest had asked for it by TS, else gives the guest the FPU. */
void guest_fpu_fault(struct guest *guest);

/*
 * Called when the guest gets the CPU: saves another guest's values and clears the registers, so
 * that not even speculation can read them (CVE-2018-3665).
 */
void guest_fpu_scrub(const struct guest *guest);

/* Called when the guest moves to another CPU: saves its values if the registers hold them. */
void guest_fpu_save(const struct guest *guest);

/* Called when the guest has ended: its values are dropped. */
void guest_fpu_forget(const struct guest *guest);

#endif

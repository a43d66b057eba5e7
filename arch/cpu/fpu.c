// SPDX-License-Identifier: GPL-2.0-only
/*
 * Saves and restores the FPU's state with FXSAVE and FXRSTOR, which every CPU has that Umbra
 * accepts.
 */
#include "arch/cpu/fpu.h"

#include "arch/cpu/cpu_features.h"
#include "lib/string.h"

/* Offsets in the image, SDM vol. 1, table 10-2, and the values after FNINIT and at reset. */
#define FCW_OFFSET 0
#define FCW_RESET 0x037Fu
#define MXCSR_OFFSET 24
#define MXCSR_RESET 0x1F80u

void fpu_state_reset(struct fpu_state *state)
{
	const uint16_t control = FCW_RESET;
	const uint32_t mxcsr = MXCSR_RESET;

	memset(state, 0, sizeof(*state));
	memcpy(state->image + FCW_OFFSET, &control, sizeof(control));
	memcpy(state->image + MXCSR_OFFSET, &mxcsr, sizeof(mxcsr));
}

void fpu_save(struct fpu_state *state)
{
	__asm__ volatile("fxsave %0" : "=m"(*state));
}

void fpu_restore(const struct fpu_state *state)
{
	static const uint32_t zero;

	/*
	 * AMD's FXRSTOR leaves the last instruction and operand pointers alone
	 * when no exception is pending, so this guest would see those of the
	 * previous one (APM vol. 2, 11.4.4).  A harmless load replaces them.
	 */
	if (cpu_features()->lazy_fpu_pointers)
		__asm__ volatile("fnclex; ffree %%st(7); fildl %0" ::"m"(zero));
	__asm__ volatile("fxrstor %0" ::"m"(*state));
}

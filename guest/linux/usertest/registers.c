// SPDX-License-Identifier: GPL-2.0-only
/* Filling and comparing the registers of the FPU and of SSE. */
#include "guest/linux/usertest/registers.h"

#include <stdbool.h>
#include <string.h>

void fpu_save(struct fpu_state *state)
{
	__asm__ volatile("fxsave %0" : "=m"(*state));
}

void fpu_reset(void)
{
	static const uint32_t mxcsr = SSE_CONTROL;

	__asm__ volatile("fninit\n\tldmxcsr %0" : : "m"(mxcsr));
}

/*
 * Eight full registers of 80 bits with numbers that are normal, rounding and precision control,
 * MXCSR with all exceptions masked, and eight of 128 bits.
 */
static void make(struct fpu_state *state, uint32_t seed)
{
	memset(state, 0, sizeof(*state));
	state->control = (uint16_t)(0x37F ^ (seed & 3) << 10);
	state->tags = 0xFF;
	state->mxcsr = SSE_CONTROL ^ (seed & 3) << 13;
	for (uint32_t i = 0; i < 8; i++) {
		for (uint32_t j = 0; j < 8; j++)
			state->st[i].bytes[j] = (uint8_t)(seed * 31 + i * 8 + j);
		state->st[i].bytes[7] |= 0x80;
		state->st[i].bytes[8] = (uint8_t)(seed + i);
		state->st[i].bytes[9] = 0x3F;
		for (uint32_t j = 0; j < 16; j++)
			state->xmm[i][j] = (uint8_t)(seed * 37 + i * 16 + j);
	}
}

void fpu_load(uint32_t seed)
{
	struct fpu_state state;

	make(&state, seed);
	__asm__ volatile("fxrstor %0" : : "m"(state));
}

/* The six bytes behind each are reserved: some processors leave them alone. */
static bool same_stack(const struct fpu_state *a, const struct fpu_state *b)
{
	for (unsigned i = 0; i < 8; i++)
		if (memcmp(a->st[i].bytes, b->st[i].bytes, sizeof(a->st[i].bytes)) != 0)
			return false;
	return true;
}

const char *fpu_state_difference(const struct fpu_state *found, const struct fpu_state *wanted)
{
	if (found->control != wanted->control)
		return "the FPU's control word";
	if (found->tags != wanted->tags)
		return "the FPU's tags";
	if (found->mxcsr != wanted->mxcsr)
		return "MXCSR";
	if (!same_stack(found, wanted))
		return "the FPU's registers";
	return memcmp(found->xmm, wanted->xmm, sizeof(found->xmm)) == 0 ? NULL : "SSE's registers";
}

const char *fpu_difference(uint32_t seed)
{
	struct fpu_state wanted, found;

	fpu_save(&found);
	make(&wanted, seed);
	return fpu_state_difference(&found, &wanted);
}

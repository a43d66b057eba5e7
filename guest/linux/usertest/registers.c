// SPDX-License-Identifier: GPL-2.0-only
/* Filling and comparing the registers of the FPU and of SSE. */
#include "guest/linux/usertest/registers.h"

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

bool fpu_is(uint32_t seed)
{
	struct fpu_state wanted, found;

	fpu_save(&found);
	make(&wanted, seed);
	return found.control == wanted.control && found.tags == wanted.tags &&
	       found.mxcsr == wanted.mxcsr && memcmp(found.st, wanted.st, sizeof(found.st)) == 0 &&
	       memcmp(found.xmm, wanted.xmm, sizeof(found.xmm)) == 0;
}

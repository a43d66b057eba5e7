/* SPDX-License-Identifier: GPL-2.0-only */
/* The FPU's and SSE's registers, as FXSAVE stores them (SDM volume 1, table 10-2). */
#ifndef UMBRA_GUEST_LINUX_USERTEST_REGISTERS_H
#define UMBRA_GUEST_LINUX_USERTEST_REGISTERS_H

#include <stdint.h>

struct fpu_state {
	uint16_t control, status;
	uint8_t tags, reserved;
	uint16_t opcode;
	uint32_t ip, cs, dp, ds, mxcsr, mxcsr_mask;
	struct {
		uint8_t bytes[10], reserved[6];
	} st[8];
	uint8_t xmm[8][16];
	uint8_t unused[224];
} __attribute__((aligned(16)));

/* After fninit, and the reset value of MXCSR. */
#define FPU_CONTROL 0x37Fu
#define SSE_CONTROL 0x1F80u

/* Load all registers with values that the seed decides; round-to mode and precision too. */
void fpu_load(uint32_t seed);

/* What of them is not as fpu_load(seed) left it, in words; NULL if all is. */
const char *fpu_difference(uint32_t seed);

/* The same of two states. */
const char *fpu_state_difference(const struct fpu_state *found, const struct fpu_state *wanted);

/* The registers as they are; they stay so. */
void fpu_save(struct fpu_state *state);

/* As a program begins with. */
void fpu_reset(void);

#endif

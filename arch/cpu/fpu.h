/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The FPU and SSE registers as one block of state (SDM vol. 1, 10.5).  Whose
 * state a CPU holds is decided in hv/guest/guest_fpu.c.
 */
#ifndef UMBRA_ARCH_CPU_FPU_H
#define UMBRA_ARCH_CPU_FPU_H

#include "lib/compiler.h"

#include <stdint.h>

struct fpu_state {
	uint8_t image[512] __aligned(16);
};

/*
 * Sets state to what the registers hold after power-on: all exceptions masked, all registers empty.
 */
void fpu_state_reset(struct fpu_state *state);

/* Moves state out of the registers and into them.  CR0.TS must be clear. */
void fpu_save(struct fpu_state *state);
void fpu_restore(const struct fpu_state *state);

#endif

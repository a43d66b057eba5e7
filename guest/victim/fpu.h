/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A known state of the FPU and SSE registers, kept there and looked at again.
 */
#ifndef UMBRA_GUEST_VICTIM_FPU_H
#define UMBRA_GUEST_VICTIM_FPU_H

#include <stdint.h>

/* Load all registers with values that follow from seed. */
void fpu_fill(uint32_t seed);

/* NULL when the registers still hold what fpu_fill put there, or which do not. */
const char *fpu_check(void);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * 64-bit division and scaling on a 32-bit processor.  The four functions with
 * underscores are what the compiler calls for `/` and `%` of 64-bit values,
 * since Umbra does not link libgcc.  No state; callable from any context.
 */
#ifndef UMBRA_LIB_DIV64_H
#define UMBRA_LIB_DIV64_H

#include <stdint.h>

/* value / divisor, which must not be 0; *remainder gets the rest and may be NULL. */
uint64_t div_u64_u32(uint64_t value, uint32_t divisor, uint32_t *remainder);

/*
 * value * factor >> shift with a 96-bit product in between, shift 0..63; the
 * result's low 64 bits.  This is how clocks turn ticks into nanoseconds.
 */
uint64_t mul_u64_u32_shift(uint64_t value, uint32_t factor, unsigned shift);

/* Called by the compiler only.  Division by 0 raises #DE, as the processor's own does. */
uint64_t __udivdi3(uint64_t value, uint64_t divisor);
uint64_t __umoddi3(uint64_t value, uint64_t divisor);
int64_t __divdi3(int64_t value, int64_t divisor);
int64_t __moddi3(int64_t value, int64_t divisor);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Arithmetic on numbers that guests, images or tables of the firmware contain.  Each function
 * returns false, and leaves the result alone, when the true result does not fit.  Used wherever
 * hostile input is parsed.
 */
#ifndef UMBRA_LIB_CHECKED_H
#define UMBRA_LIB_CHECKED_H

#include "lib/compiler.h"

#include <stdbool.h>
#include <stdint.h>

static inline bool __must_check checked_add_u32(uint32_t a, uint32_t b, uint32_t *result)
{
	if (a > UINT32_MAX - b)
		return false;
	*result = a + b;
	return true;
}

static inline bool __must_check checked_add_u64(uint64_t a, uint64_t b, uint64_t *result)
{
	if (a > UINT64_MAX - b)
		return false;
	*result = a + b;
	return true;
}

/* Not the builtin: a 32-bit compiler makes a call into libgcc of it. */
static inline bool __must_check checked_mul_u64(uint64_t a, uint64_t b, uint64_t *result)
{
	uint64_t crossed;
	uint64_t low;

	if (a >> 32 != 0 && b >> 32 != 0)
		return false;
	/* At most one of the two has a high half, so one of these terms is 0. */
	crossed = (a >> 32) * (uint32_t)b + (b >> 32) * (uint32_t)a;
	low = (uint64_t)(uint32_t)a * (uint32_t)b;
	if (crossed >> 32 != 0 || UINT64_MAX - low < crossed << 32)
		return false;
	*result = (crossed << 32) + low;
	return true;
}

/* True when the bytes start..start+length-1 all lie below limit; length 0 needs start <= limit. */
static inline bool range_inside(uint64_t start, uint64_t length, uint64_t limit)
{
	return start <= limit && length <= limit - start;
}

/* True when two ranges share a byte; neither may wrap. */
static inline bool ranges_overlap(uint64_t a, uint64_t a_length, uint64_t b, uint64_t b_length)
{
	return a_length > 0 && b_length > 0 && a < b + b_length && b < a + a_length;
}

#endif

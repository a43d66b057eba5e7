// SPDX-License-Identifier: GPL-2.0-only
/*
 * 64-bit division made of the processor's 64-by-32 `div`.  Called by the
 * compiler for every 64-bit `/` and `%`, and directly where the divisor is
 * known to be short.
 */
#include "lib/div64.h"

#include <stddef.h>

/* high:low / divisor; high must be less than divisor, or the quotient does not fit (#DE). */
static uint32_t div_step(uint32_t high, uint32_t low, uint32_t divisor, uint32_t *remainder)
{
	uint32_t quotient;

	__asm__("divl %4" : "=a"(quotient), "=d"(*remainder)
			  : "a"(low), "d"(high), "rm"(divisor) : "cc");
	return quotient;
}

uint64_t div_u64_u32(uint64_t value, uint32_t divisor, uint32_t *remainder)
{
	uint32_t rest;
	uint32_t high = div_step(0, (uint32_t)(value >> 32), divisor, &rest);
	uint32_t low = div_step(rest, (uint32_t)value, divisor, &rest);

	if (remainder)
		*remainder = rest;
	return (uint64_t)high << 32 | low;
}

uint64_t mul_u64_u32_shift(uint64_t value, uint32_t factor, unsigned shift)
{
	uint64_t low = (value & UINT32_MAX) * factor;
	uint64_t high = (value >> 32) * factor + (low >> 32);

	/* The product is high * 2^32 + (low mod 2^32). */
	if (shift > 32)
		return high >> (shift - 32);
	return high << (32 - shift) | (low & UINT32_MAX) >> shift;
}

/*
 * The divisor has more than 32 bits, so the quotient has less.  Dividing half
 * the value by the divisor's top 32 bits (rounded down, so it is a little too
 * small) gives a quotient that is right or too big by one; take one off,
 * and put it back when the rest turns out to hold another divisor.
 */
static uint64_t div_long(uint64_t value, uint64_t divisor)
{
	unsigned shift = (unsigned)__builtin_clz((uint32_t)(divisor >> 32));
	uint32_t top = (uint32_t)(divisor << shift >> 32);
	uint64_t half = value >> 1;
	uint32_t ignored;
	uint64_t quotient = div_step((uint32_t)(half >> 32), (uint32_t)half, top, &ignored);

	quotient >>= 31 - shift;
	if (quotient > 0)
		quotient--;
	if (value - quotient * divisor >= divisor)
		quotient++;
	return quotient;
}

uint64_t __udivdi3(uint64_t value, uint64_t divisor)
{
	if (divisor >> 32 == 0)
		return div_u64_u32(value, (uint32_t)divisor, NULL);
	return div_long(value, divisor);
}

uint64_t __umoddi3(uint64_t value, uint64_t divisor)
{
	return value - __udivdi3(value, divisor) * divisor;
}

static uint64_t magnitude(int64_t value)
{
	return value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
}

/* C rounds towards zero, and the rest has the sign of the value. */
int64_t __divdi3(int64_t value, int64_t divisor)
{
	uint64_t quotient = __udivdi3(magnitude(value), magnitude(divisor));

	return (int64_t)((value < 0) != (divisor < 0) ? 0 - quotient : quotient);
}

int64_t __moddi3(int64_t value, int64_t divisor)
{
	uint64_t rest = __umoddi3(magnitude(value), magnitude(divisor));

	return (int64_t)(value < 0 ? 0 - rest : rest);
}

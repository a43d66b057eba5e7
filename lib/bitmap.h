/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Bit maps over the caller's array of 32-bit words; bit n is bit n % 32 of
 * word n / 32.  No state and no atomicity: whoever owns the map serialises.
 * `bits` is always the number of bits the map has.
 */
#ifndef UMBRA_LIB_BITMAP_H
#define UMBRA_LIB_BITMAP_H

#include "lib/compiler.h"

#include <stdbool.h>
#include <stdint.h>

/* How many words a map of that many bits takes. */
#define BITMAP_WORDS(bits) (((bits) + 31) / 32)

static inline bool bitmap_test(const uint32_t *map, uint32_t bit)
{
	return (map[bit / 32] >> bit % 32 & 1) != 0;
}

static inline void bitmap_set(uint32_t *map, uint32_t bit)
{
	map[bit / 32] |= BIT(bit % 32);
}

static inline void bitmap_clear(uint32_t *map, uint32_t bit)
{
	map[bit / 32] &= ~BIT(bit % 32);
}

/* Sets or clears count bits from first; the range must lie inside the map. */
void bitmap_set_range(uint32_t *map, uint32_t first, uint32_t count);
void bitmap_clear_range(uint32_t *map, uint32_t first, uint32_t count);

/* The lowest bit at or above from that is set (or zero); `bits` when there is none. */
uint32_t bitmap_find_set(const uint32_t *map, uint32_t bits, uint32_t from);
uint32_t bitmap_find_zero(const uint32_t *map, uint32_t bits, uint32_t from);

/* The lowest place at or above from with count zero bits in a row; `bits` when there is none. */
uint32_t bitmap_find_zero_range(const uint32_t *map, uint32_t bits, uint32_t from,
				uint32_t count);

/* The number of bits that are set. */
uint32_t bitmap_count(const uint32_t *map, uint32_t bits);

#endif

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Searching and filling of bit maps, a word at a time.  Used by the frame
 * allocator, interrupt lines and guest numbers.
 */
#include "lib/bitmap.h"

/* A word in which the count bits from first (both within the word) are set; count > 0. */
static uint32_t range_mask(uint32_t first, uint32_t count)
{
	uint32_t from_first = UINT32_MAX << first;

	if (count >= 32 - first)
		return from_first;
	return from_first & (BIT(first + count) - 1);
}

void bitmap_set_range(uint32_t *map, uint32_t first, uint32_t count)
{
	while (count > 0) {
		uint32_t here = MIN(count, 32 - first % 32);

		map[first / 32] |= range_mask(first % 32, here);
		first += here;
		count -= here;
	}
}

void bitmap_clear_range(uint32_t *map, uint32_t first, uint32_t count)
{
	while (count > 0) {
		uint32_t here = MIN(count, 32 - first % 32);

		map[first / 32] &= ~range_mask(first % 32, here);
		first += here;
		count -= here;
	}
}

/* inverted is 0 to look for ones and all ones to look for zeroes. */
static uint32_t find(const uint32_t *map, uint32_t bits, uint32_t from, uint32_t inverted)
{
	while (from < bits) {
		uint32_t word = (map[from / 32] ^ inverted) & UINT32_MAX << from % 32;

		if (word != 0) {
			uint32_t bit = from - from % 32 + (uint32_t)__builtin_ctz(word);

			return MIN(bit, bits);
		}
		/* Compared as a difference, since the next word's first bit may wrap. */
		if (bits - from <= 32 - from % 32)
			break;
		from += 32 - from % 32;
	}
	return bits;
}

uint32_t bitmap_find_set(const uint32_t *map, uint32_t bits, uint32_t from)
{
	return find(map, bits, from, 0);
}

uint32_t bitmap_find_zero(const uint32_t *map, uint32_t bits, uint32_t from)
{
	return find(map, bits, from, UINT32_MAX);
}

uint32_t bitmap_find_zero_range(const uint32_t *map, uint32_t bits, uint32_t from,
				uint32_t count)
{
	for (;;) {
		uint32_t start = bitmap_find_zero(map, bits, from);
		uint32_t end;

		if (count > bits - start)
			return bits;
		end = bitmap_find_set(map, bits, start);
		if (end - start >= count)
			return start;
		from = end;
	}
}

uint32_t bitmap_count(const uint32_t *map, uint32_t bits)
{
	uint32_t count = 0;

	for (uint32_t bit = bitmap_find_set(map, bits, 0); bit < bits;
	     bit = bitmap_find_set(map, bits, bit + 1))
		count++;
	return count;
}

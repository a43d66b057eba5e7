/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Searches for mm/frames.c alone: for room in the memory that firmware describes, before there is
 * an allocator, and for a run of free frames in the map of a chunk.  Pure.
 */
#ifndef UMBRA_MM_FRAME_RANGES_H
#define UMBRA_MM_FRAME_RANGES_H

#include "arch/cpu/layout.h"
#include "mm/frames.h"

#define MAP_WORDS (FRAMES_PER_CHUNK / 32)

/* The page boundary at or above address; near the end of the address space, the last boundary. */
static inline paddr_t page_above(paddr_t address)
{
	const paddr_t last_page = ALIGN_DOWN(UINT64_MAX, (paddr_t)PAGE_SIZE);

	return ALIGN_UP(MIN(address, last_page), (paddr_t)PAGE_SIZE);
}

static inline bool overlaps(const struct memory_range *range, paddr_t start, paddr_t end)
{
	return range->start < end && start < range->end;
}

/*
 * First address in usable low memory where size bytes overlap nothing reserved; 0 when there is
 * none.
 */
static inline paddr_t find_room(uint32_t size, const struct memory_range *usable,
				unsigned usable_count, const struct memory_range *reserved,
				unsigned reserved_count)
{
	for (unsigned i = 0; i < usable_count; i++) {
		paddr_t start = page_above(usable[i].start);
		unsigned j = 0;

		/* Skips every reserved range in the way; start only grows, so this ends. */
		while (j < reserved_count && start < DIRECT_MAP_SIZE) {
			if (overlaps(&reserved[j], start, start + size)) {
				start = page_above(reserved[j].end);
				j = 0;
			} else {
				j++;
			}
		}
		if (start < DIRECT_MAP_SIZE && start + size <= usable[i].end &&
		    start + size <= DIRECT_MAP_SIZE)
			return start;
	}
	return 0;
}

/* First bit of a run of count set bits in a chunk's map; FRAMES_PER_CHUNK when there is none. */
static inline uint32_t find_run(const uint32_t *map, uint32_t count)
{
	uint32_t length = 0;

	for (uint32_t bit = 0; bit < FRAMES_PER_CHUNK; bit++) {
		/* Mostly all of a word is free, or nothing. */
		if (bit % 32 == 0 && length + 32 < count && map[bit / 32] == UINT32_MAX) {
			length += 32;
			bit += 31;
			continue;
		}
		if (bit % 32 == 0 && map[bit / 32] == 0) {
			length = 0;
			bit += 31;
			continue;
		}
		length = map[bit / 32] & BIT(bit % 32) ? length + 1 : 0;
		if (length == count)
			return bit + 1 - count;
	}
	return FRAMES_PER_CHUNK;
}

#endif

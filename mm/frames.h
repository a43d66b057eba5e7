/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The allocator of physical memory.  Memory is kept in chunks of 2 MB, one large page; a chunk is
 * given out whole or split into frames of 4 KB, and is whole again when its last frame has come
 * back.
 *
 * "Low" memory is what the direct map reaches.  Umbra's own tables come from low memory;
 * guests' memory comes from above it as long as there is any, and first from above 4 GB.
 */
#ifndef UMBRA_MM_FRAMES_H
#define UMBRA_MM_FRAMES_H

#include "lib/compiler.h"
#include "mm/address.h"

#include <stdbool.h>
#include <stdint.h>

#define CHUNK_SHIFT 21
#define CHUNK_SIZE (1u << CHUNK_SHIFT)
#define FRAMES_PER_CHUNK (CHUNK_SIZE / PAGE_SIZE)

struct memory_range {
	paddr_t start, end;	/* end is the first byte behind it */
};

enum frame_zone { FRAME_LOW, FRAME_ANY };

/*
 * Takes possession of the usable ranges, whole frames only, less the reserved
 * ones (which win where they overlap), below limit.  Places its own bookkeeping in low
 * memory.  usable stays in use.  -E_NOMEM when there is no room for the bookkeeping.  Boot
 * CPU, once.
 */
int __must_check frames_init(const struct memory_range *usable, unsigned usable_count,
			     const struct memory_range *reserved, unsigned reserved_count,
			     paddr_t limit);

/*
 * Allocates one frame, contents unspecified; false when all free frames are reserved or promised.
 * Any CPU.
 */
bool __must_check frame_alloc(enum frame_zone zone, paddr_t *frame);
void frame_free(paddr_t frame);

/*
 * Keeps count frames back, instead of what was kept before: nobody gets them but by
 * frame_alloc_kept, which is for guests that share memory (mm/guest_share.h).  -E_NOMEM when there
 * are not that many.  frames_are_short: fewer than these are left, or too few low ones for tables.
 * Any CPU.
 */
int frames_keep(uint32_t count);
bool __must_check frame_alloc_kept(enum frame_zone zone, paddr_t *frame);
bool frames_are_short(void);

/*
 * Promises count frames, low or high, to a caller that takes them one after the other: -E_NOMEM
 * when there are not that many.  frames_withdraw takes back what was promised and not taken.  Any
 * CPU.
 */
int __must_check frames_promise(uint32_t count);
void frames_withdraw(uint32_t count);

/* Takes one of the promised frames, high memory first, contents unspecified. */
void frame_alloc_promised(paddr_t *frame);

/*
 * Takes FRAMES_PER_CHUNK promised frames, of which so many must be left, as one chunk; false when
 * no chunk is whole.
 */
bool __must_check chunk_alloc_promised(paddr_t *chunk);
void chunk_free(paddr_t address);

/*
 * Allocates a zeroed low frame and returns its address in the direct map; NULL when there is none.
 */
void *page_alloc(void);
void page_free(void *page);

/*
 * count (1-512) low frames in a row, zeroed, or with whatever was there before; NULL when there is
 * no such run.
 */
void *pages_alloc(uint32_t count);
void *pages_alloc_unclear(uint32_t count);
void pages_free(void *pages, uint32_t count);

/*
 * Sets count low frames aside, so that page_alloc_reserved cannot fail for their owner; -E_NOMEM
 * when there are not that many.  page_alloc_reserved takes one of them, and page_free_reserved
 * gives one back to them.
 */
int __must_check frames_reserve(uint32_t count);
void frames_unreserve(uint32_t count);
void *page_alloc_reserved(void);
void page_free_reserved(void *page);

/* For the next two functions alone: a pointer for each low frame. */
extern void **frame_owners;

/*
 * A pointer that the user of a low frame has stored for it; NULL otherwise.  Shadow tables find
 * their structure by their physical address this way.
 */
static inline void *frame_owner(paddr_t frame)
{
	return frame_owners[(uint32_t)frame >> PAGE_SHIFT];
}

static inline void frame_set_owner(paddr_t frame, void *owner)
{
	frame_owners[(uint32_t)frame >> PAGE_SHIFT] = owner;
}

/* For mm/frame_users.h alone, which says what they count; all 0 at first. */
struct chunk_users {
	uint32_t large;
	uint32_t small;
};
extern uint16_t *frame_users;	/* NULL: there was no room for that */
extern struct chunk_users *chunk_users;

/*
 * Is any of the length bytes at address memory that the firmware called usable, whatever its use
 * now?  Then no device is there.  Any CPU.
 */
bool frames_are_memory(paddr_t address, uint64_t length);

/* Counts of frames; free ones include reserved frames, but no promised ones. */
uint32_t frames_total(void);
uint32_t frames_free(void);
uint32_t frames_low_free(void);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A guest's physical memory: its frames, and the tables that map them linear from virtual address 0
 * in Umbra's own address space, with large pages where the frames allow.  These tables are also the
 * only record of which frames the guest has: for itself where an entry is writable, and where it is
 * not, perhaps together with clones of it (mm/guest_share.h).  Other code accesses the memory by
 * mm/guest_memory.h.
 */
#ifndef UMBRA_MM_GUEST_WINDOW_H
#define UMBRA_MM_GUEST_WINDOW_H

#include "arch/cpu/layout.h"
#include "arch/cpu/x86.h"
#include "lib/compiler.h"
#include "lib/index.h"
#include "mm/address.h"

#include <stdbool.h>
#include <stdint.h>

#define WINDOW_DIRECTORIES 3	/* 1 GB each */
#define WINDOW_DIRECTORY_SHIFT 18	/* of a page number: which directory */
#define WINDOW_ENTRY_SHIFT 9		/* and which of its entries, 2 MB each */
#define WINDOW_TABLE_MASK 511u

/* A page whose frame was another one before the guest, or Umbra for it, wrote to it. */
struct moved_page {
	uint32_t page;
	paddr_t from;
};

#define MOVED_PAGES_MAX 16u

struct guest_memory {
	uint8_t *base;		/* where gpa 0 is in Umbra: 0; a buffer in unit tests */
	uint32_t ram_pages;	/* what the guest is told it has */
	uint32_t pages;		/* what it can reach: RAM, and device pages until they are hidden */
	uint32_t frames;	/* how many pages, from page 0 on, have a frame */
	uint32_t promised;	/* how many more are to get one */
	uint32_t tables;	/* frames set aside for tables that this may take */
	uint64_t *directories[WINDOW_DIRECTORIES];	/* NULL where nothing is mapped */

	/* Of guests that were cloned, and clones (mm/guest_share.h). */
	bool is_shared;		/* some entries may be read-only */
	uint32_t own;		/* pages whose frames were found to be its own, or copied, since */
	uint32_t moved_count;	/* more than there is room for: those are not in the list */
	struct moved_page moved[MOVED_PAGES_MAX];
};

/*
 * Promises ram_pages of RAM and device_pages above it, at most 3 GB together.  Next
 * guest_memory_grow allocates them, and guest_memory_clear clears them: the frames hold what their
 * last owner left.  -E_NOMEM leaves it empty.
 */
int __must_check guest_memory_create(struct guest_memory *memory, uint32_t ram_pages,
				     uint32_t device_pages);

/*
 * Allocates one bounded piece of the promised pages; true when all exist.  A loaded window does not
 * show new pages before it is loaded again.
 */
bool guest_memory_grow(struct guest_memory *memory);

/*
 * Prepares for a restart in the same memory: the device pages exist again, and promised pages stay
 * promised.  guest_memory_grow and guest_memory_clear come next.
 */
void guest_memory_reuse(struct guest_memory *memory, uint32_t device_pages);

/*
 * Gives frames and tables back, or the promise of them, in bounded pieces: true when there is
 * nothing left.  No CPU has the window loaded.  Nothing to do for memory that is all zero.
 */
bool __must_check guest_memory_shrink(struct guest_memory *memory);

/* Loads the window of memory on this CPU; NULL: no window, so that stray pointers fault. */
void guest_window_load(struct guest_memory *memory);

/* The memory whose window is loaded on this CPU; NULL: none. */
struct guest_memory *guest_window_memory(void);

/* Fills the pages [first, end) with zeroes.  The window must be loaded. */
void guest_memory_clear(struct guest_memory *memory, uint32_t first, uint32_t end);

/*
 * Removes the guest's device pages, which it does not use.  The frames are freed with the others;
 * shadow tables that map them need a flush of everything.
 */
static inline void guest_memory_hide_device_pages(struct guest_memory *memory)
{
	memory->pages = memory->ram_pages;
}

/* The directory entry for a guest page, which must be below memory->pages. */
static inline const uint64_t *guest_window_entry(const struct guest_memory *memory, uint32_t page)
{
	return &memory->directories[page >> WINDOW_DIRECTORY_SHIFT]
				   [page >> WINDOW_ENTRY_SHIFT & WINDOW_TABLE_MASK];
}

/*
 * The frame behind a guest page, with PTE_W if the guest may write to it as it is; false when the
 * guest has no such page.  Used for every shadow entry, so inline.
 */
static inline bool guest_frame_access(const struct guest_memory *memory, uint32_t page,
				      uint64_t *frame)
{
	const uint64_t *table;
	uint64_t entry;

	if (page >= memory->pages)
		return false;
	page = index_within(page, memory->pages);
	entry = *guest_window_entry(memory, page);
	if (likely(entry & PTE_PS)) {
		*frame = (entry & (PTE_FRAME | PTE_W)) | (page & WINDOW_TABLE_MASK) << PAGE_SHIFT;
		return true;
	}
	table = direct_map(entry & PTE_FRAME);
	*frame = table[page & WINDOW_TABLE_MASK] & (PTE_FRAME | (entry & PTE_W));
	return true;
}

static inline bool guest_frame(const struct guest_memory *memory, uint32_t page, paddr_t *frame)
{
	if (!guest_frame_access(memory, page, frame))
		return false;
	*frame &= ~PTE_W;
	return true;
}

/* The page itself, page-aligned, in the loaded window; page must be below memory->pages. */
static inline void *guest_page(const struct guest_memory *memory, uint32_t page)
{
	return memory->base + (index_within(page, memory->pages) << PAGE_SHIFT);
}

#endif

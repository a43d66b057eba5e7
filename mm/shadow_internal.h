/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of the shadow tables (mm/shadow_*.c) share; private to them. */
#ifndef UMBRA_MM_SHADOW_INTERNAL_H
#define UMBRA_MM_SHADOW_INTERNAL_H

#include "arch/cpu/layout.h"
#include "lib/string.h"
#include "mm/frames.h"
#include "mm/shadow.h"

/* The slot that holds the Switcher, in the last directory. */
#define SWITCHER_SLOT (SWITCHER_CODE >> SLOT_SHIFT)
/* Which entry of its slot's table an address has. */
#define ENTRY_INDEX(address) ((address) >> PAGE_SHIFT & (SLOT_ENTRIES - 1))
/*
 * Costs in units of shadow->work: of checking whether an address space uses a table; of looking at
 * a slot and walking to it, or putting it to sleep; of an entry whose frame is near the last one,
 * and the extra cost of any other; of unlinking a leaf from a slot, and of freeing it; of noting
 * another middle table, beside what puts slots to sleep.
 */
#define WORK_SPACE 3u
#define WORK_SLOT 5u
#define WORK_SLEEP 2u
#define WORK_ENTRY 1u
#define WORK_ELSEWHERE 7u
#define WORK_UNLINK 4u
#define WORK_MIDDLE 4u
#define WORK_FREE 3u
/*
 * A leaf with no more present entries than these is cleared one by one when it is freed, which is
 * two entries for a unit of work, and finding them.  Any other one, and any beyond so many as a few
 * processes need, is cleared when it is used again, if ever.
 */
#define CLEAR_KEPT 32u
#define CLEAR_ONE_BY_ONE 64u
#define WORK_CLEAR 8u

/*
 * How much deferrable work one call does: reading leaves again, which could be put to sleep
 * instead, and freeing leaves for a call that can be repeated.
 */
#define WORK_PIECE 5632u

/* Has so much been done?  The count wraps around. */
static inline bool work_is_over(const struct shadow *shadow, uint32_t end)
{
	return (int32_t)(shadow->work - end) > 0;
}

/* What a directory entry takes over from the guest's upper levels. */
#define SLOT_PERMISSIONS (PTE_W | PTE_U | PTE_NX)

/* The pages that a new leaf may need: a directory, the leaf's table, and a piece of the index. */
#define LINK_PAGES 3u

/* --- leaves (mm/shadow_leaf.c) --- */

/* Where the index has the number of a leaf with this key; NULL: no piece is there. */
static inline uint16_t *leaf_index_entry(const struct shadow *shadow, uint32_t key)
{
	uint32_t page = key >> 1;
	uint16_t *leaves = shadow->index[page >> INDEX_SHIFT].leaves;

	return leaves ? &leaves[page % BIT(INDEX_SHIFT)] : NULL;
}

/* NULL: there is none.  Two steps at most, since a guest page has two keys at most. */
static inline struct shadow_leaf *leaf_find(const struct shadow *shadow, uint32_t key)
{
	const uint16_t *entry = leaf_index_entry(shadow, key);
	struct shadow_leaf *leaf;

	if (!entry || !*entry)
		return NULL;
	leaf = &shadow->leaf_pool[*entry];
	return leaf->key == key ? leaf : leaf->next;
}

/* Two pages must be left in the budget. */
struct shadow_leaf *leaf_create(struct shadow *shadow, uint32_t key);
void leaf_free(struct shadow *shadow, struct shadow_leaf *leaf);
/* Maps entry index, whose guest entry is wanted, and its neighbours as far as they are accessed. */
void leaf_fill(struct shadow *shadow, struct shadow_leaf *leaf, const struct guest_entries *entries,
	       uint32_t index, uint64_t wanted);
/* Makes one entry what the guest's own says now, which is in entries: a table of its memory. */
void leaf_sync_entry(struct shadow *shadow, struct shadow_leaf *leaf,
		     const struct guest_entries *entries, uint32_t index);
/* The same for every present entry. */
void leaf_resync(struct shadow *shadow, struct shadow_leaf *leaf);

/* For mm/shadow_follow.c: entry index may map a page that is in no chunk of the guest's alone. */
static inline uint32_t leaf_chunk_bit(uint32_t page)
{
	return BIT(page / FRAMES_PER_CHUNK % 32);
}

static inline uint8_t leaf_part_bit(uint32_t page)
{
	return (uint8_t)BIT(page / 32 % 8);
}

static inline void leaf_note_page(struct shadow_leaf *leaf, uint32_t index, uint32_t page)
{
	leaf->chunks |= leaf_chunk_bit(page);
	leaf->parts[index / 32] |= leaf_part_bit(page);
}

static inline void leaf_forget_pages(struct shadow_leaf *leaf)
{
	leaf->chunks = 0;
	memset(leaf->parts, 0, sizeof(leaf->parts));
}

/*
 * The leaf entry for the guest's entry: 0 when nothing may be mapped.  Inline: used for every fault
 * and for every entry of a flush.
 */
static inline uint64_t leaf_entry_for(const struct shadow *shadow, uint64_t guest_entry)
{
	const uint32_t accessed = PTE_P | PTE_A, dirty = PTE_W | PTE_D;
	/* All flags but NX are in the lower half, and halves are what this CPU counts in. */
	uint32_t low = (uint32_t)guest_entry, flags;
	uint64_t frame;

	if ((low & accessed) != accessed ||
	    !guest_frame_access(shadow->memory, guest_entry_page(guest_entry), &frame))
		return 0;
	/* Accessed and dirty are preset, which saves the CPU writing them back. */
	flags = accessed | (low & (uint32_t)PTE_U);
	/*
	 * A clean page stays read-only, so that the first write faults and sets dirty; and so does
	 * one that is shared with other guests.
	 */
	if ((low & dirty) == dirty && (uint32_t)frame & PTE_W)
		flags |= dirty;
	frame = (frame & ~PTE_W) | flags;
	if (shadow->no_execute)
		frame |= guest_entry & PTE_NX;
	return frame;
}

/* --- address spaces (mm/shadow_space.c) --- */

/* What the guest's tables of that address space say of a slot. */
static inline enum walk_result space_read_slot(const struct shadow *shadow,
					       const struct address_space *space, uint32_t slot,
					       struct guest_slot *info)
{
	return guest_find_slot(shadow->reader, shadow->memory, space->root, slot, info);
}

/*
 * The leaf for a slot whose guest levels were read into info and marked, linked; LINK_PAGES must
 * be left in the budget.
 */
struct shadow_leaf *space_link(struct shadow *shadow, struct address_space *space, uint32_t slot,
			       const struct guest_slot *info);
/*
 * Updates one slot, and its leaf if that is not of this generation; false when the slot is not
 * linked (any more).
 */
bool space_recheck(struct shadow *shadow, struct address_space *space, uint32_t slot);
/*
 * Brings slots [first, end) up to date, with the leaves that are not of this generation; all:
 * every leaf.
 */
void space_resync(struct shadow *shadow, struct address_space *space, uint32_t first, uint32_t end,
		  bool all);
/*
 * Puts a linked slot to sleep: hides it from the CPU, so that the next access reads its leaf again.
 * If it may be that of the current space's kernel stack, the caller clears shadow->pinned.
 */
void space_put_to_sleep(struct shadow *shadow, struct address_space *space, uint32_t slot);

/* Does that with all slots. */
void space_sleep(struct shadow *shadow, struct address_space *space);

/*
 * Forgets all address spaces; from now on the guest's tables are in reader's format, and root is
 * current.
 */
void space_restart(struct shadow *shadow, const struct guest_reader *reader, uint32_t root);
/*
 * Makes an address space for this root, which has none but has a place, and links the kernel's
 * leaves into it.
 */
struct address_space *space_create(struct shadow *shadow, uint32_t root);

/* --- what the budget has room for (mm/shadow_budget.c) --- */

/* Frees pages of the budget until `pages` (LINK_PAGES at most) are left. */
void space_reclaim(struct shadow *shadow, uint32_t pages);
/*
 * Is there a place for another address space, with this root?  If not, some leaves of the space to
 * be replaced were freed, as many as one call may: call again.
 */
bool space_has_place(struct shadow *shadow, uint32_t root);
/* Allocates the structure of an address space that has a place, zeroed. */
struct address_space *space_alloc(struct shadow *shadow);
/* Frees all pages and structures; there is no current address space then. */
void shadow_forget_all(struct shadow *shadow);
/* Marks all structures as never used, before any leaf or address space is made. */
void shadow_start_pools(struct shadow *shadow);
/* Unlinks a slot's leaf; the slot must be linked. */
void space_unlink(struct shadow *shadow, struct address_space *space, uint32_t slot);

/* --- finding address spaces by their roots --- */

/* Multiplicative hashing by the golden ratio (Knuth, vol. 3, 6.4). */
static inline uint32_t space_hash(uint32_t root)
{
	/* PAE tables need not be page-aligned. */
	return (root >> 5) * 0x9E3779B1u / (UINT32_MAX / SHADOW_CHAINS + 1);
}

/* The chain that an address space with this root is in. */
static inline struct address_space **space_chain(struct shadow *shadow, uint32_t root)
{
	return &shadow->chains[space_hash(root)];
}

/* NULL: there is none.  Few steps: no chain is long (space_has_place). */
static inline struct address_space *space_find(const struct shadow *shadow, uint32_t root)
{
	struct address_space *space = shadow->chains[space_hash(root)];

	while (space && space->root != root)
		space = space->next;
	return space;
}

/* --- before the guest's format is known (mm/shadow_initial.c) --- */

/*
 * Tries to learn the format from the guest's initial page tables, if it has any; the entry for
 * address may have changed.  True: the format is known now.
 */
bool shadow_initial_learn(struct shadow *shadow, uint32_t address);
/* Called when the guest has revealed its format; sets it if the guest has initial page tables. */
void shadow_initial_told(struct shadow *shadow, bool pae);
/*
 * NEW_PGTABLE: decides the format.  False: it is still unknown, and there is nothing to switch to.
 */
bool shadow_initial_switch(struct shadow *shadow, uint32_t root);

static inline void space_make_room(struct shadow *shadow, uint32_t pages)
{
	if (unlikely(shadow->used + pages > shadow->budget))
		space_reclaim(shadow, pages);
}

/* The directory entry of a slot, NULL when its directory does not exist. */
static inline uint64_t *space_slot(const struct address_space *space, uint32_t slot)
{
	uint64_t *directory = space->directories[slot / SLOT_ENTRIES];

	return directory ? &directory[slot % SLOT_ENTRIES] : NULL;
}

/*
 * The directory entry of a slot whose leaf is asleep: not present, and with the
 * frame's bits inverted, so that a CPU which speculates on entries that are not
 * present (L1TF) finds no memory there.
 */
static inline uint64_t slot_asleep(const struct shadow_leaf *leaf)
{
	return ~(uint64_t)direct_physical(leaf->table) & PTE_FRAME;
}

/* The frame of the leaf that the entry of a linked slot names, awake or asleep; it is a low one. */
static inline uint32_t slot_frame(uint64_t entry)
{
	uint32_t low = (uint32_t)entry;

	return (low & PTE_P ? low : ~low) & PAGE_MASK;
}

/* Is the slot linked and visible to the CPU? */
static inline bool space_is_awake(const struct address_space *space, uint32_t slot)
{
	const uint64_t *entry = space_slot(space, slot);

	return entry && (uint32_t)*entry & PTE_P;
}

static inline bool space_is_linked(const struct address_space *space, uint32_t slot)
{
	return space->linked[slot / 32] >> (slot % 32) & 1;
}

/* The leaf that a linked slot names. */
static inline struct shadow_leaf *space_leaf(const struct address_space *space, uint32_t slot)
{
	return frame_owner(slot_frame(*space_slot(space, slot)));
}

/* Takes the first page of a list of free ones. */
static inline void *take_page(void **list)
{
	void *page = *list;

	*list = *(void **)page;
	*(void **)page = NULL;
	return page;
}

/* A page of the budget, all zero, from the frames set aside for it. */
static inline void *shadow_page_alloc(struct shadow *shadow)
{
	shadow->used++;
	if (shadow->clear_pages) {
		shadow->clear_count--;
		return take_page(&shadow->clear_pages);
	}
	if (shadow->free_pages)
		return memset(take_page(&shadow->free_pages), 0, PAGE_SIZE);
	return page_alloc_reserved();
}

/*
 * Kept for the next table: the frame was set aside for this guest and is of no use to others.
 * is_clear: all of it is zero.
 */
static inline void shadow_page_free(struct shadow *shadow, void *page, bool is_clear)
{
	void **list = is_clear ? &shadow->clear_pages : &shadow->free_pages;

	shadow->used--;
	shadow->clear_count += is_clear;
	*(void **)page = *list;
	*list = page;
}

static inline enum shadow_result shadow_bad(struct shadow *shadow, const char *why, uint64_t entry)
{
	shadow->bad = why;
	shadow->bad_entry = entry;
	return SHADOW_BAD;
}

#endif

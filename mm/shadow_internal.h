/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of the shadow tables (mm/shadow_*.c) share with each other and with nobody else.
 */
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
 * What things cost, in units of shadow->work: finding out whether an address space uses a table;
 * looking at a slot and walking to it, or putting it to sleep; an entry whose frame lies near the
 * last one's, and what is more for any other; taking a leaf out of a slot, and freeing it.
 */
#define WORK_SPACE 3u
#define WORK_SLOT 5u
#define WORK_SLEEP 2u
#define WORK_ENTRY 1u
#define WORK_ELSEWHERE 7u
#define WORK_UNLINK 4u
#define WORK_FREE 3u

/*
 * How much one call does of what can wait: reading leaves again, which can be put to sleep
 * instead, and taking leaves away for a call that can be made again.
 */
#define WORK_PIECE 6144u

/* Has so much been done?  The count wraps around. */
static inline bool work_is_over(const struct shadow *shadow, uint32_t end)
{
	return (int32_t)(shadow->work - end) > 0;
}

/* What a directory entry takes over from the guest's upper levels. */
#define SLOT_PERMISSIONS (PTE_W | PTE_U | PTE_NX)

/* What making a leaf may take: a directory, the leaf's own table, and a piece of the index. */
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
/* Makes one entry what the guest's own says now. */
void leaf_sync_entry(struct shadow *shadow, struct shadow_leaf *leaf, uint32_t index);
/* The same for every present entry. */
void leaf_resync(struct shadow *shadow, struct shadow_leaf *leaf);

/*
 * What a leaf entry may be for the guest's entry: 0 when nothing may be mapped.
 * Inline: every fault and every entry of a flush comes through here.
 */
static inline uint64_t leaf_entry_for(const struct shadow *shadow, uint64_t guest_entry)
{
	const uint32_t accessed = PTE_P | PTE_A, dirty = PTE_W | PTE_D;
	/* All flags but NX are in the lower half, and halves are what this CPU counts in. */
	uint32_t low = (uint32_t)guest_entry, flags;
	paddr_t frame;

	if ((low & accessed) != accessed ||
	    !guest_frame(shadow->memory, guest_entry_page(guest_entry), &frame))
		return 0;
	/* Accessed and dirty are preset, which saves the CPU writing them back. */
	flags = accessed | (low & (uint32_t)PTE_U);
	/* A clean page stays read-only, so that the first write comes here and is seen. */
	if ((low & dirty) == dirty)
		flags |= dirty;
	frame |= flags;
	if (shadow->no_execute)
		frame |= guest_entry & PTE_NX;
	return frame;
}

/* --- address spaces (mm/shadow_space.c) --- */

/*
 * The leaf for a slot whose guest levels were read into info and marked, linked; LINK_PAGES must
 * be left in the budget.
 */
struct shadow_leaf *space_link(struct shadow *shadow, struct address_space *space, uint32_t slot,
			       const struct guest_slot *info);
/*
 * Brings one slot up to date, its leaf only if not of this generation; false when it is not
 * linked, or no more.
 */
bool space_recheck(struct shadow *shadow, struct address_space *space, uint32_t slot);
/*
 * Brings slots [first, end) up to date, with the leaves that are not of this generation; all:
 * every leaf.
 */
void space_resync(struct shadow *shadow, struct address_space *space, uint32_t first, uint32_t end,
		  bool all);
/*
 * A linked slot, not for good if the current one's kernel stack is there: the CPU sees nothing of
 * it, and whoever touches it has its leaf read again.
 */
void space_put_to_sleep(struct shadow *shadow, struct address_space *space, uint32_t slot);

/*
 * Forgets all address spaces; from now on the guest's tables are in reader's format, and root is
 * current.
 */
void space_restart(struct shadow *shadow, const struct guest_reader *reader, uint32_t root);
/*
 * An address space with this root, which has none but a place; with what the kernel has in all
 * of them.
 */
struct address_space *space_create(struct shadow *shadow, uint32_t root);

/* --- what the budget has room for (mm/shadow_budget.c) --- */

/* Frees pages of the budget until `pages` (LINK_PAGES at most) are left. */
void space_reclaim(struct shadow *shadow, uint32_t pages);
/*
 * Is there a place for another address space, with this root?  When not, whoever has it was
 * made to give away what one call can take: ask again.
 */
bool space_has_place(struct shadow *shadow, uint32_t root);
/* The structure for one that has a place, zeroed. */
struct address_space *space_alloc(struct shadow *shadow);
/* All pages and structures are free again; nothing is current. */
void shadow_forget_all(struct shadow *shadow);
/* As if nothing had ever been in use: before any leaf or address space is made. */
void shadow_start_pools(struct shadow *shadow);
/* Takes a slot's leaf away, which must be linked. */
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
 * Finds out from the guest's initial page tables, where it has some, what their format
 * is; address is one whose entry may have changed.  True: it is known now.
 */
bool shadow_initial_learn(struct shadow *shadow, uint32_t address);
/* The guest has told its format, if it has initial page tables. */
void shadow_initial_told(struct shadow *shadow, bool pae);
/* NEW_PGTABLE: settles the format.  False: it is not settled, and there is nothing to switch to. */
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

/* The frame of the leaf that the entry of a linked slot names, awake or asleep. */
static inline uint64_t slot_frame(uint64_t entry)
{
	return (entry & PTE_P ? entry : ~entry) & PTE_FRAME;
}

/* Linked or not: is there anything that the CPU can use? */
static inline bool space_is_awake(const struct address_space *space, uint32_t slot)
{
	const uint64_t *entry = space_slot(space, slot);

	return entry && *entry & PTE_P;
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

/* Pages of the budget, from the frames set aside for it. */
static inline void *shadow_page_alloc(struct shadow *shadow)
{
	void *page = shadow->free_pages;

	shadow->used++;
	if (!page)
		return page_alloc_reserved();
	shadow->free_pages = *(void **)page;
	return memset(page, 0, PAGE_SIZE);
}

/* Kept for the next table: the frame was set aside for this guest and is of no use to others. */
static inline void shadow_page_free(struct shadow *shadow, void *page)
{
	shadow->used--;
	*(void **)page = shadow->free_pages;
	shadow->free_pages = page;
}

static inline enum shadow_result shadow_bad(struct shadow *shadow, const char *why, uint64_t entry)
{
	shadow->bad = why;
	shadow->bad_entry = entry;
	return SHADOW_BAD;
}

#endif

// SPDX-License-Identifier: GPL-2.0-only
/*
 * The invariants of the shadow tables, checked entry by entry.
 *
 *   1. A present leaf entry maps a frame that the guest has, at the guest page
 *      that the guest's entry names, below the guest's limit.
 *   2. It is writable only if the guest's entry is present, writable and dirty,
 *      and the frame is the guest's alone.
 *   3. It implies that the guest's entry is marked accessed.
 *   4. It is user-accessible only if every level of the guest's mapping is.
 *   5. The Switcher slot holds this CPU's Switcher PTE page and nothing else;
 *      no other entry maps a frame of Umbra.
 *   6. A leaf has as many parents as directory entries name it, and at least
 *      one.
 *   7. What the guest has not flushed may be stale as a TLB may be stale, and
 *      no staler.
 *
 * 1 to 4 speak of the guest's entry as it was when the shadow was made.  The
 * audit runs at the end of FLUSH_TLB of everything, when nothing in the current
 * address space may be stale: so it checks 7 too, by demanding that 1 to 4 hold
 * of the guest's tables as they are.
 */
#include "arch/cpu/assert.h"
#include "arch/cpu/cpu.h"
#include "mm/shadow_internal.h"
#include "mm/shadow_middle.h"

/* What was shared may have become the guest's own since, because the others are gone. */
static bool is_what_is_permitted(const struct shadow *shadow, uint64_t guest, uint64_t entry)
{
	uint64_t permitted = leaf_entry_for(shadow, guest);

	return entry == permitted ||
	       (shadow->memory->is_shared && entry == (permitted & ~(PTE_W | PTE_D)));
}

static void audit_leaf(const struct shadow *shadow, const struct shadow_leaf *leaf)
{
	struct guest_entries entries;
	uint32_t live = 0;

	guest_find_entries(shadow->reader, shadow->memory, leaf->key, &entries);
	for (uint32_t i = 0; i < SLOT_ENTRIES; i++) {
		uint64_t entry = leaf->table[i];
		bool marked = leaf->present[i / 32] >> (i % 32) & 1;

		live += marked;
		assert(marked == (entry != 0));
		assert(!(entry & PTE_W) || leaf->writable & BIT(i / 32));
		/* 1-4 and 7: exactly what the guest's entry permits, or nothing. */
		assert(entry == 0 || is_what_is_permitted(shadow, guest_entry(&entries, i), entry));
	}
	assert(live == leaf->live);
}

/* A slot of the current address space that the CPU sees. */
static void audit_awake(const struct shadow *shadow, const struct shadow_leaf *leaf, uint32_t slot)
{
	const struct address_space *space = shadow->current;
	uint64_t entry = *space_slot(space, slot);
	struct guest_slot info;

	assert(space_read_slot(shadow, space, slot, &info) == WALK_PRESENT);
	assert(info.key == leaf->key);
	assert(!middle_is_new(shadow, space, slot, &info));
	assert((entry & ~info.flags & (PTE_W | PTE_U)) == 0);	/* 2 and 4 */
	audit_leaf(shadow, leaf);
}

static void audit_slot(const struct shadow *shadow, const struct address_space *space,
		       uint32_t slot)
{
	const struct shadow_leaf *leaf = space_leaf(space, slot);
	uint64_t entry = *space_slot(space, slot);

	assert(slot < shadow->limit);
	assert(leaf && leaf->table == direct_map(slot_frame(entry)));
	/*
	 * A sleeping leaf is not visible to the CPU, and is read again before it becomes visible.
	 */
	if (space == shadow->current && entry & PTE_P)
		audit_awake(shadow, leaf, slot);
}

static void audit_space(const struct shadow *shadow, const struct address_space *space)
{
	for (uint32_t slot = 0; slot < SLOT_COUNT; slot++) {
		const uint64_t *entry = space_slot(space, slot);

		if (space_is_linked(space, slot))
			audit_slot(shadow, space, slot);
		else if (slot != SWITCHER_SLOT)
			assert(!entry || *entry == 0);	/* 5 */
	}
	if (space->hooked)
		assert((*space_slot(space, SWITCHER_SLOT) & PTE_FRAME) ==
		       direct_physical(space->hooked->guest_switcher_table));	/* 5 */
}

/* 6: counts the directory entries that name leaf. */
static uint32_t count_parents(const struct shadow *shadow, const struct shadow_leaf *leaf)
{
	struct address_space *space;
	uint32_t count = 0;

	list_for_each(space, &shadow->spaces, recency)
		for (uint32_t slot = 0; slot < shadow->limit; slot++)
			count += space_is_linked(space, slot) && space_leaf(space, slot) == leaf;
	return count;
}

/* Each returns how many pages of the budget it has counted. */

static uint32_t audit_spaces(const struct shadow *shadow)
{
	struct address_space *space;
	uint32_t pages = 0;

	list_for_each(space, &shadow->spaces, recency) {
		audit_space(shadow, space);
		for (unsigned i = 0; i < 4; i++)
			pages += space->directories[i] != NULL;
	}
	return pages;
}

static uint32_t audit_leaves(const struct shadow *shadow)
{
	uint32_t pages = 0;

	for (uint32_t i = 1; i < shadow->leaves_made; i++) {
		const struct shadow_leaf *leaf = &shadow->leaf_pool[i];

		if (!leaf->table)
			continue;
		assert(leaf->parents > 0 && leaf->parents == count_parents(shadow, leaf));
		assert(leaf_find(shadow, leaf->key) == leaf);
		pages++;
	}
	return pages;
}

static uint32_t audit_index(const struct shadow *shadow)
{
	uint32_t pages = 0;

	for (uint32_t i = 0; i < INDEX_PIECES; i++) {
		assert((shadow->index[i].leaves != NULL) == (shadow->index[i].used > 0));
		pages += shadow->index[i].leaves != NULL;
	}
	return pages;
}

/* A page that is said to be clear: only its first word, which leads to the next one, is not 0. */
static void audit_clear_page(const uint32_t *page)
{
	for (uint32_t i = sizeof(void *) / sizeof(*page); i < PAGE_SIZE / sizeof(*page); i++)
		assert(page[i] == 0);
}

/* Returns how many free pages there are. */
static uint32_t audit_free_pages(const struct shadow *shadow)
{
	uint32_t free = 0, clear = 0;

	for (void *page = shadow->free_pages; page; page = *(void **)page)
		free++;
	for (void *page = shadow->clear_pages; page; page = *(void **)page, clear++)
		audit_clear_page(page);
	assert(clear == shadow->clear_count);
	return free + clear;
}

void shadow_audit(const struct shadow *shadow)
{
	uint32_t pages = audit_spaces(shadow) + audit_leaves(shadow) + audit_index(shadow);

	middle_audit(shadow);
	assert(pages == shadow->used);
	assert(pages + audit_free_pages(shadow) <= shadow->budget);
}

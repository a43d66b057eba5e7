// SPDX-License-Identifier: GPL-2.0-only
/*
 * What only kernels made for Umbra tell, beyond lguest's protocol (docs/protocol.md, Additions): a
 * page that its fault handler has just mapped, and a flush of which only write permission matters.
 * Both do no more than a fault or a flush might do by itself.
 */
#include "mm/shadow_internal.h"

/* Is the entry one of the kernel stack's, which shadow_pin has made sure of? */
static bool is_pinned_entry(const struct shadow *shadow, const struct shadow_leaf *leaf,
			    uint32_t index)
{
	uint32_t page = (shadow->pin_last - index) % SLOT_ENTRIES;

	return page < shadow->pin_pages && leaf == shadow->pin_leaves[page];
}

/* Is the page of the current address space one that a fault could map without marking anything? */
static bool is_ready(const struct shadow *shadow, uint32_t address, struct guest_slot *info,
		     struct guest_entries *entries, uint64_t *entry)
{
	const uint32_t accessed = PTE_P | PTE_A;

	if (space_read_slot(shadow, shadow->current, address >> SLOT_SHIFT, info) !=
		    WALK_PRESENT ||
	    !((uint32_t)info->flags & PTE_A))
		return false;
	guest_find_entries(shadow->reader, shadow->memory, info->key, entries);
	*entry = guest_entry(entries, ENTRY_INDEX(address));
	return ((uint32_t)*entry & accessed) == accessed;
}

enum shadow_result shadow_map_page(struct shadow *shadow, gva_t gva, bool around)
{
	uint32_t address = gva_value(gva), slot = address >> SLOT_SHIFT;
	struct guest_entries entries;
	struct shadow_leaf *leaf;
	struct guest_slot info;
	uint64_t entry;

	if (slot >= shadow->limit)
		return shadow_bad(shadow, "MAP_PAGE in the range that is not the guest's", address);
	/*
	 * The kernel's part, and all while the format is not known, is SET_PTE's affair alone.  So
	 * is one page of a table that the CPU sees: what is around a page that was written has
	 * mostly been looked at before.
	 */
	if (slot >= MIN(shadow->kernel_slot, shadow->pte_limit) ||
	    (!around && space_is_awake(shadow->current, slot)) ||
	    !is_ready(shadow, address, &info, &entries, &entry))
		return shadow_set_pte(shadow, gpa_make(0), gva);
	shadow->work += WORK_SLOT;
	space_make_room(shadow, LINK_PAGES);
	leaf = space_link(shadow, shadow->current, slot, &info);
	if (unlikely(is_pinned_entry(shadow, leaf, ENTRY_INDEX(address))))
		shadow->pinned = false;
	leaf_fill(shadow, leaf, &entries, ENTRY_INDEX(address), entry);
	return SHADOW_DONE;
}

/* Takes write permission from every entry; the first write to each reads it again. */
static void protect_leaf(struct shadow *shadow, struct shadow_leaf *leaf)
{
	const uint32_t writable = PTE_W | PTE_D;

	shadow->work += WORK_SLOT;
	for (uint32_t words = leaf->writable; words; words &= words - 1) {
		uint32_t word = (uint32_t)__builtin_ctz(words);
		uint32_t *table = (uint32_t *)&leaf->table[word * 32];

		shadow->work += 32 / 2;
		for (uint32_t bits = leaf->present[word]; bits; bits &= bits - 1)
			table[2 * (uint32_t)__builtin_ctz(bits)] &= ~writable;
	}
	leaf->writable = 0;
}

/* A leaf that sleeps is no exception: it may be up to date by another slot, and wake up unread. */
enum shadow_result shadow_flush_writable(struct shadow *shadow)
{
	struct address_space *space = shadow->current;
	uint32_t work_end = shadow->work + WORK_PIECE;

	shadow->counters.flushes++;
	if (unlikely(shadow->provisional))
		(void)shadow_initial_learn(shadow, 0);
	for (uint32_t word = 0; word * 32 < shadow->kernel_slot; word++) {
		for (uint32_t bits = space->linked[word]; bits; bits &= bits - 1) {
			uint32_t slot = word * 32 + (uint32_t)__builtin_ctz(bits);
			struct shadow_leaf *leaf;

			if (slot >= shadow->kernel_slot)
				return SHADOW_DONE;
			leaf = space_leaf(space, slot);
			if (leaf == shadow->pin_leaves[0] || leaf == shadow->pin_leaves[1])
				shadow->pinned = false;
			if (unlikely(work_is_over(shadow, work_end)))
				space_put_to_sleep(shadow, space, slot);
			else
				protect_leaf(shadow, leaf);
		}
	}
	return SHADOW_DONE;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * The hypercalls about page tables: changes, flushes and switches.  The guest has already written
 * its tables, so the arguments only say where to look: Umbra always reads the guest's table itself.
 */
#include "mm/shadow_internal.h"

/* SET_PTE replaces INVLPG, which also drops cached directory entries. */
static void sync_in(struct shadow *shadow, struct address_space *space, uint32_t slot,
		    uint32_t index)
{
	if (space_recheck(shadow, space, slot))
		leaf_sync_entry(shadow, space_leaf(space, slot), index);
}

/*
 * A kernel address: no address space may keep the old entry, whichever one the guest named.
 * Directory entries are read again in the current address space only, as INVLPG would.
 */
static void sync_everywhere(struct shadow *shadow, uint32_t slot, uint32_t index)
{
	struct address_space *space = shadow->current;
	struct shadow_leaf *leaf, *last = NULL;

	if (!shadow->slot_links[slot])
		return;
	/* Usually all spaces share one leaf; the count of its parents tells. */
	if (space_recheck(shadow, space, slot)) {
		last = space_leaf(space, slot);
		leaf_sync_entry(shadow, last, index);
		if (!last->several_slots && last->parents == shadow->slot_links[slot])
			return;
	}
	list_for_each(space, &shadow->spaces, recency) {
		shadow->work += WORK_SPACE;
		if (!space_is_linked(space, slot))
			continue;
		leaf = space_leaf(space, slot);
		if (leaf != last)
			leaf_sync_entry(shadow, leaf, index);
		last = leaf;
	}
}

/* Before the format is known nothing in the shadow depends on the guest's tables. */
static enum shadow_result odd_pte(struct shadow *shadow, uint32_t address)
{
	if (address >> SLOT_SHIFT >= shadow->limit)
		return shadow_bad(shadow, "SET_PTE in the range that is not the guest's", address);
	(void)shadow_initial_learn(shadow, address);
	return SHADOW_DONE;
}

enum shadow_result shadow_set_pte(struct shadow *shadow, gpa_t root, gva_t gva)
{
	uint32_t slot = gva_value(gva) >> SLOT_SHIFT;
	uint32_t index = ENTRY_INDEX(gva_value(gva));
	struct address_space *space;

	if (unlikely(slot >= shadow->pte_limit))
		return odd_pte(shadow, gva_value(gva));
	if (slot >= shadow->kernel_slot) {
		sync_everywhere(shadow, slot, index);
		return SHADOW_DONE;
	}
	/* A guest knows its own root only after its first switch and names 0 until then. */
	space = shadow->current;
	if (gpa_value(root) != space->root && gpa_value(root))
		space = space_find(shadow, gpa_value(root));
	if (space)
		sync_in(shadow, space, slot, index);
	return SHADOW_DONE;
}

/* The guest may have removed tables, or replaced them by others or by the same. */
enum shadow_result shadow_set_pgd(struct shadow *shadow, gpa_t root, uint32_t index)
{
	struct address_space *space;
	uint32_t slots;

	if (unlikely(shadow->provisional) && !shadow_initial_learn(shadow, 0) && index >= 4)
		shadow_initial_told(shadow, false);
	slots = shadow->reader == &guest_reader_pae ? SLOT_ENTRIES : 2;
	if (index >= SLOT_COUNT / slots)
		return shadow_bad(shadow, "SET_PGD with an index beyond the table", index);
	space = space_find(shadow, gpa_value(root));
	if (space)
		space_resync(shadow, space, index * slots, (index + 1) * slots, true);
	return SHADOW_DONE;
}

static bool uses_middle_table(const struct shadow *shadow, const struct address_space *space,
			      uint32_t top_index, uint32_t table)
{
	const struct guest_entries top = { .first = shadow->memory->base + space->root, .size = 8 };
	uint64_t entry = guest_entry(&top, top_index);

	return entry & PTE_P && (entry & PTE_FRAME) == table;
}

enum shadow_result shadow_set_pmd(struct shadow *shadow, gpa_t table, uint32_t index)
{
	struct address_space *space;

	if (unlikely(shadow->provisional) && !shadow_initial_learn(shadow, 0))
		shadow_initial_told(shadow, true);
	if (shadow->reader != &guest_reader_pae)
		return shadow_bad(shadow, "SET_PMD without PAE tables", gpa_value(table));
	if (index >= SLOT_ENTRIES)
		return shadow_bad(shadow, "SET_PMD with an index beyond the table", index);
	/*
	 * Any slot of any address space may name the table.  Those of spaces that are not current
	 * are read again when they are touched.
	 */
	list_for_each(space, &shadow->spaces, recency) {
		for (uint32_t i = 0; i < 4; i++) {
			uint32_t slot = i * SLOT_ENTRIES + index;

			if (!space_is_linked(space, slot) ||
			    !uses_middle_table(shadow, space, i, gpa_value(table)))
				continue;
			if (space == shadow->current)
				space_resync(shadow, space, slot, slot + 1, true);
			else
				space_put_to_sleep(shadow, space, slot);
		}
		shadow->work += WORK_SPACE;
	}
	return SHADOW_DONE;
}

enum shadow_result shadow_flush_user(struct shadow *shadow)
{
	shadow->counters.flushes++;
	if (unlikely(shadow->provisional))
		(void)shadow_initial_learn(shadow, 0);
	space_resync(shadow, shadow->current, 0, shadow->kernel_slot, true);
	return SHADOW_DONE;
}

/*
 * The current address space is brought up to date now.  The others' own leaves
 * wait until they are switched to: each remembers the generation it is of.
 */
enum shadow_result shadow_flush_all(struct shadow *shadow)
{
	shadow->counters.flushes++;
	if (unlikely(shadow->provisional))
		(void)shadow_initial_learn(shadow, 0);
	shadow->generation++;
	space_resync(shadow, shadow->current, 0, shadow->limit, false);
	shadow->current->generation = shadow->generation;
	return SHADOW_DONE;
}

/* A root that has no shadow yet; its place is checked here and stays good. */
static enum shadow_result switch_to_new(struct shadow *shadow, uint32_t root)
{
	if (!guest_reader_pae.root_valid(shadow->memory, root))
		return shadow_bad(shadow, "page table outside memory", root);
	if (!shadow->reader->root_valid(shadow->memory, root))
		return shadow_bad(shadow, "page table not aligned", root);
	if (!space_has_place(shadow, root))
		return SHADOW_AGAIN;
	shadow->counters.switches++;
	shadow->pinned = false;
	shadow->current = space_create(shadow, root);
	return SHADOW_DONE;
}

enum shadow_result shadow_switch(struct shadow *shadow, gpa_t root_address)
{
	uint32_t root = gpa_value(root_address);
	struct address_space *space;

	if (unlikely(shadow->provisional)) {
		if (!guest_reader_pae.root_valid(shadow->memory, root))
			return shadow_bad(shadow, "page table outside memory", root);
		if (!shadow_initial_switch(shadow, root))
			return SHADOW_DONE;
	}
	space = space_find(shadow, root);
	if (unlikely(!space))
		return switch_to_new(shadow, root);
	shadow->counters.switches++;
	shadow->pinned = false;
	list_remove(&space->recency);
	list_add_first(&shadow->spaces, &space->recency);
	shadow->current = space;
	if (unlikely(space->generation != shadow->generation)) {
		space_resync(shadow, space, 0, shadow->limit, false);
		space->generation = shadow->generation;
	}
	return SHADOW_DONE;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * The hypercalls about page tables: changes, flushes and switches.  The guest has already written
 * its tables, so the arguments only say where to look: Umbra always reads the guest's table itself.
 */
#include "mm/shadow_internal.h"
#include "mm/shadow_middle.h"

static void sync_entry(struct shadow *shadow, struct shadow_leaf *leaf, uint32_t index)
{
	struct guest_entries entries;

	guest_find_entries(shadow->reader, shadow->memory, leaf->key, &entries);
	leaf_sync_entry(shadow, leaf, &entries, index);
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
		sync_entry(shadow, last, index);
		if (!last->several_slots && last->parents == shadow->slot_links[slot])
			return;
	}
	list_for_each(space, &shadow->spaces, recency) {
		shadow->work += WORK_SPACE;
		if (!space_is_linked(space, slot))
			continue;
		leaf = space_leaf(space, slot);
		if (leaf != last)
			sync_entry(shadow, leaf, index);
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

/*
 * Is this the table that SET_PTE was for last?  SET_PTE stands for INVLPG, which drops what the CPU
 * has cached of the directory entry, too: so that one is looked at again, but as long as it and the
 * shadow's are as they were the table is the same.
 */
static inline bool is_told_table(const struct shadow *shadow, uint32_t root, uint32_t slot)
{
	const struct told_table *told = &shadow->told;

	return told->slot == slot && told->space == shadow->current &&
	       (told->space->root == root || !root) &&
	       READ_ONCE(told->upper[0]) == told->upper_low &&
	       (told->entries.size == 4 || (READ_ONCE(told->upper[1]) == told->upper_high &&
					    READ_ONCE(*told->top) == told->top_low)) &&
	       *told->link == told->link_low && told->leaf->generation == shadow->generation;
}

/* What the guest's entry above says; the guest may have changed that one, too. */
static bool remember_upper(struct shadow *shadow, const struct address_space *space, uint32_t slot)
{
	struct told_table *told = &shadow->told;
	const void *top = NULL;

	told->space = NULL;
	told->upper = shadow->reader->upper(shadow->memory, space->root, slot, &top);
	if (!told->upper)
		return false;
	told->upper_low = READ_ONCE(told->upper[0]);
	told->top = top;
	if (top) {
		told->upper_high = READ_ONCE(told->upper[1]);
		told->top_low = READ_ONCE(*told->top);
	}
	return true;
}

/* The table of a slot that is linked, for the next SET_PTE. */
static void remember_table(struct shadow *shadow, const struct address_space *space, uint32_t slot)
{
	struct told_table *told = &shadow->told;

	told->space = space;
	told->slot = slot;
	told->link = (const uint32_t *)space_slot(space, slot);
	told->link_low = *told->link;
	told->leaf = space_leaf(space, slot);
	guest_find_entries(shadow->reader, shadow->memory, told->leaf->key, &told->entries);
}

/* The CPU does not see the slot's leaf, no other slot has it, and it is read again when touched. */
static bool is_unseen(const struct shadow *shadow, const struct address_space *space, uint32_t slot)
{
	const struct shadow_leaf *leaf = space_leaf(space, slot);

	return !space_is_awake(space, slot) && leaf->parents == 1 &&
	       leaf->generation != shadow->generation;
}

/* A program's address, in a slot that is linked in the current address space or in another one. */
static void sync_in(struct shadow *shadow, struct address_space *space, uint32_t slot,
		    uint32_t index)
{
	bool is_worth_it;

	if (is_unseen(shadow, space, slot))
		return;
	is_worth_it = space == shadow->current && remember_upper(shadow, space, slot);
	if (!space_recheck(shadow, space, slot))
		return;
	sync_entry(shadow, space_leaf(space, slot), index);
	if (is_worth_it)
		remember_table(shadow, space, slot);
}

/* SET_PTE where is_told_table does not help. */
static enum shadow_result __noinline set_pte_by_walk(struct shadow *shadow, uint32_t root,
						     uint32_t address)
{
	uint32_t slot = address >> SLOT_SHIFT;
	struct address_space *space;

	if (unlikely(slot >= shadow->pte_limit))
		return odd_pte(shadow, address);
	if (slot >= shadow->kernel_slot) {
		sync_everywhere(shadow, slot, ENTRY_INDEX(address));
		return SHADOW_DONE;
	}
	/* A guest knows its own root only after its first switch and names 0 until then. */
	space = shadow->current;
	if (root != space->root && root)
		space = space_find(shadow, root);
	if (space && space_is_linked(space, slot)) {
		sync_in(shadow, space, slot, ENTRY_INDEX(address));
	} else if (root) {
		shadow->told.idle_root = root;
		shadow->told.idle_slot = slot;
	}
	return SHADOW_DONE;
}

enum shadow_result shadow_set_pte(struct shadow *shadow, gpa_t root, gva_t gva)
{
	struct told_table *told = &shadow->told;

	if (gva_value(gva) >> SLOT_SHIFT == told->idle_slot && gpa_value(root) == told->idle_root)
		return SHADOW_DONE;
	if (!is_told_table(shadow, gpa_value(root), gva_value(gva) >> SLOT_SHIFT))
		return set_pte_by_walk(shadow, gpa_value(root), gva_value(gva));
	shadow->work += WORK_ENTRY;
	leaf_sync_entry(shadow, told->leaf, &told->entries, ENTRY_INDEX(gva_value(gva)));
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

/*
 * Entry index of a middle table has changed: for all who use the table, with whatever quarter of
 * their addresses.
 */
static void middle_entry_changed(struct shadow *shadow, uint32_t table, uint32_t index)
{
	uint32_t first = middle_first(shadow, table), number = first, quarters = 0;

	while (number != MIDDLE_END) {
		struct address_space *space = &shadow->space_pool[number / 4];
		uint32_t quarter = number % 4, slot = quarter * SLOT_ENTRIES + index;

		shadow->work += WORK_SPACE / 2;
		if (space == shadow->current)
			quarters |= BIT(quarter);
		else if (space_is_linked(space, slot))
			/* What is not current is read again when it is touched. */
			space_put_to_sleep(shadow, space, slot);
		number = middle_user(shadow, number)->next;
		if (number == first)
			break;
	}
	for (; quarters; quarters &= quarters - 1) {
		uint32_t slot = (uint32_t)__builtin_ctz(quarters) * SLOT_ENTRIES + index;

		space_resync(shadow, shadow->current, slot, slot + 1, true);
	}
}

enum shadow_result shadow_set_pmd(struct shadow *shadow, gpa_t table, uint32_t index)
{
	if (unlikely(shadow->provisional) && !shadow_initial_learn(shadow, 0))
		shadow_initial_told(shadow, true);
	if (shadow->reader != &guest_reader_pae)
		return shadow_bad(shadow, "SET_PMD without PAE tables", gpa_value(table));
	if (index >= SLOT_ENTRIES)
		return shadow_bad(shadow, "SET_PMD with an index beyond the table", index);
	if (IS_ALIGNED(gpa_value(table), PAGE_SIZE))
		middle_entry_changed(shadow, gpa_value(table) | (uint32_t)PTE_P, index);
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

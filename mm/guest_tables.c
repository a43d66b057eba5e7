// SPDX-License-Identifier: GPL-2.0-only
/*
 * The readers of guests' page tables: linear, two levels, PAE.  Formats: SDM vol. 3, 4.3
 * (32-bit) and 4.4 (PAE).
 */
#include "mm/guest_tables.h"

/* --- linear ---------------------------------------------------------------- */

static enum walk_result linear_slot(const struct guest_memory *memory, uint32_t root,
				    uint32_t slot, struct guest_slot *result)
{
	(void)root;
	result->key = slot;
	result->flags = PTE_P | PTE_W | PTE_A;
	return slot * SLOT_ENTRIES < memory->pages ? WALK_PRESENT : WALK_ABSENT;
}

static void linear_mark_slot(const struct guest_memory *memory, uint32_t root, uint32_t slot)
{
	(void)memory;
	(void)root;
	(void)slot;
}

static void linear_entries(const struct guest_memory *memory, uint32_t key,
			   struct guest_entries *entries)
{
	entries->first = NULL;
	entries->size = 8;
	entries->first_page = key * SLOT_ENTRIES;
	entries->pages = memory->pages;
	entries->flags = PTE_P | PTE_W | PTE_A | PTE_D;
}

static bool linear_root_valid(const struct guest_memory *memory, uint32_t root)
{
	(void)memory;
	return root == 0;
}

const struct guest_reader guest_reader_linear = {
	"linear", linear_slot, linear_mark_slot, linear_entries, linear_root_valid,
};

/* --- two levels -------------------------------------------------------------- */

/* A table of 1024 entries serves two slots; the key's lowest bit says which half. */

static uint32_t *directory_entry(const struct guest_memory *memory, uint32_t root, uint32_t slot)
{
	return (uint32_t *)guest_page(memory, root >> PAGE_SHIFT) + slot / 2;
}

static enum walk_result two_level_slot(const struct guest_memory *memory, uint32_t root,
				       uint32_t slot, struct guest_slot *result)
{
	uint32_t entry = READ_ONCE(*directory_entry(memory, root, slot));

	result->flags = entry;
	if (!(entry & PTE_P))
		return WALK_ABSENT;
	if (entry & PTE_PS || entry >> PAGE_SHIFT >= memory->pages)
		return WALK_BAD;
	result->key = (entry >> PAGE_SHIFT) << 1 | (slot & 1);
	result->flags = entry & (PTE_P | PTE_W | PTE_U | PTE_A);
	return WALK_PRESENT;
}

static void two_level_mark_slot(const struct guest_memory *memory, uint32_t root, uint32_t slot)
{
	*directory_entry(memory, root, slot) |= (uint32_t)PTE_A;
}

static void two_level_entries(const struct guest_memory *memory, uint32_t key,
			      struct guest_entries *entries)
{
	uint32_t *table = guest_page(memory, key >> 1);

	entries->first = table + (key & 1) * SLOT_ENTRIES;
	entries->size = 4;
}

static bool page_root_valid(const struct guest_memory *memory, uint32_t root)
{
	return IS_ALIGNED(root, PAGE_SIZE) && root >> PAGE_SHIFT < memory->pages;
}

const struct guest_reader guest_reader_two_level = {
	"two-level", two_level_slot, two_level_mark_slot, two_level_entries, page_root_valid,
};

/* --- PAE --------------------------------------------------------------------- */

static uint64_t read_entry(const void *table, uint32_t index)
{
	const struct guest_entries entries = { .first = (void *)(uintptr_t)table, .size = 8 };

	return guest_entry(&entries, index);
}

/* Steps down one level: the table that entry names. */
static enum walk_result step(const struct guest_memory *memory, uint64_t entry, void **table)
{
	if (!(entry & PTE_P))
		return WALK_ABSENT;
	if (guest_entry_page(entry) >= memory->pages)
		return WALK_BAD;
	*table = guest_page(memory, guest_entry_page(entry));
	return WALK_PRESENT;
}

/* The middle table of a slot.  The four entries at root have no permission bits. */
static enum walk_result middle_table(const struct guest_memory *memory, uint32_t root,
				     uint32_t slot, void **table, uint64_t *entry)
{
	*entry = read_entry(memory->base + root, slot / SLOT_ENTRIES);
	return step(memory, *entry, table);
}

static enum walk_result pae_slot(const struct guest_memory *memory, uint32_t root, uint32_t slot,
				 struct guest_slot *result)
{
	void *table;
	enum walk_result walk = middle_table(memory, root, slot, &table, &result->flags);

	if (walk != WALK_PRESENT)
		return walk;
	result->flags = read_entry(table, slot % SLOT_ENTRIES);
	walk = step(memory, result->flags, &table);
	if (walk != WALK_PRESENT)
		return walk;
	if (result->flags & PTE_PS)
		return WALK_BAD;
	result->key = guest_entry_page(result->flags) << 1;
	result->flags &= PTE_P | PTE_W | PTE_U | PTE_A | PTE_NX;
	return WALK_PRESENT;
}

static void pae_mark_slot(const struct guest_memory *memory, uint32_t root, uint32_t slot)
{
	void *table;
	uint64_t entry;

	if (middle_table(memory, root, slot, &table, &entry) == WALK_PRESENT)
		((uint32_t *)table)[2 * (slot % SLOT_ENTRIES)] |= (uint32_t)PTE_A;
}

static void pae_entries(const struct guest_memory *memory, uint32_t key,
			struct guest_entries *entries)
{
	entries->first = guest_page(memory, key >> 1);
	entries->size = 8;
}

/* The CPU itself requires 32-byte alignment of CR3 with PAE. */
static bool pae_root_valid(const struct guest_memory *memory, uint32_t root)
{
	return IS_ALIGNED(root, 32u) && root >> PAGE_SHIFT < memory->pages;
}

const struct guest_reader guest_reader_pae = {
	"PAE", pae_slot, pae_mark_slot, pae_entries, pae_root_valid,
};

bool guest_top_is_pae(const uint32_t *table)
{
	const uint32_t allowed = PAGE_MASK | PTE_P | PTE_PWT | PTE_PCD;
	bool any = false;

	for (unsigned i = 0; i < 4; i++) {
		uint32_t low = READ_ONCE(table[2 * i]), high = READ_ONCE(table[2 * i + 1]);

		if (high != 0 || (low & ~allowed) || (low && !(low & PTE_P)))
			return false;
		any |= low != 0;
	}
	return any;
}

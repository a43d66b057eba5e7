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
	"linear", 0, linear_slot, linear_mark_slot, NULL, linear_entries, linear_root_valid,
};

/* --- two levels -------------------------------------------------------------- */

static void two_level_mark_slot(const struct guest_memory *memory, uint32_t root, uint32_t slot)
{
	uint32_t *directory = guest_page(memory, root >> PAGE_SHIFT);

	directory[slot / 2] |= (uint32_t)PTE_A;
}

static const void *two_level_upper(const struct guest_memory *memory, uint32_t root, uint32_t slot,
				   const void **top)
{
	const uint32_t *directory = guest_page(memory, root >> PAGE_SHIFT);

	(void)top;
	return &directory[slot / 2];
}

static bool page_root_valid(const struct guest_memory *memory, uint32_t root)
{
	return IS_ALIGNED(root, PAGE_SIZE) && root >> PAGE_SHIFT < memory->pages;
}

const struct guest_reader guest_reader_two_level = {
	"two-level", 4, two_level_slot, two_level_mark_slot, two_level_upper, NULL, page_root_valid,
};

/* --- PAE --------------------------------------------------------------------- */

static inline __force_inline uint64_t read_entry(const void *table, uint32_t index)
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
static inline __force_inline enum walk_result
middle_table(const struct guest_memory *memory, uint32_t root, uint32_t slot, void **table,
	     uint64_t *entry)
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
	result->middle = (uint32_t)result->flags & (PAGE_MASK | (uint32_t)PTE_P);
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

static const void *pae_upper(const struct guest_memory *memory, uint32_t root, uint32_t slot,
			     const void **top)
{
	void *table;
	uint64_t entry;

	*top = (const uint64_t *)(memory->base + root) + slot / SLOT_ENTRIES;
	if (middle_table(memory, root, slot, &table, &entry) != WALK_PRESENT)
		return NULL;
	return (uint64_t *)table + slot % SLOT_ENTRIES;
}

/* The CPU itself requires 32-byte alignment of CR3 with PAE. */
static bool pae_root_valid(const struct guest_memory *memory, uint32_t root)
{
	return IS_ALIGNED(root, 32u) && root >> PAGE_SHIFT < memory->pages;
}

const struct guest_reader guest_reader_pae = {
	"PAE", 8, pae_slot, pae_mark_slot, pae_upper, NULL, pae_root_valid,
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

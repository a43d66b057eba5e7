// SPDX-License-Identifier: GPL-2.0-only
/*
 * Places, fills and compares the initial page tables of generation A.  One function computes each
 * entry, both for writing the tables and for finding out what the guest has changed.
 */
#include "mm/initial_tables.h"

#define DIRECTORY_ENTRIES 1024u
#define TABLE_ENTRIES 1024u
#define PAE_ENTRIES 512u
#define PAE_SLOT_PAGES (1u << 18)	/* of one entry of the PAE top level: 1 GB */
#define PAE_TOP_WORDS 8u
#define WORD_BYTES 4u
#define TABLE_FLAGS ((uint32_t)(PTE_P | PTE_W | PTE_U))

/* --- what they say -------------------------------------------------------------- */

/* How many pages can be mapped both from 0 and from kernel_address without the two overlapping. */
static uint32_t window_pages(uint32_t kernel_address)
{
	return MIN(kernel_address, 0u - RESERVED_TOP - kernel_address) >> PAGE_SHIFT;
}

static uint32_t table_count(uint32_t pages, uint32_t entries)
{
	return (pages + entries - 1) / entries;
}

/*
 * The directory entry for table number index of `count` adjacent tables; 0: there is no such table.
 */
static uint32_t naming_entry(uint32_t tables, uint32_t count, uint32_t index)
{
	return index < count ? (tables + index * PAGE_SIZE) | TABLE_FLAGS : 0;
}

/* An entry of the two-level directory, also where the PAE top level takes its place. */
static uint32_t directory_word(const struct initial_tables *initial, uint32_t index)
{
	uint32_t kernel = initial->kernel_address / INITIAL_TABLES_ALIGNMENT;
	uint32_t count = table_count(initial->pages, TABLE_ENTRIES);

	return naming_entry(initial->tables, count, index < kernel ? index : index - kernel);
}

/* The first words of the top-level page: PAE entries 0 and the kernel's name the middle table. */
static uint32_t pae_top_word(const struct initial_tables *initial, uint32_t index)
{
	uint32_t slot = index / 2;
	bool used = slot == 0 || slot == initial->kernel_address >> 30;

	return used && index % 2 == 0 ? initial->middle | (uint32_t)PTE_P : 0;
}

static uint32_t top_word(const struct initial_tables *initial, uint32_t index)
{
	return initial->middle && index < PAE_TOP_WORDS ? pae_top_word(initial, index) :
							directory_word(initial, index);
}

/* Entries of eight bytes are seen as two words, of which the second is 0. */
static uint32_t middle_word(const struct initial_tables *initial, uint32_t index)
{
	uint32_t count = table_count(initial->pae_pages, PAE_ENTRIES);

	return index % 2 ? 0 : naming_entry(initial->pae_tables, count, index / 2);
}

static uint32_t page_word(uint32_t page, uint32_t pages)
{
	return page < pages ? page << PAGE_SHIFT | TABLE_FLAGS : 0;
}

/* What a word must be in the page at `page`, which is one of the tables. */
static uint32_t word_of(const struct initial_tables *initial, uint32_t page, uint32_t word)
{
	if (page == initial->root)
		return top_word(initial, word);
	if (page >= initial->tables)
		return page_word((page - initial->tables) / WORD_BYTES + word, initial->pages);
	if (page == initial->middle)
		return middle_word(initial, word);
	return word % 2 ? 0 : page_word((page - initial->pae_tables) / (2 * WORD_BYTES) + word / 2,
					initial->pae_pages);
}

/* --- making them ----------------------------------------------------------------- */

bool initial_tables_place(struct initial_tables *initial, uint32_t kernel_address,
			  uint32_t ram_pages, uint32_t floor, uint32_t top)
{
	uint32_t pages = MIN(ram_pages, window_pages(kernel_address));
	/* A kernel with PAE tables begins at a multiple of 1 GB; others need no such tables. */
	uint32_t pae_pages = kernel_address % (PAE_SLOT_PAGES << PAGE_SHIFT) ? 0 :
			     MIN(pages, PAE_SLOT_PAGES);
	uint32_t count = table_count(pages, TABLE_ENTRIES);
	uint32_t pae_count = pae_pages ? 1 + table_count(pae_pages, PAE_ENTRIES) : 0;
	uint32_t bytes = (1 + count + pae_count) * PAGE_SIZE;

	if (top < bytes || top - bytes < floor)
		return false;
	*initial = (struct initial_tables){
		.kernel_address = kernel_address,
		.pages = pages,
		.pae_pages = pae_pages,
		.root = top - PAGE_SIZE,
		.tables = top - (1 + count) * PAGE_SIZE,
		.middle = pae_pages ? top - (2 + count) * PAGE_SIZE : 0,
		.pae_tables = top - bytes,
		.filled = top - bytes,
	};
	return true;
}

bool initial_tables_fill(struct initial_tables *initial, const struct guest_memory *memory,
			 uint32_t pages)
{
	for (; pages > 0 && initial->filled <= initial->root; pages--) {
		uint32_t *words = guest_page(memory, initial->filled >> PAGE_SHIFT);

		for (uint32_t i = 0; i < PAGE_SIZE / WORD_BYTES; i++)
			words[i] = word_of(initial, initial->filled, i);
		initial->filled += PAGE_SIZE;
	}
	return initial->filled > initial->root;
}

/* --- what the guest made of them -------------------------------------------------- */

static bool differs(const struct initial_tables *initial, const struct guest_memory *memory,
		    uint32_t page, uint32_t begin, uint32_t end)
{
	const uint32_t *words = guest_page(memory, page >> PAGE_SHIFT);

	for (uint32_t i = begin; i < end; i++)
		if (READ_ONCE(words[i]) != word_of(initial, page, i))
			return true;
	return false;
}

/* Does the entry for a mapped page, `words` words long, differ in the tables at `tables`? */
static bool entry_differs(const struct initial_tables *initial, const struct guest_memory *memory,
			  uint32_t tables, uint32_t words, uint32_t page)
{
	uint32_t offset = page * words * WORD_BYTES;
	uint32_t begin = (offset & ~PAGE_MASK) / WORD_BYTES;

	return differs(initial, memory, tables + (offset & PAGE_MASK), begin, begin + words);
}

static enum initial_format entries_format(const struct initial_tables *initial,
					  const struct guest_memory *memory, uint32_t address)
{
	const uint32_t kernel = initial->kernel_address;
	uint32_t page = (address >= kernel ? address - kernel : address) >> PAGE_SHIFT;

	/* The last table may have entries behind the last page, for the guest to fill. */
	if (page < ALIGN_UP(initial->pages, TABLE_ENTRIES) &&
	    entry_differs(initial, memory, initial->tables, 1, page))
		return INITIAL_TWO_LEVEL;
	if (page < ALIGN_UP(initial->pae_pages, PAE_ENTRIES) &&
	    entry_differs(initial, memory, initial->pae_tables, 2, page))
		return INITIAL_PAE;
	return INITIAL_UNKNOWN;
}

enum initial_format initial_tables_format(const struct initial_tables *initial,
					  const struct guest_memory *memory, uint32_t address)
{
	if (!initial->middle ||
	    differs(initial, memory, initial->root, PAE_TOP_WORDS, DIRECTORY_ENTRIES))
		return INITIAL_TWO_LEVEL;
	if (differs(initial, memory, initial->middle, 0, 2 * PAE_ENTRIES))
		return INITIAL_PAE;
	/* These words are part of both formats. */
	if (differs(initial, memory, initial->root, 0, PAE_TOP_WORDS))
		return guest_top_is_pae(guest_page(memory, initial->root >> PAGE_SHIFT)) ?
		       INITIAL_PAE : INITIAL_TWO_LEVEL;
	return entries_format(initial, memory, address);
}

void initial_tables_drop_pae(const struct initial_tables *initial,
			     const struct guest_memory *memory)
{
	uint32_t *words = guest_page(memory, initial->root >> PAGE_SHIFT);

	/* What the guest itself has written there is kept. */
	for (uint32_t i = 0; initial->middle && i < PAE_TOP_WORDS; i++)
		if (READ_ONCE(words[i]) == pae_top_word(initial, i))
			words[i] = directory_word(initial, i);
}

/* --- reading, before that ----------------------------------------------------------- */

static enum walk_result initial_slot(const struct guest_memory *memory, uint32_t root,
				   uint32_t slot, struct guest_slot *result)
{
	uint32_t kernel = root >> SLOT_SHIFT;
	uint32_t page = (slot < kernel ? slot : slot - kernel) * SLOT_ENTRIES;

	if (page >= MIN(memory->ram_pages, window_pages(root)))
		return WALK_ABSENT;
	result->key = page / SLOT_ENTRIES;
	result->flags = PTE_P | PTE_W | PTE_U | PTE_A;
	return WALK_PRESENT;
}

static void initial_mark_slot(const struct guest_memory *memory, uint32_t root, uint32_t slot)
{
	(void)memory;
	(void)root;
	(void)slot;
}

static void initial_entries(const struct guest_memory *memory, uint32_t key,
			  struct guest_entries *entries)
{
	entries->first = NULL;
	entries->size = 8;
	entries->first_page = key * SLOT_ENTRIES;
	entries->pages = memory->ram_pages;
	entries->flags = PTE_P | PTE_W | PTE_U | PTE_A | PTE_D;
}

static bool initial_root_valid(const struct guest_memory *memory, uint32_t root)
{
	(void)memory;
	return root != 0 && IS_ALIGNED(root, INITIAL_TABLES_ALIGNMENT);
}

const struct guest_reader guest_reader_initial = {
	"initial", 0, initial_slot, initial_mark_slot, NULL, initial_entries, initial_root_valid,
};

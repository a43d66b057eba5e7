// SPDX-License-Identifier: GPL-2.0-only
/*
 * Placing, filling and comparing the initial page tables of generation A.  One
 * function says what each entry is, for those who write it and those who look
 * whether it is still so.
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

/* Memory that can be mapped twice without the two meeting, or reaching into what is Umbra's. */
static uint32_t window_pages(uint32_t kernel_address)
{
	return MIN(kernel_address, 0u - RESERVED_TOP - kernel_address) >> PAGE_SHIFT;
}

static uint32_t table_count(uint32_t pages, uint32_t entries)
{
	return (pages + entries - 1) / entries;
}

/* Of `count` tables one behind the other, the entry that names table index; 0: there is none. */
static uint32_t naming_entry(uint32_t tables, uint32_t count, uint32_t index)
{
	return index < count ? (tables + index * PAGE_SIZE) | TABLE_FLAGS : 0;
}

/* The two-level directory's entry, as if there was no PAE top level in its way. */
static uint32_t directory_word(const struct initial_tables *first, uint32_t index)
{
	uint32_t kernel = first->kernel_address / INITIAL_TABLES_ALIGNMENT;
	uint32_t count = table_count(first->pages, TABLE_ENTRIES);

	return naming_entry(first->tables, count, index < kernel ? index : index - kernel);
}

/* The first words of the top-level page: PAE entries 0 and the kernel's name the middle table. */
static uint32_t pae_top_word(const struct initial_tables *first, uint32_t index)
{
	uint32_t slot = index / 2;
	bool used = slot == 0 || slot == first->kernel_address >> 30;

	return used && index % 2 == 0 ? first->middle | (uint32_t)PTE_P : 0;
}

static uint32_t top_word(const struct initial_tables *first, uint32_t index)
{
	return first->middle && index < PAE_TOP_WORDS ? pae_top_word(first, index) :
							directory_word(first, index);
}

/* Entries of eight bytes are seen as two words, of which the second is 0. */
static uint32_t middle_word(const struct initial_tables *first, uint32_t index)
{
	uint32_t count = table_count(first->pae_pages, PAE_ENTRIES);

	return index % 2 ? 0 : naming_entry(first->pae_tables, count, index / 2);
}

static uint32_t page_word(uint32_t page, uint32_t pages)
{
	return page < pages ? page << PAGE_SHIFT | TABLE_FLAGS : 0;
}

/* What word of the page at `page`, one of the tables', is to be. */
static uint32_t word_of(const struct initial_tables *first, uint32_t page, uint32_t word)
{
	if (page == first->root)
		return top_word(first, word);
	if (page >= first->tables)
		return page_word((page - first->tables) / WORD_BYTES + word, first->pages);
	if (page == first->middle)
		return middle_word(first, word);
	return word % 2 ? 0 : page_word((page - first->pae_tables) / (2 * WORD_BYTES) + word / 2, first->pae_pages);
}

/* --- making them ----------------------------------------------------------------- */

bool initial_tables_place(struct initial_tables *first, uint32_t kernel_address, uint32_t ram_pages,
			uint32_t floor, uint32_t top)
{
	uint32_t pages = MIN(ram_pages, window_pages(kernel_address));
	/* Kernels with PAE tables begin at a slot's border; others have no use for such tables. */
	uint32_t pae_pages = kernel_address % (PAE_SLOT_PAGES << PAGE_SHIFT) ? 0 :
			     MIN(pages, PAE_SLOT_PAGES);
	uint32_t count = table_count(pages, TABLE_ENTRIES);
	uint32_t pae_count = pae_pages ? 1 + table_count(pae_pages, PAE_ENTRIES) : 0;
	uint32_t bytes = (1 + count + pae_count) * PAGE_SIZE;

	if (top < bytes || top - bytes < floor)
		return false;
	*first = (struct initial_tables){
		.kernel_address = kernel_address,
		.pages = pages,
		.pae_pages = pae_pages,
		.root = top - PAGE_SIZE,
		.tables = top - (1 + count) * PAGE_SIZE,
		.middle = pae_pages ? top - (2 + count) * PAGE_SIZE : 0,
		.pae_tables = top - bytes,
		.bottom = top - bytes,
		.filled = top - bytes,
	};
	return true;
}

bool initial_tables_fill(struct initial_tables *first, const struct guest_memory *memory,
		       uint32_t pages)
{
	for (; pages > 0 && first->filled <= first->root; pages--) {
		uint32_t *words = guest_page(memory, first->filled >> PAGE_SHIFT);

		for (uint32_t i = 0; i < PAGE_SIZE / WORD_BYTES; i++)
			words[i] = word_of(first, first->filled, i);
		first->filled += PAGE_SIZE;
	}
	return first->filled > first->root;
}

/* --- what the guest made of them -------------------------------------------------- */

static bool differs(const struct initial_tables *first, const struct guest_memory *memory,
		    uint32_t page, uint32_t begin, uint32_t end)
{
	const uint32_t *words = guest_page(memory, page >> PAGE_SHIFT);

	for (uint32_t i = begin; i < end; i++)
		if (READ_ONCE(words[i]) != word_of(first, page, i))
			return true;
	return false;
}

/* Does the entry for a mapped page, `words` words long, differ in the tables at `tables`? */
static bool entry_differs(const struct initial_tables *first, const struct guest_memory *memory,
			  uint32_t tables, uint32_t words, uint32_t page)
{
	uint32_t offset = page * words * WORD_BYTES;
	uint32_t begin = (offset & ~PAGE_MASK) / WORD_BYTES;

	return differs(first, memory, tables + (offset & PAGE_MASK), begin, begin + words);
}

static enum first_format entries_format(const struct initial_tables *first,
					const struct guest_memory *memory, uint32_t address)
{
	uint32_t linear = address >= first->kernel_address ? address - first->kernel_address : address;
	uint32_t page = linear >> PAGE_SHIFT;

	/* The last table may have entries behind the last page, for the guest to fill. */
	if (page < ALIGN_UP(first->pages, TABLE_ENTRIES) &&
	    entry_differs(first, memory, first->tables, 1, page))
		return FIRST_TWO_LEVEL;
	if (page < ALIGN_UP(first->pae_pages, PAE_ENTRIES) &&
	    entry_differs(first, memory, first->pae_tables, 2, page))
		return FIRST_PAE;
	return FIRST_UNKNOWN;
}

enum first_format initial_tables_format(const struct initial_tables *first,
				      const struct guest_memory *memory, uint32_t address)
{
	if (!first->middle ||
	    differs(first, memory, first->root, PAE_TOP_WORDS, DIRECTORY_ENTRIES))
		return FIRST_TWO_LEVEL;
	if (differs(first, memory, first->middle, 0, 2 * PAE_ENTRIES))
		return FIRST_PAE;
	/* These words belong to both formats. */
	if (differs(first, memory, first->root, 0, PAE_TOP_WORDS))
		return guest_top_is_pae(guest_page(memory, first->root >> PAGE_SHIFT)) ?
		       FIRST_PAE : FIRST_TWO_LEVEL;
	return entries_format(first, memory, address);
}

void initial_tables_drop_pae(const struct initial_tables *first, const struct guest_memory *memory)
{
	uint32_t *words = guest_page(memory, first->root >> PAGE_SHIFT);

	/* What the guest has written there itself stays. */
	for (uint32_t i = 0; first->middle && i < PAE_TOP_WORDS; i++)
		if (READ_ONCE(words[i]) == pae_top_word(first, i))
			words[i] = directory_word(first, i);
}

/* --- reading, before that ----------------------------------------------------------- */

static enum walk_result first_slot(const struct guest_memory *memory, uint32_t root,
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

static void first_mark_slot(const struct guest_memory *memory, uint32_t root, uint32_t slot)
{
	(void)memory;
	(void)root;
	(void)slot;
}

static void first_entries(const struct guest_memory *memory, uint32_t key,
			  struct guest_entries *entries)
{
	entries->first = NULL;
	entries->size = 8;
	entries->first_page = key * SLOT_ENTRIES;
	entries->pages = memory->ram_pages;
	entries->flags = PTE_P | PTE_W | PTE_U | PTE_A | PTE_D;
}

static bool first_root_valid(const struct guest_memory *memory, uint32_t root)
{
	(void)memory;
	return root != 0 && IS_ALIGNED(root, INITIAL_TABLES_ALIGNMENT);
}

const struct guest_reader guest_reader_first = {
	"first", first_slot, first_mark_slot, first_entries, first_root_valid,
};

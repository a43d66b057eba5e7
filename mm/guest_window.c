// SPDX-License-Identifier: GPL-2.0-only
/*
 * Makes, loads and takes apart a guest's window.
 */
#include "mm/guest_window.h"

#include "arch/assert.h"
#include "arch/cpu.h"
#include "arch/layout.h"
#include "arch/x86.h"
#include "lib/error.h"
#include "lib/string.h"
#include "mm/frames.h"

#define WINDOW_FLAGS (PTE_P | PTE_W | PTE_A | PTE_D)

static uint64_t no_execute(void)
{
	return cpu_features()->nx ? PTE_NX : 0;
}

/* The directory entry for a guest page, making the directory; NULL when memory is out. */
static uint64_t *directory_entry(struct guest_memory *memory, uint32_t page)
{
	uint64_t **directory = &memory->directories[page >> WINDOW_DIRECTORY_SHIFT];

	if (!*directory)
		*directory = page_alloc();
	if (!*directory)
		return NULL;
	return &(*directory)[page >> WINDOW_ENTRY_SHIFT & WINDOW_TABLE_MASK];
}

static bool map_chunk(struct guest_memory *memory, uint32_t page)
{
	uint64_t *entry = directory_entry(memory, page);
	paddr_t chunk;

	if (!entry || !chunk_alloc(&chunk))
		return false;
	*entry = chunk | WINDOW_FLAGS | PTE_PS | no_execute();
	memory->pages += FRAMES_PER_CHUNK;
	return true;
}

static bool map_frame(struct guest_memory *memory, uint32_t page)
{
	uint64_t *entry = directory_entry(memory, page), *table;
	paddr_t frame;

	if (!entry)
		return false;
	if (!*entry) {
		table = page_alloc();
		if (!table)
			return false;
		*entry = direct_physical(table) | PTE_P | PTE_W;
	}
	table = direct_map(*entry & PTE_FRAME);
	if (!frame_alloc(FRAME_ANY, &frame))
		return false;
	table[page & WINDOW_TABLE_MASK] = frame | WINDOW_FLAGS | no_execute();
	memory->pages++;
	return true;
}

int guest_memory_create(struct guest_memory *memory, uint32_t ram_pages, uint32_t device_pages)
{
	uint32_t pages = ram_pages + device_pages;

	memset(memory, 0, sizeof(*memory));
	assert(pages <= GUEST_WINDOW_END / PAGE_SIZE);
	while (memory->pages < pages) {
		bool whole = IS_ALIGNED(memory->pages, FRAMES_PER_CHUNK) &&
			     pages - memory->pages >= FRAMES_PER_CHUNK;

		if (whole && map_chunk(memory, memory->pages))
			continue;
		if (!map_frame(memory, memory->pages)) {
			guest_memory_destroy(memory);
			return -E_NOMEM;
		}
	}
	memory->ram_pages = ram_pages;
	return 0;
}

static void free_table(uint64_t *table)
{
	for (unsigned i = 0; i < 512; i++)
		if (table[i])
			frame_free(table[i] & PTE_FRAME);
	page_free(table);
}

static void free_directory(uint64_t *directory)
{
	for (unsigned i = 0; i < 512; i++) {
		if (directory[i] & PTE_PS)
			chunk_free(directory[i] & PTE_FRAME);
		else if (directory[i])
			free_table(direct_map(directory[i] & PTE_FRAME));
	}
	page_free(directory);
}

static bool is_loaded(const struct guest_memory *memory)
{
	const uint64_t *pdpt = this_cpu()->pages->host_pdpt;

	return memory->directories[0] && pdpt[0] == (direct_physical(memory->directories[0]) | PTE_P);
}

void guest_memory_destroy(struct guest_memory *memory)
{
	/* The window may be another guest's, which goes on when this one could not be made. */
	if (is_loaded(memory))
		guest_window_load(NULL);
	for (unsigned i = 0; i < WINDOW_DIRECTORIES; i++)
		if (memory->directories[i])
			free_directory(memory->directories[i]);
	memset(memory, 0, sizeof(*memory));
}

void guest_window_load(struct guest_memory *memory)
{
	struct cpu_pages *pages = this_cpu()->pages;

	for (unsigned i = 0; i < WINDOW_DIRECTORIES; i++)
		pages->host_pdpt[i] = memory && memory->directories[i]
			? direct_physical(memory->directories[i]) | PTE_P : 0;
	/* The CPU reads the four entries when CR3 is loaded, and never else (SDM vol. 3, 4.4.1). */
	write_cr3(direct_physical(pages->host_pdpt));
}

void guest_memory_clear(struct guest_memory *memory, uint32_t first, uint32_t end)
{
	for (uint32_t page = first; page < end; page++)
		memset(guest_page(memory, page), 0, PAGE_SIZE);
}

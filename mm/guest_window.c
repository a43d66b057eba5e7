// SPDX-License-Identifier: GPL-2.0-only
/*
 * Makes a guest's window piece by piece, loads it on a CPU, and takes it apart piece by piece.
 */
#include "mm/guest_window.h"

#include "arch/cpu/assert.h"
#include "arch/cpu/cpu.h"
#include "arch/cpu/layout.h"
#include "arch/cpu/x86.h"
#include "lib/error.h"
#include "lib/string.h"
#include "mm/frame_users.h"
#include "mm/guest_share.h"
#include "mm/host_map.h"

#define WINDOW_FLAGS (PTE_P | PTE_W | PTE_A | PTE_D)

/*
 * One call does work of COST_PIECE, some tens of microseconds, in units of a frame taken or given
 * back.  A chunk is found or given back quickly; finding that there is none takes a search through
 * all chunks, 32768 at most.
 */
#define COST_PIECE 512u
#define COST_FRAME 1u
#define COST_CHUNK 2u
#define COST_SEARCH 256u
#define COST_SPLIT 512u		/* a chunk or a table of it, frame by frame */

static uint64_t no_execute(void)
{
	return cpu_features()->nx ? PTE_NX : 0;
}

static uint64_t *make_table(struct guest_memory *memory)
{
	memory->tables--;
	return page_alloc_reserved();
}

/* The entry for a guest page; its directory is made if need be. */
static uint64_t *directory_entry(struct guest_memory *memory, uint32_t page)
{
	uint64_t **directory = &memory->directories[page >> WINDOW_DIRECTORY_SHIFT];

	if (!*directory)
		*directory = make_table(memory);
	return &(*directory)[page >> WINDOW_ENTRY_SHIFT & WINDOW_TABLE_MASK];
}

/* False when there is no chunk. */
static bool map_chunk(struct guest_memory *memory, uint64_t *entry)
{
	paddr_t chunk;

	if (!chunk_alloc_promised(&chunk))
		return false;
	direct_map_hide_chunk(chunk);
	chunk_users_begin(chunk);
	*entry = chunk | WINDOW_FLAGS | PTE_PS | no_execute();
	memory->frames += FRAMES_PER_CHUNK;
	memory->promised -= FRAMES_PER_CHUNK;
	return true;
}

static void map_frame(struct guest_memory *memory, uint64_t *entry)
{
	uint64_t *table;
	paddr_t frame;

	if (!*entry)
		*entry = direct_physical(make_table(memory)) | PTE_P | PTE_W;
	table = direct_map(*entry & PTE_FRAME);
	frame_alloc_promised(&frame);
	if (direct_map_hide_frame(frame))
		memory->tables--;
	table[memory->frames & WINDOW_TABLE_MASK] = frame | WINDOW_FLAGS | no_execute();
	memory->frames++;
	memory->promised--;
}

/*
 * The most tables that the window can take: tables for each 2 MB, a directory for each GB, and
 * those that take single frames out of the direct map.
 */
static uint32_t tables_max(uint32_t pages)
{
	return WINDOW_DIRECTORIES + (pages + FRAMES_PER_CHUNK - 1) / FRAMES_PER_CHUNK +
	       MIN(pages, direct_map_tables_missing());
}

int guest_memory_create(struct guest_memory *memory, uint32_t ram_pages, uint32_t device_pages)
{
	uint32_t pages = ram_pages + device_pages, tables = tables_max(pages);
	int error;

	memset(memory, 0, sizeof(*memory));
	assert(pages <= GUEST_WINDOW_END / PAGE_SIZE);
	error = frames_reserve(tables);
	if (error)
		return error;
	error = frames_promise(pages);
	if (error) {
		frames_unreserve(tables);
		return error;
	}
	memory->tables = tables;
	memory->ram_pages = ram_pages;
	memory->pages = memory->promised = pages;
	return 0;
}

/* Gets frames for the next page, or for the next 512 from a chunk.  Returns what it cost. */
static unsigned grow(struct guest_memory *memory)
{
	uint64_t *entry = directory_entry(memory, memory->frames);
	unsigned cost = 0;

	if (IS_ALIGNED(memory->frames, FRAMES_PER_CHUNK) && memory->promised >= FRAMES_PER_CHUNK) {
		if (map_chunk(memory, entry))
			return COST_CHUNK;
		cost = COST_SEARCH;
	}
	map_frame(memory, entry);
	return cost + COST_FRAME;
}

/* Gives back the rest of what was promised and reserved: all pages exist, or the guest ends. */
static void give_up_rest(struct guest_memory *memory)
{
	frames_withdraw(memory->promised);
	frames_unreserve(memory->tables);
	memory->promised = memory->tables = 0;
}

bool guest_memory_grow(struct guest_memory *memory)
{
	unsigned done = 0;

	while (memory->promised > 0 && done < COST_PIECE)
		done += grow(memory);
	if (memory->promised > 0)
		return false;
	give_up_rest(memory);
	return true;
}

void guest_memory_reuse(struct guest_memory *memory, uint32_t device_pages)
{
	memory->pages = memory->ram_pages + device_pages;
	assert(memory->pages == memory->frames + memory->promised);
}

/* Gives back the last page's frame, or the chunk that it is in.  Returns what it cost. */
static unsigned shrink(struct guest_memory *memory)
{
	uint32_t last = memory->frames - 1;
	uint64_t *entry = directory_entry(memory, last), *table;

	if (memory->is_shared) {
		/* All that the directory's entry names goes at once, the table too. */
		memory->frames = ALIGN_DOWN(last, FRAMES_PER_CHUNK);
		return guest_share_drop(entry) ? COST_SPLIT : COST_CHUNK;
	}
	if (*entry & PTE_PS) {
		direct_map_show_chunk(*entry & PTE_FRAME);
		chunk_users_end(*entry & PTE_FRAME);
		chunk_free(*entry & PTE_FRAME);
		*entry = 0;
		memory->frames -= FRAMES_PER_CHUNK;
		return COST_CHUNK;
	}
	table = direct_map(*entry & PTE_FRAME);
	direct_map_show_frame(table[last & WINDOW_TABLE_MASK] & PTE_FRAME);
	frame_free(table[last & WINDOW_TABLE_MASK] & PTE_FRAME);
	table[last & WINDOW_TABLE_MASK] = 0;
	memory->frames--;
	return COST_FRAME;
}

/* At most one table for each 2 MB, and mostly far fewer. */
static void free_tables(struct guest_memory *memory)
{
	for (unsigned i = 0; i < WINDOW_DIRECTORIES; i++) {
		uint64_t *directory = memory->directories[i];

		for (unsigned j = 0; directory && j < 512; j++)
			if (directory[j])
				page_free(direct_map(directory[j] & PTE_FRAME));
		if (directory)
			page_free(directory);
	}
}

bool guest_memory_shrink(struct guest_memory *memory)
{
	unsigned done = 0;

	give_up_rest(memory);
	while (memory->frames > 0 && done < COST_PIECE)
		done += shrink(memory);
	if (memory->frames > 0)
		return false;
	free_tables(memory);
	if (memory->is_shared)
		guest_share_end();
	memset(memory, 0, sizeof(*memory));
	return true;
}

static struct guest_memory *loaded[MAX_CPUS];	/* each entry by its own CPU */

struct guest_memory *guest_window_memory(void)
{
	return loaded[this_cpu()->id];
}

void guest_window_load(struct guest_memory *memory)
{
	struct cpu_pages *pages = this_cpu()->pages;

	loaded[this_cpu()->id] = memory;
	for (unsigned i = 0; i < WINDOW_DIRECTORIES; i++)
		pages->host_pdpt[i] = memory && memory->directories[i]
			? direct_physical(memory->directories[i]) | PTE_P : 0;
	/* The CPU reads the four entries only when CR3 is loaded (SDM vol. 3, 4.4.1). */
	write_cr3(direct_physical(pages->host_pdpt));
}

void guest_memory_clear(struct guest_memory *memory, uint32_t first, uint32_t end)
{
	for (uint32_t page = first; page < end; page++)
		memset(guest_page(memory, page), 0, PAGE_SIZE);
}

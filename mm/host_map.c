// SPDX-License-Identifier: GPL-2.0-only
/*
 * Umbra's own page tables.  Above 3 GB all CPUs see the same, except for the temporary mapping
 * and the Switcher's pages: each CPU has a copy of the one directory in which these two differ.
 */
#include "mm/host_map.h"

#include "arch/cpu/assert.h"
#include "arch/cpu/layout.h"
#include "arch/cpu/spinlock.h"
#include "arch/cpu/switcher.h"
#include "arch/cpu/x86.h"
#include "lib/error.h"
#include "lib/string.h"
#include "mm/frames.h"

#define LARGE_PAGE 0x200000u
#define DIRECTORY_INDEX(address) (((address) >> 21) & 511)
#define TABLE_INDEX(address) (((address) >> 12) & 511)

/* Large pages that hold the image and are therefore mapped page by page. */
#define IMAGE_TABLES 4u

/* Accessed and dirty are preset, so that no CPU writes to an entry while another changes it. */
#define DIRECT_FLAGS (PTE_P | PTE_W | PTE_A | PTE_D)

extern const char text_start[], text_end[], rodata_start[], rodata_end[], data_start[], image_end[];
extern const char switcher_load[];

static uint64_t directory[512] __aligned(4096);		/* the master copy */
static uint64_t image_tables[IMAGE_TABLES][512] __aligned(4096);
static uint64_t *direct_tables[DIRECT_MAP_SIZE / LARGE_PAGE];	/* of those mapped page by page */
static uint64_t no_execute;				/* PTE_NX where there is NX */

/* Guards the entries of the direct map once there are guests. */
static struct spinlock lock = SPINLOCK(LOCK_DIRECT_MAP);
static uint32_t mmio_used;				/* bytes of the window */

static bool within(uint32_t address, const char *start, const char *end)
{
	return address >= (uint32_t)start && address < (uint32_t)end;
}

/* W^X: code is not writable, and what is not code does not execute. */
static uint64_t image_flags(uint32_t address)
{
	if (within(address, text_start, text_end))
		return PTE_P;
	if (within(address, switcher_load, rodata_end))
		return PTE_P | no_execute;
	return PTE_P | PTE_W | no_execute;
}

static void map_image_table(unsigned i)
{
	uint32_t base = DIRECT_MAP + i * LARGE_PAGE;

	for (unsigned j = 0; j < 512; j++) {
		uint32_t address = base + j * PAGE_SIZE;

		image_tables[i][j] = (address - DIRECT_MAP) | image_flags(address);
	}
	directory[DIRECTORY_INDEX(base)] = direct_physical(image_tables[i]) | PTE_P | PTE_W;
	direct_tables[i] = image_tables[i];
}

void host_map_init(void)
{
	unsigned image_pages = (direct_physical(image_end) + LARGE_PAGE - 1) / LARGE_PAGE;

	no_execute = cpu_features()->nx ? PTE_NX : 0;
	for (unsigned i = 0; i < DIRECT_MAP_SIZE / LARGE_PAGE; i++)
		directory[DIRECTORY_INDEX(DIRECT_MAP) + i] =
			(uint64_t)i * LARGE_PAGE | DIRECT_FLAGS | PTE_PS | no_execute;
	for (unsigned i = 0; i < MIN(image_pages, IMAGE_TABLES); i++)
		map_image_table(i);
}

/*
 * Other CPUs may walk through the entry at the same time.  They must find the old one, the new one,
 * or one that is not present; so the half with P is written last, or first to take P away.
 */
static void write_entry(uint64_t *entry, uint64_t value)
{
	uint32_t *half = (uint32_t *)(void *)entry;
	uint32_t low = (uint32_t)(value & UINT32_MAX), high = (uint32_t)(value >> 32);

	if (low & PTE_P) {
		WRITE_ONCE(half[1], high);
		WRITE_ONCE(half[0], low);
	} else {
		WRITE_ONCE(half[0], low);
		WRITE_ONCE(half[1], high);
	}
}

/* Sets an entry for all CPUs: also in the copies of the directory that CPUs have already. */
static void set_directory(uint32_t address, uint64_t entry)
{
	write_entry(&directory[DIRECTORY_INDEX(address)], entry);
	for (unsigned id = 0; id < cpu_count(); id++)
		write_entry(&cpu_by_id(id)->pages->host_directory[DIRECTORY_INDEX(address)], entry);
}

/* The entry of the direct map for the small page at address, whose 2 MB have a table. */
static uint64_t *small_entry(uint32_t address)
{
	return &direct_tables[(address - DIRECT_MAP) / LARGE_PAGE][TABLE_INDEX(address)];
}

static bool has_table(uint32_t address)
{
	return direct_tables[(address - DIRECT_MAP) / LARGE_PAGE] != NULL;
}

/* Maps the large page at address by table, of small ones to the same frames. */
static void split(uint32_t address, uint64_t *table)
{
	uint64_t entry = directory[DIRECTORY_INDEX(address)];

	for (unsigned i = 0; i < 512; i++)
		table[i] = (entry & ~PTE_PS) + (uint64_t)i * PAGE_SIZE;
	direct_tables[(address - DIRECT_MAP) / LARGE_PAGE] = table;
	set_directory(address, direct_physical(table) | PTE_P | PTE_W | PTE_A);
}

/* The page below a CPU's stack is taken out of the direct map. */
static int unmap_guard(const uint8_t *guard)
{
	uint32_t address = (uint32_t)guard;
	uint64_t *table;

	if (!has_table(address)) {
		table = page_alloc();
		if (!table)
			return -E_NOMEM;
		split(address, table);
	}
	/* Other CPUs may have it in their TLBs, but no code uses it. */
	write_entry(small_entry(address), 0);
	return 0;
}

/* --- guests' memory, which the direct map leaves out --- */

static bool in_direct_map(paddr_t address)
{
	return address < DIRECT_MAP_SIZE;
}

uint32_t direct_map_tables_missing(void)
{
	uint32_t missing = 0;

	for (unsigned i = 0; i < ARRAY_SIZE(direct_tables); i++)
		missing += READ_ONCE(direct_tables[i]) == NULL;
	return missing;
}

bool direct_map_hide_frame(paddr_t frame)
{
	uint32_t address = DIRECT_MAP + (uint32_t)frame;
	bool takes_table;

	if (!in_direct_map(frame))
		return false;
	spin_lock(&lock);
	takes_table = !has_table(address);
	if (takes_table)
		split(address, page_alloc_reserved());
	write_entry(small_entry(address), 0);
	spin_unlock(&lock);
	return takes_table;
}

void direct_map_show_frame(paddr_t frame)
{
	if (!in_direct_map(frame))
		return;
	spin_lock(&lock);
	write_entry(small_entry(DIRECT_MAP + (uint32_t)frame), frame | DIRECT_FLAGS | no_execute);
	spin_unlock(&lock);
}

void direct_map_hide_chunk(paddr_t chunk)
{
	if (!in_direct_map(chunk))
		return;
	spin_lock(&lock);
	set_directory(DIRECT_MAP + (uint32_t)chunk, 0);
	spin_unlock(&lock);
}

/*
 * If the chunk has a table, all its entries are present: a whole chunk is allocated only when all
 * its frames are free, and free frames are shown.
 */
void direct_map_show_chunk(paddr_t chunk)
{
	const uint64_t *table;

	if (!in_direct_map(chunk))
		return;
	spin_lock(&lock);
	table = direct_tables[chunk / LARGE_PAGE];
	set_directory(DIRECT_MAP + (uint32_t)chunk,
		      table ? direct_physical(table) | PTE_P | PTE_W | PTE_A
			    : chunk | DIRECT_FLAGS | PTE_PS | no_execute);
	spin_unlock(&lock);
}

/* Sets *table to one for the large page at address, if that has none; false: no frame is left. */
static bool find_table(paddr_t address, uint64_t **table)
{
	paddr_t frame;

	*table = NULL;
	if (has_table(DIRECT_MAP + (uint32_t)address))
		return true;
	if (!frame_alloc_kept(FRAME_LOW, &frame))
		return false;
	*table = direct_map(frame);
	return true;
}

bool direct_map_hide_kept(paddr_t frame)
{
	uint32_t address = DIRECT_MAP + (uint32_t)frame;
	uint64_t *table;

	if (!in_direct_map(frame))
		return true;
	if (!find_table(frame, &table))
		return false;
	spin_lock(&lock);
	/* Another CPU may have made one meanwhile. */
	if (table && !has_table(address)) {
		split(address, table);
		table = NULL;
	}
	write_entry(small_entry(address), 0);
	spin_unlock(&lock);
	if (table)
		page_free(table);
	return true;
}

/* All of the chunk is hidden, so that nobody else gives it a table. */
bool direct_map_hide_by_frames(paddr_t chunk)
{
	uint64_t *table;

	if (!in_direct_map(chunk))
		return true;
	if (!find_table(chunk, &table))
		return false;
	spin_lock(&lock);
	if (!table)
		table = direct_tables[chunk / LARGE_PAGE];
	memset(table, 0, PAGE_SIZE);
	direct_tables[chunk / LARGE_PAGE] = table;
	set_directory(DIRECT_MAP + (uint32_t)chunk, direct_physical(table) | PTE_P | PTE_W | PTE_A);
	spin_unlock(&lock);
	return true;
}

/* The two views of the Switcher's pages differ in the state page alone (arch/cpu/state_page.h). */
static void map_switcher(uint64_t *table, const struct state_page *state, uint64_t state_flags)
{
	table[TABLE_INDEX(SWITCHER_CODE)] = switcher_code_physical() | PTE_P | PTE_A;
	table[TABLE_INDEX(SWITCHER_STATE)] = direct_physical(state) | state_flags | no_execute;
}

int host_map_prepare_cpu(struct cpu_pages *pages, uint32_t *top_level)
{
	int error = unmap_guard(pages->guard);

	if (error)
		return error;
	map_switcher(pages->host_switcher_table, &pages->host_state, PTE_P | PTE_W | PTE_A | PTE_D);
	map_switcher(pages->guest_switcher_table, &pages->guest_state, PTE_P | PTE_A);

	memcpy(pages->host_directory, directory, sizeof(directory));
	pages->host_directory[DIRECTORY_INDEX(SWITCHER_CODE)] =
		direct_physical(pages->host_switcher_table) | PTE_P | PTE_W;
	pages->host_pdpt[3] = direct_physical(pages->host_directory) | PTE_P;
	*top_level = direct_physical(pages->host_pdpt);
	return 0;
}

void host_map_activate(uint32_t top_level)
{
	write_cr3(top_level);
}

void *temporary_map(paddr_t address)
{
	uint64_t *entry = &this_cpu()->pages->host_directory[DIRECTORY_INDEX(TEMPORARY_MAP)];
	uint64_t wanted = ALIGN_DOWN(address, (paddr_t)LARGE_PAGE) | PTE_P | PTE_W | PTE_PS |
			  no_execute;

	if (*entry != wanted) {
		*entry = wanted;
		invalidate_page(TEMPORARY_MAP);
	}
	return (uint8_t *)TEMPORARY_MAP + (uint32_t)(address % LARGE_PAGE);
}

/* What is mapped there may be a guest's memory, so it is unmapped as soon as possible. */
static void temporary_unmap(void)
{
	uint64_t *entry = &this_cpu()->pages->host_directory[DIRECTORY_INDEX(TEMPORARY_MAP)];

	if (*entry == 0)
		return;
	*entry = 0;
	invalidate_page(TEMPORARY_MAP);
}

/*
 * A pointer to physical memory; *length is cut to what can be reached there in one piece.  The
 * direct map is used only if all of the large page is in it.  The caller owns the memory, so it is
 * not hidden or shown meanwhile, and no lock is needed.
 */
static void *reach(paddr_t address, size_t *length)
{
	const uint32_t large = (uint32_t)(PTE_P | PTE_PS);

	*length = MIN(*length, LARGE_PAGE - (size_t)(address % LARGE_PAGE));
	if (in_direct_map(address) &&
	    ((uint32_t)directory[DIRECTORY_INDEX(DIRECT_MAP + (uint32_t)address)] & large) == large)
		return direct_map(address);
	return temporary_map(address);
}

void physical_read(paddr_t from, void *to, size_t length)
{
	uint8_t *target = to;

	while (length > 0) {
		size_t here = length;
		const void *source = reach(from, &here);

		memcpy(target, source, here);
		target += here;
		from += here;
		length -= here;
	}
	temporary_unmap();
}

void physical_write(paddr_t to, const void *from, size_t length)
{
	const uint8_t *source = from;

	while (length > 0) {
		size_t here = length;
		void *target = reach(to, &here);

		memcpy(target, source, here);
		source += here;
		to += here;
		length -= here;
	}
	temporary_unmap();
}

static void map_for_copy(uint32_t address, uint64_t entry)
{
	this_cpu()->pages->host_switcher_table[TABLE_INDEX(address)] = entry;
	invalidate_page(address);
}

/* They are guests' memory, so they are unmapped at once. */
void frame_copy(paddr_t to, paddr_t from)
{
	const uint32_t source = FRAME_COPY + PAGE_SIZE;

	map_for_copy(FRAME_COPY, to | DIRECT_FLAGS | no_execute);
	map_for_copy(source, from | PTE_P | PTE_A | no_execute);
	memcpy((void *)FRAME_COPY, (const void *)source, PAGE_SIZE);
	map_for_copy(FRAME_COPY, 0);
	map_for_copy(source, 0);
}

/* The physical address behind an address in the guest window, by a walk through its tables. */
static paddr_t window_physical(uint32_t address, size_t *run)
{
	const struct cpu_pages *pages = this_cpu()->pages;
	const uint64_t *table = direct_map(pages->host_pdpt[address >> 30] & PTE_FRAME);
	uint64_t entry = table[DIRECTORY_INDEX(address)];

	assert(pages->host_pdpt[address >> 30] & PTE_P && entry & PTE_P);
	assert(entry & PTE_W);
	if (entry & PTE_PS) {
		*run = LARGE_PAGE - address % LARGE_PAGE;
		return (entry & PTE_FRAME) + address % LARGE_PAGE;
	}
	table = direct_map(entry & PTE_FRAME);
	assert((table[TABLE_INDEX(address)] & (PTE_P | PTE_W)) == (PTE_P | PTE_W));
	*run = PAGE_SIZE - address % PAGE_SIZE;
	return (table[TABLE_INDEX(address)] & PTE_FRAME) + address % PAGE_SIZE;
}

paddr_t host_physical(const void *pointer, size_t *run)
{
	uint32_t address = (uint32_t)pointer;

	if (address < GUEST_WINDOW_END) {
		/* Where the page is shared this write, which changes nothing, faults. */
		touch_for_write(pointer);
		return window_physical(address, run);
	}
	assert(address < DIRECT_MAP + DIRECT_MAP_SIZE);
	*run = DIRECT_MAP + DIRECT_MAP_SIZE - address;
	return direct_physical(pointer);
}

/* Where the window already maps this run of pages, whose first entry is `entry`; 0: nowhere. */
static uint32_t find_mapped(uint64_t entry, uint32_t pages)
{
	uint32_t base = MMIO_WINDOW, found = 0;

	for (; base < MMIO_WINDOW + mmio_used && found < pages; base += LARGE_PAGE) {
		uint64_t here = directory[DIRECTORY_INDEX(base)];

		if (here != entry + (uint64_t)found * LARGE_PAGE)
			found = 0;
		if (here == entry + (uint64_t)found * LARGE_PAGE)
			found++;
	}
	return found == pages ? base - pages * LARGE_PAGE : 0;
}

/*
 * Large pages throughout: registers of different devices may share one, and often do.  Existing
 * mappings are reused, so a kernel that is loaded again takes no more room.
 */
static void *map_window(paddr_t address, size_t length, uint64_t flags)
{
	paddr_t first = address & ~(paddr_t)(LARGE_PAGE - 1);
	uint32_t pages = (uint32_t)((address + length - first + LARGE_PAGE - 1) / LARGE_PAGE);
	uint64_t first_entry = first | PTE_P | PTE_PS | flags | no_execute;
	uint32_t base = find_mapped(first_entry, pages);

	if (base != 0)
		return (uint8_t *)base + (uint32_t)(address - first);
	base = MMIO_WINDOW + mmio_used;
	if (pages > (MMIO_WINDOW_SIZE - mmio_used) / LARGE_PAGE)
		return NULL;
	for (uint32_t i = 0; i < pages; i++)
		set_directory(base + i * LARGE_PAGE, first_entry + (uint64_t)i * LARGE_PAGE);
	mmio_used += pages * LARGE_PAGE;
	return (uint8_t *)base + (uint32_t)(address - first);
}

/* A table entry with a bit beyond the CPU's physical addresses would fault. */
static bool is_addressable(paddr_t address, size_t length)
{
	paddr_t limit = (paddr_t)1 << cpu_features()->physical_bits;

	return address < limit && length <= limit - address;
}

void *map_mmio(paddr_t address, size_t length)
{
	/* Firmware tables and BARs may name any address: writes to memory would destroy data. */
	if (!is_addressable(address, length) || frames_are_memory(address, length))
		return NULL;
	return map_window(address, length, PTE_W | PTE_PCD | PTE_PWT);
}

void *map_video(paddr_t address, size_t length)
{
	if (!is_addressable(address, length))
		return NULL;
	/* Without a PAT, PCD alone leaves it to the firmware's MTRRs (SDM vol. 3, 11.5.2.1). */
	return map_window(address, length, PTE_W | (cpu_features()->pat ? PTE_LARGE_PAT : PTE_PCD));
}

const void *map_module(paddr_t address, size_t length)
{
	if (address + length <= DIRECT_MAP_SIZE)
		return direct_map(address);
	return map_window(address, length, 0);
}

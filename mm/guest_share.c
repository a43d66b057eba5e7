// SPDX-License-Identifier: GPL-2.0-only
/*
 * Shares a guest's memory with a clone, and takes shared pages apart again where one of them
 * writes.  One lock for all guests: what it guards are counts of frames, and the write permission
 * of entries in tables that several guests use; no work under it is longer than some thousand
 * instructions.
 */
#include "mm/guest_share.h"

#include "arch/cpu/assert.h"
#include "arch/cpu/cpu.h"
#include "arch/cpu/spinlock.h"
#include "lib/error.h"
#include "lib/string.h"
#include "mm/frame_users.h"
#include "mm/host_map.h"

#define TABLE_ENTRIES (WINDOW_TABLE_MASK + 1)

/*
 * No frame has more users than guests share memory, and none of these counts overflows, which is so
 * because a guest names each frame once.
 */
#define SHARERS_MAX 32768u

static struct spinlock lock = SPINLOCK(LOCK_USERS);
static uint32_t sharers;	/* memories with is_shared */
static void (*frames_short)(void);

void guest_share_set_short(void (*is_short)(void))
{
	frames_short = is_short;
}

static uint64_t *entry_of(const struct guest_memory *memory, uint32_t page)
{
	return &memory->directories[page >> WINDOW_DIRECTORY_SHIFT]
				   [page >> WINDOW_ENTRY_SHIFT & WINDOW_TABLE_MASK];
}

/* This CPU may walk through the entry meanwhile: it must never find halves of two. */
static void replace_entry(uint64_t *entry, uint64_t value)
{
	uint32_t *half = (uint32_t *)(void *)entry;

	WRITE_ONCE(half[0], 0);
	WRITE_ONCE(half[1], (uint32_t)(value >> 32));
	WRITE_ONCE(half[0], (uint32_t)value);
}

static void permit_write(uint64_t *entry, bool permit)
{
	uint32_t *low = (uint32_t *)(void *)entry;

	WRITE_ONCE(*low, permit ? *low | (uint32_t)PTE_W : *low & ~(uint32_t)PTE_W);
}

/* --- what a write makes a guest's own --------------------------------------------------- */

/* A zeroed low frame, from those kept back if need be; NULL when there is none. */
static uint64_t *new_table(void)
{
	paddr_t frame;

	if (!frame_alloc_kept(FRAME_LOW, &frame))
		return NULL;
	return memset(direct_map(frame), 0, PAGE_SIZE);
}

static bool new_frame(paddr_t *frame)
{
	if (!frame_alloc_kept(FRAME_ANY, frame))
		return false;
	if (direct_map_hide_kept(*frame))
		return true;
	frame_free(*frame);
	return false;
}

static void free_frame(paddr_t frame)
{
	direct_map_show_frame(frame);
	frame_free(frame);
}

/* Names the chunk of a large entry frame by frame, so that the guest can have some for itself. */
static bool split_chunk(uint64_t *entry)
{
	paddr_t chunk = *entry & PTE_FRAME;
	uint64_t flags = *entry & ~(PTE_FRAME | PTE_PS | PTE_W);
	uint64_t *table = new_table();

	if (!table)
		return false;
	if (!direct_map_hide_by_frames(chunk)) {
		page_free(table);
		return false;
	}
	for (uint32_t i = 0; i < TABLE_ENTRIES; i++)
		table[i] = (chunk + i * PAGE_SIZE) | flags;
	chunk_split(chunk);
	replace_entry(entry, direct_physical(table) | PTE_P | PTE_W);
	return true;
}

/* A table of the guest's own with the same frames, which are shared from now on. */
static bool copy_table(uint64_t *entry)
{
	paddr_t shared = *entry & PTE_FRAME;
	uint64_t *from = direct_map(shared), *table = new_table();

	if (!table)
		return false;
	for (uint32_t i = 0; i < TABLE_ENTRIES; i++) {
		if (!from[i])
			continue;
		permit_write(&from[i], false);
		table[i] = from[i];
		frame_share(from[i] & PTE_FRAME);
	}
	(void)frame_unshare(shared);
	replace_entry(entry, direct_physical(table) | PTE_P | PTE_W);
	return true;
}

/* Makes what the directory's entry names the guest's own; it is a chunk still, or a table. */
static bool own_entry(struct guest_memory *memory, uint64_t *entry)
{
	paddr_t named = *entry & PTE_FRAME;

	if (*entry & PTE_W)
		return true;
	if (!(*entry & PTE_PS)) {
		if (!frame_is_exclusive(named))
			return copy_table(entry);
	} else if (chunk_is_exclusive(named)) {
		memory->own += FRAMES_PER_CHUNK;
	} else {
		return split_chunk(entry);
	}
	permit_write(entry, true);
	return true;
}

static void note_moved(struct guest_memory *memory, uint32_t page, paddr_t from)
{
	if (memory->moved_count < MOVED_PAGES_MAX)
		memory->moved[memory->moved_count] = (struct moved_page){ page, from };
	memory->moved_count++;
}

static bool own_frame(struct guest_memory *memory, uint32_t page, uint64_t *entry)
{
	paddr_t shared = *entry & PTE_FRAME, frame;

	if (*entry & PTE_W)
		return true;
	if (frame_is_exclusive(shared)) {
		permit_write(entry, true);
	} else {
		if (!new_frame(&frame))
			return false;
		frame_copy(frame, shared);
		(void)frame_unshare(shared);
		replace_entry(entry, frame | (*entry & ~PTE_FRAME) | PTE_W);
		note_moved(memory, page, shared);
	}
	memory->own++;
	return true;
}

bool guest_memory_own(struct guest_memory *memory, uint32_t page)
{
	uint64_t *entry = entry_of(memory, page), *table;
	bool done;

	spin_lock(&lock);
	done = own_entry(memory, entry);
	if (done && !(*entry & PTE_PS)) {
		table = direct_map(*entry & PTE_FRAME);
		done = own_frame(memory, page, &table[page & WINDOW_TABLE_MASK]);
	}
	spin_unlock(&lock);
	invalidate_page(page << PAGE_SHIFT);
	if (frames_short && frames_are_short())
		frames_short();
	return done;
}

/* --- clones --------------------------------------------------------------------------- */

static void share_entry(uint64_t *entry, uint64_t *copy)
{
	paddr_t named = *entry & PTE_FRAME;

	if (!*entry)
		return;
	permit_write(entry, false);
	if (*entry & PTE_PS)
		chunk_share(named);
	else
		frame_share(named);
	*copy = *entry;
}

/* The directories that the clone needs, empty; false: none are left behind. */
static bool make_directories(struct guest_memory *clone, const struct guest_memory *parent)
{
	for (unsigned i = 0; i < WINDOW_DIRECTORIES; i++) {
		if (!parent->directories[i])
			continue;
		clone->directories[i] = page_alloc();
		if (clone->directories[i])
			continue;
		while (i-- > 0)
			if (clone->directories[i])
				page_free(clone->directories[i]);
		return false;
	}
	return true;
}

/* While anybody shares memory, frames are kept back for what cannot wait. */
static int begin_sharing(struct guest_memory *parent)
{
	if (!frame_users || sharers + 2 > SHARERS_MAX)
		return -E_NOSPC;
	if (sharers == 0 && frames_keep(SHARE_KEPT_FRAMES * cpu_count()) != 0)
		return -E_NOMEM;
	sharers += parent->is_shared ? 1 : 2;
	parent->is_shared = true;
	return 0;
}

int guest_memory_clone(struct guest_memory *clone, struct guest_memory *parent)
{
	struct guest_memory shared = *parent;
	int error;

	assert(parent->promised == 0);
	memset(shared.directories, 0, sizeof(shared.directories));
	if (!make_directories(&shared, parent))
		return -E_NOMEM;
	spin_lock(&lock);
	error = begin_sharing(parent);
	for (uint32_t page = 0; !error && page < parent->frames; page += TABLE_ENTRIES)
		share_entry(entry_of(parent, page), entry_of(&shared, page));
	spin_unlock(&lock);
	if (error) {
		for (unsigned i = 0; i < WINDOW_DIRECTORIES; i++)
			if (shared.directories[i])
				page_free(shared.directories[i]);
		return error;
	}
	parent->own = 0;
	*clone = shared;
	clone->is_shared = true;
	clone->own = 0;
	clone->moved_count = 0;
	return 0;
}

/* --- the end ----------------------------------------------------------------------------- */

/* The caller was the last one with a large entry for it: small ones may name some of its frames. */
static bool drop_last_of_chunk(paddr_t chunk)
{
	if (users_of_chunk(chunk)->small == 0) {
		direct_map_show_chunk(chunk);
		chunk_free(chunk);
		return false;
	}
	for (uint32_t i = 0; i < FRAMES_PER_CHUNK; i++)
		if (frame_unshare(chunk + i * PAGE_SIZE))
			free_frame(chunk + i * PAGE_SIZE);
	return true;
}

static bool drop_table(paddr_t frame)
{
	uint64_t *table = direct_map(frame);

	if (!frame_unshare(frame))
		return false;
	for (uint32_t i = 0; i < TABLE_ENTRIES; i++)
		if (table[i] && frame_unshare(table[i] & PTE_FRAME))
			free_frame(table[i] & PTE_FRAME);
	page_free(table);
	return true;
}

bool guest_share_drop(uint64_t *entry)
{
	paddr_t named = *entry & PTE_FRAME;
	bool in_pieces = false;

	spin_lock(&lock);
	if (!(*entry & PTE_PS))
		in_pieces = drop_table(named);
	else if (chunk_unshare(named))
		in_pieces = drop_last_of_chunk(named);
	spin_unlock(&lock);
	*entry = 0;
	return in_pieces;
}

void guest_share_end(void)
{
	spin_lock(&lock);
	if (--sharers == 0)
		frames_keep(0);
	spin_unlock(&lock);
}

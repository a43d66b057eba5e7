/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Readers of a guest's own page tables: one for each format that a guest can
 * use.  A reader turns what the guest wrote into one form, which the shadow
 * tables understand:
 *
 *   - the address space is cut into 2048 *slots* of 2 MB, what one shadow leaf
 *     table covers; a slot has one run of 512 guest entries, named by its key;
 *   - entries have the PAE format, whatever the guest's own.
 *
 * The guest writes these tables without telling: every entry is read once, and
 * every frame number is checked against the guest's memory.
 */
#ifndef UMBRA_MM_GUEST_TABLES_H
#define UMBRA_MM_GUEST_TABLES_H

#include "arch/cpu/x86.h"
#include "lib/compiler.h"
#include "mm/guest_window.h"

#include <stdint.h>

#define SLOT_COUNT 2048u
#define SLOT_SHIFT 21
#define SLOT_ENTRIES 512u

enum walk_result {
	WALK_PRESENT,
	WALK_ABSENT,	/* some level above the entries is not present */
	WALK_BAD,	/* outside the guest's memory, or a large page: no lguest guest has those */
};

/* The 512 entries that a key names. */
struct guest_entries {
	void *first;		/* in the guest window; NULL: linear */
	uint32_t size;		/* bytes an entry: 4 or 8 */
	uint32_t first_page;	/* linear: the guest page that entry 0 maps */
	uint32_t pages;		/* linear: pages from here on do not exist */
	uint32_t flags;		/* linear: of every entry */
};

/* What the levels above the entries say of one slot. */
struct guest_slot {
	uint32_t key;	/* names the run of 512 entries; equal keys, equal entries */
	/* PTE_W, PTE_U and PTE_NX as all levels together say; PTE_A of the last level; PTE_P. */
	uint64_t flags;
	uint32_t middle;	/* with PAE alone: the middle table's address, with PTE_P */
};

struct guest_reader {
	const char *name;

	/* Bytes of an entry, 4 or 8, where a key names a table in the guest's memory; else 0. */
	uint32_t entry_size;

	/*
	 * Looks up a slot below root (guest-physical, checked with root_valid
	 * before).  On WALK_BAD slot->flags is the offending entry.
	 */
	enum walk_result (*slot)(const struct guest_memory *memory, uint32_t root, uint32_t slot,
				 struct guest_slot *result);

	/* Marks every level above the slot's entries accessed; the slot must be present. */
	void (*mark_slot)(const struct guest_memory *memory, uint32_t root, uint32_t slot);

	/*
	 * Where the entry above a slot's entries is, in the guest window, and in *top the one above
	 * that, with PAE; NULL if what is above it is not present.  A reader without entry_size has
	 * no such function.
	 */
	const void *(*upper)(const struct guest_memory *memory, uint32_t root, uint32_t slot,
			     const void **top);

	/* The entries of a key that this reader gave; NULL where entry_size says where they are. */
	void (*entries)(const struct guest_memory *memory, uint32_t key,
			struct guest_entries *entries);

	/* May root be a top-level table of this format? */
	bool (*root_valid)(const struct guest_memory *memory, uint32_t root);
};

/* virtual = physical for all of the guest's memory: before its initial page tables. */
extern const struct guest_reader guest_reader_linear;
/* 4-byte entries, two levels. */
extern const struct guest_reader guest_reader_two_level;
/* 8-byte entries, three levels. */
extern const struct guest_reader guest_reader_pae;

/*
 * Are these four entries of eight bytes a PAE top level?  They have no permissions, which are
 * reserved there (SDM vol. 3, table 4-8), and high halves of 0; a two-level directory's entries are
 * read and written through, so that none is like that.  False when all four are 0.
 */
bool guest_top_is_pae(const uint32_t *table);

/* Entry index (0-511), in PAE form. */
static inline uint64_t guest_entry(const struct guest_entries *entries, uint32_t index)
{
	/* Entries of four bytes always stand in a table. */
	if (entries->size == 4)
		return READ_ONCE(((const uint32_t *)entries->first)[index]); /* NOLINT */
	if (entries->first) {
		/*
		 * Reading in two halves is safe: the guest has one CPU, which is this one, so
		 * nothing changes in between.
		 */
		const uint32_t *half = (const uint32_t *)entries->first + 2 * index;

		return READ_ONCE(half[0]) | (uint64_t)READ_ONCE(half[1]) << 32;
	}
	/* Set wherever first is NULL. */
	if (entries->first_page + index >= entries->pages) /* NOLINT */
		return 0;
	return (entries->first_page + index) << PAGE_SHIFT | entries->flags;
}

/* --- the readers' functions, as the ways of each fault and each announcement call them --- */

/* guest_reader_two_level's own; a table of 1024 entries serves two slots: the key's lowest bit. */
static inline enum walk_result two_level_slot(const struct guest_memory *memory, uint32_t root,
					      uint32_t slot, struct guest_slot *result)
{
	const uint32_t *directory = guest_page(memory, root >> PAGE_SHIFT);
	uint32_t entry = READ_ONCE(directory[slot / 2]);

	result->flags = entry;
	if (!(entry & PTE_P))
		return WALK_ABSENT;
	if (entry & PTE_PS || entry >> PAGE_SHIFT >= memory->pages)
		return WALK_BAD;
	result->key = (entry >> PAGE_SHIFT) << 1 | (slot & 1);
	result->flags = entry & (PTE_P | PTE_W | PTE_U | PTE_A);
	return WALK_PRESENT;
}

/* reader->slot; most guests have two levels, and a call through a pointer costs as much as that. */
static inline enum walk_result guest_find_slot(const struct guest_reader *reader,
					       const struct guest_memory *memory, uint32_t root,
					       uint32_t slot, struct guest_slot *result)
{
	if (reader->entry_size == 4)
		return two_level_slot(memory, root, slot, result);
	return reader->slot(memory, root, slot, result);
}

/* reader->entries */
static inline void guest_find_entries(const struct guest_reader *reader,
				      const struct guest_memory *memory, uint32_t key,
				      struct guest_entries *entries)
{
	uint32_t size = reader->entry_size;

	if (unlikely(size == 0)) {
		reader->entries(memory, key, entries);
		return;
	}
	entries->first = (uint8_t *)guest_page(memory, key >> 1) + (key & 1) * SLOT_ENTRIES * size;
	entries->size = size;
}

/* Sets PTE_A or PTE_D bits in the guest's own entry. */
static inline void guest_entry_mark(const struct guest_entries *entries, uint32_t index,
				    uint32_t bits)
{
	if (entries->first)
		((uint32_t *)entries->first)[index * (entries->size / 4)] |= bits;
}

/* The guest page that an entry maps; at or above memory->pages when there is none. */
static inline uint32_t guest_entry_page(uint64_t entry)
{
	return (entry & PTE_FRAME) >> 32 ? UINT32_MAX : (uint32_t)entry >> PAGE_SHIFT;
}

#endif

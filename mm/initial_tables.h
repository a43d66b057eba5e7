/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The initial page tables of the oldest guests (generation A), which expect to
 * find them in their own memory, made by their hypervisor: all memory linear
 * from 0 and from kernel_address.
 *
 * Whether such a kernel was built for two-level or for PAE tables cannot be known beforehand.  So
 * both are made, below one top-level page whose first 32 bytes are a PAE top level and whose other
 * bytes a two-level directory, and the format is that of the tables which the guest changes first.
 * Until then Umbra reads neither (guest_reader_initial).
 *
 * From high to low addresses: the top level, the two-level tables, the PAE
 * middle table, the PAE tables.  All entries are present, writable and user;
 * in the PAE top level they are present only.
 */
#ifndef UMBRA_MM_INITIAL_TABLES_H
#define UMBRA_MM_INITIAL_TABLES_H

#include "mm/guest_tables.h"

#include <stdbool.h>
#include <stdint.h>

/* What kernel_address has to be a multiple of: what a directory entry maps. */
#define INITIAL_TABLES_ALIGNMENT 0x400000u

struct initial_tables {
	uint32_t kernel_address;
	uint32_t pages;		/* guest pages mapped, from page 0 on */
	uint32_t pae_pages;	/* the same in the PAE tables; 0: there are none */
	uint32_t root;		/* guest-physical, like the rest: the top-level page */
	uint32_t tables;	/* two-level tables, one behind the other */
	uint32_t middle;	/* the PAE middle table, 0: none */
	uint32_t pae_tables;	/* the lowest of all; without PAE tables the same as tables */
	uint32_t filled;	/* from pae_tables up to here they have been written */
};

enum initial_format { INITIAL_UNKNOWN, INITIAL_TWO_LEVEL, INITIAL_PAE };

/*
 * Where the tables for ram_pages of memory go: below top (page-aligned) and not
 * below floor.  kernel_address is a multiple of INITIAL_TABLES_ALIGNMENT, not 0
 * and below the reserved top.  False when there is no room.
 */
bool __must_check initial_tables_place(struct initial_tables *initial, uint32_t kernel_address,
				     uint32_t ram_pages, uint32_t floor, uint32_t top);

/*
 * Writes tables for at most `pages` pages of them, from where the last call
 * ended.  True when all have been written.  The guest's window is loaded.
 */
bool initial_tables_fill(struct initial_tables *initial, const struct guest_memory *memory,
		       uint32_t pages);

/*
 * Which tables has the guest changed since they were filled?  Looks at every
 * entry above the last level, and of the last level at those for address.
 */
enum initial_format initial_tables_format(const struct initial_tables *initial,
				      const struct guest_memory *memory, uint32_t address);

/* The guest uses the two-level tables: the PAE top level makes room for the directory's entries. */
void initial_tables_drop_pae(const struct initial_tables *initial,
			     const struct guest_memory *memory);

/* Returns what the unchanged tables say, without reading them; its root is kernel_address. */
extern const struct guest_reader guest_reader_initial;

#endif

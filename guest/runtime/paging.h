/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The guest's page tables, in the format that the boot word `pae` chose, and
 * the calls that tell Umbra of changes. Changing memory and telling Umbra are
 * apart, because tests want each without the other.
 *
 * A space is named by the physical address of its top-level table. Levels count
 * from the leaf: PAGING_PTE, PAGING_DIRECTORY, and with PAE PAGING_TOP.
 */
#ifndef UMBRA_GUEST_RUNTIME_PAGING_H
#define UMBRA_GUEST_RUNTIME_PAGING_H

#include <stdbool.h>
#include <stdint.h>

enum paging_level {
	PAGING_PTE = 0,
	PAGING_DIRECTORY = 1,
	PAGING_TOP = 2
};

/* Bits of an entry (Intel SDM volume 3, section 4.3). */
#define PTE_PRESENT 0x1u
#define PTE_WRITE 0x2u
#define PTE_USER 0x4u
#define PTE_ACCESSED 0x20u
#define PTE_DIRTY 0x40u
#define PTE_GLOBAL 0x100u

#define PTE_TABLE 0x67u                 /* what Linux writes into a directory */
#define PTE_KERNEL 0x63u
#define PTE_USER_DATA 0x67u
#define PTE_USER_CODE 0x25u

/* Whether the tables have PAE format; set by start.asm. */
bool paging_is_pae(void);

/* Build the kernel's part for all of memory, switch to it. Called once. */
void paging_init(uint32_t memory);

/* The space of paging_init: the kernel's part and the ring-3 code and stack. */
uint32_t paging_kernel_space(void);

/* The space that the last paging_switch chose. */
uint32_t paging_current(void);

/* A new space with the same contents as paging_kernel_space; Umbra learns of it when it runs. */
uint32_t paging_create(void);

/*
 * Free a space and its own tables (not the frames that they map). Umbra is told
 * slot by slot. It must not be current, nor the kernel's.
 */
void paging_destroy(uint32_t space);

/* Run on a space from now on (NEW_PGTABLE). */
void paging_switch(uint32_t space);

/*
 * Physical address of the table that holds address's entry of a level, or 0
 * when an upper entry is absent; create makes what is missing.
 */
uint32_t paging_table(uint32_t space, uint32_t address, enum paging_level level, bool create);

/* Index of address's entry in that table. */
uint32_t paging_index(uint32_t address, enum paging_level level);

/* The entry in memory; 0 when its table is absent. */
uint64_t paging_get(uint32_t space, uint32_t address, enum paging_level level);

/* Write the entry in memory, making the tables above; Umbra is not told. */
void paging_put(uint32_t space, uint32_t address, enum paging_level level, uint64_t value);

/* paging_put of a page: frame and flags. */
void paging_map(uint32_t space, uint32_t address, uint32_t physical, uint32_t flags);

/* Tell Umbra a page's entry (SET_PTE) as given, which need not be what memory holds. */
void paging_tell_pte(uint32_t space, uint32_t address, uint64_t value);

/* Tell Umbra that address's directory entry changed (SET_PGD, or SET_PMD with PAE). */
void paging_tell_directory(uint32_t space, uint32_t address);

/* paging_put and paging_tell_pte. */
void paging_set(uint32_t space, uint32_t address, uint64_t value);

/* FLUSH_TLB of the user part of the current space, or of everything. */
void paging_flush_user(void);
void paging_flush_all(void);

#endif

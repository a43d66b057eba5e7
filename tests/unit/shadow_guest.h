/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A guest for tests of the shadow tables: its memory, hands that write its
 * page tables, and a CPU that walks the shadow tables from CR3 down as the real
 * one does.  Knows nothing of how the shadow is kept.
 */
#ifndef UMBRA_TESTS_UNIT_SHADOW_GUEST_H
#define UMBRA_TESTS_UNIT_SHADOW_GUEST_H

#include "mm/guest_window.h"
#include "mm/shadow.h"
#include "tests/unit/native/native.h"

#define GUEST_RAM_PAGES 568u
#define GUEST_DEVICE_PAGES 8u
/* A large page's worth and some single frames. */
#define GUEST_PAGES (GUEST_RAM_PAGES + GUEST_DEVICE_PAGES)

#define GUEST_KERNEL 0xC0000000u

struct shadow_guest {
	struct guest_memory memory;
	struct shadow shadow;
	struct cpu_pages *cpus[2];
	unsigned cpu;			/* which of them the guest runs on */
	bool pae;			/* the format of the tables it writes */
	uint32_t next_page;		/* for its tables, from page 1 up */
	uint32_t frames_before;
};

/* What the CPU makes of one address, from the shadow tables. */
struct shadow_view {
	bool present, writable, user, no_execute;
	uint64_t frame;
};

enum access_result {
	ACCESS_HIT,		/* the shadow permitted it */
	ACCESS_FILLED,		/* it does after one shadow_fault */
	ACCESS_FAULT,		/* the guest's own fault */
	ACCESS_OUTSIDE,		/* permitted, but beyond the guest's memory */
	ACCESS_BAD,		/* tables that end the guest */
	ACCESS_REFUSED		/* shadow_fault said done, but it is not */
};

/*
 * Memory, zeroed, and shadow tables of budget pages, in linear mode, with the
 * kernel at GUEST_KERNEL.
 */
void shadow_guest_start(struct shadow_guest *guest, bool pae, uint32_t budget);
/* Gives all back; false when a frame did not come back. */
bool shadow_guest_stop(struct shadow_guest *guest);

/* --- the guest's hands: entries in the guest's format at guest-physical addresses ---- */

uint64_t guest_load(const struct shadow_guest *guest, uint32_t address);
void guest_store(struct shadow_guest *guest, uint32_t address, uint64_t entry);
/* A page for a table, zeroed: its guest-physical address. */
uint32_t guest_new_table(struct shadow_guest *guest);
/* A top level with nothing in it; with PAE with its four middle tables. */
uint32_t guest_new_root(struct shadow_guest *guest);
/*
 * Where the directory entry, and the entry, for address stand; the entry's 0
 * when there is no table.
 */
uint32_t guest_directory_at(const struct shadow_guest *guest, uint32_t root, uint32_t address);
uint32_t guest_entry_at(const struct shadow_guest *guest, uint32_t root, uint32_t address);
/* Writes the entry for address, making a table (present, writable, user) when there is none. */
void guest_map(struct shadow_guest *guest, uint32_t root, uint32_t address, uint64_t entry);
uint64_t guest_entry_of(const struct shadow_guest *guest, uint32_t root, uint32_t address);

/* --- the CPU -------------------------------------------------------------------------- */

struct shadow_view shadow_look(struct shadow_guest *guest, uint32_t address);
/* Does the view permit an access (FAULT_WRITE | FAULT_USER | FAULT_FETCH)? */
bool view_permits(const struct shadow_view *view, uint32_t access);
/*
 * Accesses address in the current address space; error: what the guest sees on
 * ACCESS_FAULT, may be NULL.
 */
enum access_result guest_access(struct shadow_guest *guest, uint32_t address, uint32_t access,
				uint32_t *error);
/* The frame behind a guest page. */
uint64_t guest_frame_of_page(const struct shadow_guest *guest, uint32_t page);

#endif

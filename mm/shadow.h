/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Shadow paging: the tables a guest really runs on.
 *
 * The guest's own tables name guest-physical pages.  For each of its address
 * spaces Umbra keeps shadow tables that name machine frames instead, and fills
 * them on demand from the guest's.  The shadow always has PAE format: four
 * directories of 512 entries, leaf tables of 512 entries.
 *
 *   - A *leaf* shadows one run of 512 guest entries, and is found by that run's
 *     key.  Address spaces that share a guest table share the leaf, so what the
 *     guest's kernel maps is shadowed once.  What the guest's upper levels
 *     permit is in the directory entry, which is per address space.
 *   - An *address space* is kept as long as the budget lasts; the one switched
 *     to longest ago loses its leaves first, some at a time.
 *   - A flush reads the guest's entries behind the shadow's present ones again and
 *     drops or weakens what is no longer so.  A leaf with few present entries is
 *     read at once, until the call has done its share of such work.  A leaf with
 *     many, and what is left then, is only *put to sleep*: its directory entry is
 *     not present to the CPU, and the leaf is read when it is touched again.
 *
 * No call takes longer than SHADOW_MOST_WORK allows, whatever tables the guest has: a guest cannot
 * make any search long, and room is made piece by piece.
 *
 * The seven invariants are stated and checked in mm/shadow_audit.c.
 *
 * The seven classic jobs, and where they are done:
 *   look-up on a fault            shadow_fault            mm/shadow_fault.c
 *   the kernel stack stays mapped shadow_pin              mm/shadow_fault.c
 *   updates the guest announces   shadow_set_pte, ...     mm/shadow_update.c
 *   switching                     shadow_switch           mm/shadow_update.c
 *   flushing                      shadow_flush_*          mm/shadow_update.c
 *     and what else may be told   shadow_map_page         mm/shadow_additions.c
 *   pages with another frame now  shadow_follow           mm/shadow_follow.c
 *   mapping the Switcher          shadow_activate         mm/shadow_space.c
 *   the initial page tables       shadow_create           mm/shadow_space.c
 *     and for generation A        shadow_start_initial    mm/shadow_initial.c
 *
 * All functions act for the guest whose window is loaded on this CPU, which
 * holds it for itself: no lock.  The TLB needs no care: every entry to a guest
 * loads CR3.
 */
#ifndef UMBRA_MM_SHADOW_H
#define UMBRA_MM_SHADOW_H

#include "arch/cpu/layout.h"
#include "lib/compiler.h"
#include "lib/list.h"
#include "mm/address.h"
#include "mm/guest_tables.h"
#include "mm/initial_tables.h"

#include <stdbool.h>
#include <stdint.h>

struct cpu_pages;

#define SHADOW_MIN_BUDGET 64u		/* pages; one address space and its work always fit */
#define SHADOW_MAX_BUDGET 16384u	/* 64 MB; the leaf pool must fit one piece of the heap */
#define SHADOW_MAX_SPACES 1024u		/* whatever the budget: some calls look at each of them */
#define SHADOW_CHAINS 256u		/* of address spaces, by a hash of their roots */
/* Of middle tables, by their pages: a guest of 4 GB has no more of them in a chain than this. */
#define MIDDLE_CHAINS 1024u

/*
 * Work is counted in shadow->work, in units of some 20 instructions: tests hold every call to
 * SHADOW_MOST_WORK.
 */
#define SHADOW_MOST_WORK 15000u

/* The index of leaves by guest page is in pieces of one page, for so many guest pages each. */
#define INDEX_SHIFT 11
#define INDEX_PIECES (GUEST_WINDOW_END >> PAGE_SHIFT >> INDEX_SHIFT)

struct leaf_index_piece {
	uint16_t *leaves;	/* by guest page: its leaf's index in leaf_pool or 0; NULL: all 0 */
	uint32_t used;		/* how many are not 0 */
};

struct shadow_leaf {
	struct shadow_leaf *next;	/* of the same guest page's other half; the next free one */
	uint32_t key;
	uint32_t parents;		/* directory entries that name it */
	uint32_t slot;			/* where its first parent linked it */
	bool several_slots;		/* another parent has linked it at another slot */
	uint32_t generation;		/* shadow->generation when last resynchronised as a whole */
	uint64_t *table;		/* one page, read by the CPU */
	uint32_t live;			/* present entries */
	uint32_t present[SLOT_ENTRIES / 32];	/* bit n: entry n is present */
	uint32_t writable;		/* bit n: some of the entries from 32n on may be writable */
	/*
	 * Which pages entries may map that are in no chunk of the guest's alone: bit n for pages of
	 * chunk n, n + 32 and so on; and of each 32 entries by bits 5 to 7 of the page's number.
	 */
	uint32_t chunks;
	uint8_t parts[SLOT_ENTRIES / 32];
};

/*
 * A quarter (1 GB) of an address space: the middle table by way of which all its slots were read
 * that the CPU sees.  Others are named by their numbers: that of the address space in space_pool,
 * times 4, and the quarter's (mm/shadow_middle.c).
 */
struct middle_user {
	uint32_t table;			/* its address, with PTE_P; 0: nothing was read yet */
	uint16_t next, previous;	/* in the ring of those with the same table */
	uint16_t chain_next, chain_previous;	/* the first of each ring: in a chain */
};

struct address_space {
	uint64_t pdpt[4] __aligned(32);	/* read by the CPU; below 4 GB */
	uint64_t *directories[4];	/* one page each, read by the CPU; made on demand */
	uint32_t root;			/* guest-physical address of the guest's top level */
	uint32_t generation;		/* of shadow->generation when last resynchronised */
	struct address_space *next;	/* in its chain; the next free one */
	struct list_node recency;	/* in shadow->spaces */
	const struct cpu_pages *hooked;	/* the CPU whose Switcher PTE page is in the last slot */
	uint32_t hand;			/* the word of `linked` at which strip continues */
	uint32_t linked[SLOT_COUNT / 32];	/* bit n: slot n names a leaf, awake or asleep */
	struct middle_user middles[4];		/* with PAE */
};

#define SHADOW_PIN_PAGES 2u	/* of the kernel stack, where a trap pushes its frame */

/* A chunk of the guest's memory, remembered to make shadow entries from (mm/shadow_leaf.c). */
struct chunk_memo {
	uint32_t guest;		/* guest-physical address of the chunk */
	uint32_t low, high;	/* shadow entry of its first page, accessed; 0: no chunk yet */
	uint32_t no_execute;	/* of an entry's upper half, what a shadow entry takes over */
};

/*
 * The guest table that SET_PTE was for last, since the next one mostly is for the same: found
 * again without a walk for as long as all that leads there is as it was.
 */
struct told_table {
	const struct address_space *space;	/* NULL: none; its slot is linked */
	uint32_t slot;			/* a program's */
	const uint32_t *upper;		/* the guest's entry above, and what it says */
	uint32_t upper_low, upper_high;
	const uint32_t *top;		/* with PAE, the one above that */
	uint32_t top_low;
	const uint32_t *link;		/* the shadow's directory entry; its half with flags */
	uint32_t link_low;
	struct shadow_leaf *leaf;
	struct guest_entries entries;
	struct chunk_memo chunk;	/* of the last entry; kept whatever the table is */
	/* The last slot on which no shadow entry depends, until a link; SLOT_COUNT: none. */
	uint32_t idle_root, idle_slot;
};

struct shadow_counters {
	uint32_t filled, neighbours, guest_faults, switches, created, evicted, flushes, resets;
};

struct shadow {
	struct guest_memory *memory;
	const struct guest_reader *reader;
	bool provisional;		/* its format is not known: reader is linear or initial */
	struct initial_tables initial;	/* of generation A (mm/initial_tables.h) */
	struct address_space *current;
	struct list spaces;		/* most recently switched to first */
	struct address_space *chains[SHADOW_CHAINS];
	struct leaf_index_piece index[INDEX_PIECES];
	uint16_t slot_links[SLOT_COUNT];	/* address spaces that have a leaf there */
	uint16_t middle_chains[MIDDLE_CHAINS];	/* numbers of struct middle_user */
	uint32_t limit;			/* slots from here on are Umbra's */
	uint32_t pte_limit;		/* limit, or while provisional 0, for SET_PTE's slow way */
	uint32_t kernel_slot;		/* slots from here on are alike in all address spaces */
	uint32_t generation;		/* counts FLUSH_TLB of everything */
	uint32_t budget, used;		/* pages of tables */
	/* Free pages of the budget, chained through their first words; and those all clear. */
	void *free_pages, *clear_pages;
	uint32_t clear_count;
	struct shadow_leaf *leaf_pool, *free_leaves;	/* the pool has budget of them */
	struct address_space *space_pool, *free_spaces;	/* and max_spaces of these */
	uint32_t leaves_made, spaces_made;	/* the end of those ever in use; leaf 0 never is */
	uint32_t max_spaces;
	struct told_table told;
	bool no_execute;		/* the machine has NX and the guest's format too */
	uint32_t work;			/* since the caller set it to 0; see SHADOW_MOST_WORK */
	/* Nothing was unmapped since shadow_pin succeeded for pin_pages ending at pin_last. */
	bool pinned;
	uint32_t pin_last, pin_pages;	/* pin_last: the last page's index in its leaf */
	const struct shadow_leaf *pin_leaves[SHADOW_PIN_PAGES];	/* of the last page, and before */
	const char *bad;		/* the reason of the last SHADOW_BAD or SHADOW_OUTSIDE */
	uint64_t bad_entry;
	gpa_t outside;			/* the address, when a call returned SHADOW_OUTSIDE */
	struct shadow_counters counters;
};

enum shadow_result {
	SHADOW_DONE,
	SHADOW_GUEST_FAULT,	/* the guest's own tables do not permit it: reflect */
	SHADOW_OUTSIDE,		/* permitted, but not in the guest's memory: sets outside and bad */
	SHADOW_BAD,		/* tables that end the guest; shadow->bad says why */
	SHADOW_AGAIN,		/* not done: the same call must be made again */
};

/*
 * Makes empty shadow tables for the guest of `memory`, in linear mode, with a budget of pages
 * (SHADOW_MIN_BUDGET to SHADOW_MAX_BUDGET) that must have been set aside with frames_reserve.
 * -E_NOMEM.
 */
int __must_check shadow_create(struct shadow *shadow, struct guest_memory *memory, uint32_t budget);

/*
 * The same for a guest whose memory is a clone of another's, in which it runs on the same tables.
 * Nothing is mapped yet.
 */
int __must_check shadow_create_like(struct shadow *shadow, struct guest_memory *memory,
				    uint32_t budget, const struct shadow *like);

/*
 * Gives every page back to the reserve, in bounded pieces: true when all pages were given back.
 * Does nothing for a structure that is all zero.
 */
bool __must_check shadow_destroy(struct shadow *shadow);

/*
 * Sets where the part begins that all address spaces of the guest share, as the guest said, and how
 * many bytes at the top are not the guest's.
 */
void shadow_set_layout(struct shadow *shadow, uint32_t kernel_address, uint32_t reserved_top);

/*
 * Switches the guest from linear mode to its initial tables, shadow->initial, which have been
 * filled.  After shadow_set_layout.
 */
void shadow_start_initial(struct shadow *shadow);

/*
 * A page fault at gva with the CPU's error code.  SHADOW_DONE: run on.
 * SHADOW_GUEST_FAULT: *error is the code that the guest is to see.
 * SHADOW_OUTSIDE: nothing was mapped, and never will be; a device may be there.
 */
enum shadow_result shadow_fault(struct shadow *shadow, gva_t gva, uint32_t *error);

/* Makes sure that the pages (1 to SHADOW_PIN_PAGES) ending before gva top are mapped writable. */
enum shadow_result shadow_pin(struct shadow *shadow, gva_t top, uint32_t pages);

/*
 * Translates gva to a guest-physical address for a read or write by the guest's supervisor.  Sets
 * accessed and dirty.
 */
enum shadow_result shadow_translate(struct shadow *shadow, gva_t gva, bool write, gpa_t *gpa);

/*
 * NEW_PGTABLE.  SHADOW_AGAIN: another space must be removed first, which takes more than one call.
 */
enum shadow_result shadow_switch(struct shadow *shadow, gpa_t root);

/* SET_PTE for gva in the tables at root: the guest's own entry is read again. */
enum shadow_result shadow_set_pte(struct shadow *shadow, gpa_t root, gva_t gva);

/* SET_PGD: entry index of the top level at root. */
enum shadow_result shadow_set_pgd(struct shadow *shadow, gpa_t root, uint32_t index);

/* SET_PMD: entry index of the middle table, in whatever address space. */
enum shadow_result shadow_set_pmd(struct shadow *shadow, gpa_t table, uint32_t index);

/* FLUSH_TLB of the current address space's user part, and of everything. */
enum shadow_result shadow_flush_user(struct shadow *shadow);
enum shadow_result shadow_flush_all(struct shadow *shadow);

/*
 * MAP_PAGE: SET_PTE for gva in the current tables, which the guest is about to use; what a fault
 * there could map without marking anything is mapped.  around: so are the pages around it.
 */
enum shadow_result shadow_map_page(struct shadow *shadow, gva_t gva, bool around);

/*
 * FLUSH_WRITABLE: of the current address space's user part nothing is writable any more before the
 * guest's entry is read again.
 */
enum shadow_result shadow_flush_writable(struct shadow *shadow);

/*
 * The guest's memory is shared with a clone from now on: nothing is writable any more before the
 * guest's entry is read again.  The window need not be loaded.
 */
void shadow_protect_all(struct shadow *shadow);

/*
 * Maps the new frames of shadow->memory->moved wherever the old ones were, and empties that list.
 * Before the guest is entered again.
 */
void shadow_follow(struct shadow *shadow);

/* For the next function alone: the address space has been on another CPU. */
void shadow_hook(struct address_space *space, const struct cpu_pages *pages);

/* Puts the CPU's Switcher PTE page into the current tables; returns what CR3 is to be. */
static inline uint32_t shadow_activate(struct shadow *shadow, const struct cpu_pages *pages)
{
	if (unlikely(shadow->current->hooked != pages))
		shadow_hook(shadow->current, pages);
	return direct_physical(shadow->current->pdpt);
}

/* Is anything mapped for the guest in the first 2 MB of its current address space, or may be? */
static inline bool shadow_has_low(const struct shadow *shadow)
{
	return (shadow->current->linked[0] & 1) != 0;
}

/* Debug builds: checks every table against the invariants, panics on a violation. */
void shadow_audit(const struct shadow *shadow);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of the model of a TLB share with each other and with nobody
 * else: the model itself, where it lays things in the guest's memory, and what
 * its steps need of it.
 */
#ifndef UMBRA_TESTS_UNIT_SHADOW_MODEL_INTERNAL_H
#define UMBRA_TESTS_UNIT_SHADOW_MODEL_INTERNAL_H

#include "mm/shadow.h"
#include "tests/unit/shadow_guest.h"
#include "tests/unit/shadow_model.h"

#define ROOTS 12u
#define MIDDLES 8u
#define KERNEL_MIDDLES 2u
#define KERNEL_TABLES 24u
#define TABLES (KERNEL_TABLES + 80u)
#define SLOTS 92u
#define CHANGING 10u	/* of the indexes */
#define INDEXES 13u
#define STATES 48u
#define STATES_WANTED 32u	/* more than that, and the guest flushes */
#define FOREVER UINT32_MAX
#define LOG_LINES 80u
#define DATA_PAGES 13u

/*
 * Either side of the groups that a fault fills together, and both ends.  The
 * last three stand for their groups, which are mapped once and for all and make
 * leaves heavy: what is done with a leaf depends on how much is in it.
 */
extern const uint32_t model_indexes[INDEXES];
#define HEAVY_FIRST 64u
#define HEAVY_END 112u
#define HEAVY_ENTRY (201ull << PAGE_SHIFT | PTE_P | PTE_W | PTE_U | PTE_A | PTE_D)

/* Pages that entries name. */
extern const uint32_t model_data_pages[DATA_PAGES];

struct state {
	uint64_t what;
	uint32_t until;
	uint32_t fresh;		/* of a directory entry: older entries below it do not count */
};

struct history {
	struct state states[STATES];
	uint32_t count;
};

/* One address as the guest's tables have it now. */
struct lookup {
	enum { ABSENT, BAD, PRESENT } directory;
	uint32_t directory_at, entry_at;
	uint32_t middle, table;		/* pages */
	uint64_t flags;			/* of the directory entry */
	uint64_t entry;
};

struct shadow_model {
	struct shadow_model_config config;
	struct shadow_guest guest;
	struct guest_memory clone;	/* of its memory, if there is one */
	uint32_t root[ROOTS], slot[SLOTS];
	uint32_t roots, slots, kernel_tables, user_tables;	/* how many of each are in use */
	uint32_t first_middle, first_table, table_pages;
	uint32_t kernel_slot, current;
	uint32_t clock, pin_top, pin_pages;
	uint8_t *mirror;
	struct history directories[ROOTS][SLOTS], entries[TABLES][2][INDEXES];
	uint32_t fresh_all, fresh_user[ROOTS], fresh_slot[ROOTS][SLOTS];
	uint32_t fresh_writable[ROOTS];		/* of write permission in the user's part */
	uint32_t fresh_page[ROOTS][SLOTS][INDEXES], fresh_kernel[SLOTS][INDEXES];
	uint32_t fresh_entry[TABLES][2][INDEXES];
	struct shadow_model_counters counters;
	uint32_t steps;
	bool must_flush;
	char log[LOG_LINES][100];
	uint32_t log_next;
};

/* --- what happens, and what goes wrong (tests/unit/shadow_model.c) --- */

void __printf(2, 3) model_note(struct shadow_model *model, const char *format, ...);
/* Prints what was noted and ends the program. */
void __noreturn __printf(2, 3) model_violation(struct shadow_model *model, const char *format, ...);

/* --- the guest's tables as they must be --- */

bool model_no_execute(const struct shadow_model *model);
/* Does an entry name a page of the guest? */
bool model_is_page(uint64_t entry);
uint32_t model_address_of(const struct shadow_model *model, uint32_t s, uint32_t i);
/* A two-level table serves two slots: which half is the slot's. */
uint32_t model_half_of(const struct shadow_model *model, uint32_t s);
uint32_t model_entry_address(const struct shadow_model *model, uint32_t table, uint32_t slot,
			     uint32_t index);
struct lookup model_look_slot(const struct shadow_model *model, uint32_t root, uint32_t slot);
struct lookup model_look_up(const struct shadow_model *model, uint32_t root, uint32_t address);
/* The guest writes an entry. */
void model_store(struct shadow_model *model, uint32_t address, uint64_t entry);
/* The hypervisor has to set these bits. */
void model_expect_marks(struct shadow_model *model, uint32_t address, uint64_t marks);
/* Notes in the histories what the tables say now. */
void model_refresh_directories(struct shadow_model *model);
void model_refresh_entry(struct shadow_model *model, uint32_t table, uint32_t half, uint32_t i);

/* --- what is permitted --- */

/* Since when nothing older may be used in slot s of root r. */
uint32_t model_newest(const struct shadow_model *model, uint32_t r, uint32_t s);
/* Entry index of a middle table was told: what came by way of it before does not count any more. */
void model_forget_middle(struct shadow_model *model, uint32_t middle, uint32_t index);
/* What the CPU makes of (slot s, index i); a violation when it may not. */
struct shadow_view model_check_view(struct shadow_model *model, uint32_t s, uint32_t i);
/* After each operation. */
void model_check_step(struct shadow_model *model);

/* --- the guest's whims (tests/unit/shadow_model_start.c) --- */

uint32_t model_choose(struct choices *choices, uint32_t bound);
bool model_one_in(struct choices *choices, uint32_t count);
uint64_t model_random_entry(const struct shadow_model *model, struct choices *choices);
/* For slot s: its own table mostly, which address spaces so share. */
uint64_t model_random_directory(const struct shadow_model *model, struct choices *choices,
				uint32_t s);
/* Some middle table for directory i; the kernel's are its own. */
uint64_t model_random_middle(const struct shadow_model *model, struct choices *choices, uint32_t i);

/* --- two of its steps (tests/unit/shadow_model_steps.c) --- */

void model_flush_all(struct shadow_model *model);
void model_switch_to(struct shadow_model *model, uint32_t r);

#endif

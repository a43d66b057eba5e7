// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of mm/initial_tables.c: where the initial page tables of generation A go, what
 * the ordinary readers find in them, and how a change tells the format.  The
 * guest's memory is exactly its pages, so that a step out of it is seen.
 */
#include "mm/initial_tables.h"
#include "tests/unit/unit.h"

#include <stdlib.h>
#include <string.h>

#define KERNEL 0xC0000000u
/* Two tables of 1024 entries and three of 512, the last of each not full. */
#define PAGES 1100u
#define TABLES_BYTES ((1u + 2 + 1 + 3) * PAGE_SIZE)
#define TOP ((PAGES - 5) * PAGE_SIZE)
#define FLAGS ((uint64_t)(PTE_P | PTE_W | PTE_U))

static struct guest_memory memory;
static struct initial_tables initial;

static int start(void **state)
{
	(void)state;
	memory = (struct guest_memory){ .ram_pages = PAGES, .pages = PAGES };
	memory.base = malloc(PAGES * PAGE_SIZE);
	if (!memory.base)
		return -1;
	/* Whatever the guest has left there. */
	memset(memory.base, 0xA5, PAGES * PAGE_SIZE);
	if (!initial_tables_place(&initial, KERNEL, PAGES, 0, TOP))
		return -1;
	return initial_tables_fill(&initial, &memory, UINT32_MAX) ? 0 : -1;
}

static int stop(void **state)
{
	(void)state;
	free(memory.base);
	return 0;
}

static uint32_t get32(uint32_t address)
{
	uint32_t value;

	memcpy(&value, memory.base + address, sizeof(value));
	return value;
}

static void put32(uint32_t address, uint32_t value)
{
	memcpy(memory.base + address, &value, sizeof(value));
}

static enum initial_format format(void)
{
	return initial_tables_format(&initial, &memory, 0);
}

/* --- where they go ------------------------------------------------------------------ */

static void place(void **state)
{
	static const struct {
		uint32_t kernel, ram_pages, floor, top;
		bool fits;
		uint32_t pages, pae_pages, tables;
	} cases[] = {
		/* 128 MB, an initrd above. */
		{ KERNEL, 32768, 0x1400000, 0x7B9A000, true, 32768, 32768, 1 + 32 + 1 + 64 },
		/* The smallest guest, without one page to spare, and with a byte too little. */
		{ KERNEL, 256, 0xFC000, 0x100000, true, 256, 256, 4 },
		{ KERNEL, 256, 0xFC001, 0x100000, false, 0, 0, 0 },
		/* Everything is taken by an initrd, or nothing is left at all. */
		{ KERNEL, 256, 0, 0x3000, false, 0, 0, 0 },
		{ KERNEL, 256, 0, 0, false, 0, 0, 0 },
		{ KERNEL, 256, 0xFFFFFFFF, 0x100000, false, 0, 0, 0 },
		/* More memory than fits between the kernel's start and the reserved top. */
		{ KERNEL, 786432, 0x1400000, 0xC0000000, true, 261120, 261120, 1 + 255 + 1 + 510 },
		/* More than the low half can hold, and than a PAE middle table can. */
		{ 0x40000000, 786432, 0x1400000, 0xC0000000, true, 262144, 262144,
		  1 + 256 + 1 + 512 },
		{ 0x80000000, 786432, 0x1400000, 0xC0000000, true, 523264, 262144,
		  1 + 511 + 1 + 512 },
		/* Not where a PAE slot begins: two levels only. */
		{ 0xB0000000, 32768, 0x1400000, 0x8000000, true, 32768, 0, 1 + 32 },
		{ 0xFF800000, 32768, 0x1400000, 0x8000000, true, 1024, 0, 1 + 1 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct initial_tables at = { 0 };
		uint32_t bottom = cases[i].top - cases[i].tables * PAGE_SIZE;

		assert_int_equal(initial_tables_place(&at, cases[i].kernel, cases[i].ram_pages,
						    cases[i].floor, cases[i].top), cases[i].fits);
		if (!cases[i].fits)
			continue;
		assert_int_equal(at.pages, cases[i].pages);
		assert_int_equal(at.pae_pages, cases[i].pae_pages);
		assert_int_equal(at.root, cases[i].top - PAGE_SIZE);
		assert_int_equal(at.pae_tables, bottom);
		assert_int_equal(at.filled, bottom);
		assert_int_equal(at.middle != 0, cases[i].pae_pages != 0);
		assert_true(at.pae_tables >= cases[i].floor);
	}
}

/* --- what is in them ------------------------------------------------------------------ */

/* The entry that a reader finds for an address; 0: none. */
static uint64_t lookup(const struct guest_reader *reader, uint32_t address)
{
	struct guest_slot slot = { 0 };
	struct guest_entries entries = { 0 };
	enum walk_result walk = guest_find_slot(reader, &memory, initial.root,
						address >> SLOT_SHIFT, &slot);

	assert_int_not_equal(walk, WALK_BAD);
	if (walk == WALK_ABSENT)
		return 0;
	assert_int_equal(slot.flags & FLAGS, FLAGS);
	guest_find_entries(reader, &memory, slot.key, &entries);
	return guest_entry(&entries, address >> PAGE_SHIFT & (SLOT_ENTRIES - 1));
}

static void check_window(const struct guest_reader *reader, uint32_t base, uint32_t end)
{
	for (uint32_t page = 0; page < end; page++) {
		uint64_t expected = page < PAGES ? page << PAGE_SHIFT | FLAGS : 0;

		assert_true(lookup(reader, base + (page << PAGE_SHIFT)) == expected);
	}
}

static void contents(void **state)
{
	(void)state;
	assert_int_equal(initial.pae_tables, TOP - TABLES_BYTES);
	check_window(&guest_reader_two_level, KERNEL, 4096);
	check_window(&guest_reader_pae, KERNEL, 4096);
	check_window(&guest_reader_pae, 0, 4096);
	for (uint32_t address = 0x2000000; address < KERNEL; address += 0x200000)
		assert_true(lookup(&guest_reader_two_level, address) == 0);
	/* Nothing else was touched. */
	assert_int_equal(get32(initial.pae_tables - 4), 0xA5A5A5A5);
	assert_int_equal(get32(TOP), 0xA5A5A5A5);
}

static void in_pieces(void **state)
{
	struct initial_tables again;
	uint8_t *whole = malloc(TABLES_BYTES);
	uint32_t calls = 1;

	(void)state;
	assert_non_null(whole);
	memcpy(whole, memory.base + initial.pae_tables, TABLES_BYTES);
	memset(memory.base, 0x5A, PAGES * PAGE_SIZE);
	assert_true(initial_tables_place(&again, KERNEL, PAGES, 0, TOP));
	for (; !initial_tables_fill(&again, &memory, 1); calls++)
		assert_int_equal(again.filled, again.pae_tables + calls * PAGE_SIZE);
	assert_int_equal(calls * PAGE_SIZE, TABLES_BYTES);
	assert_memory_equal(memory.base + again.pae_tables, whole, TABLES_BYTES);
	/* There is no more to do. */
	assert_true(initial_tables_fill(&again, &memory, 1));
	assert_int_equal(get32(TOP), 0x5A5A5A5A);
	free(whole);
}

static void two_levels_only(void **state)
{
	(void)state;
	assert_true(initial_tables_place(&initial, 0xB0000000, PAGES, 0, TOP));
	assert_true(initial_tables_fill(&initial, &memory, UINT32_MAX));
	assert_int_equal(initial.pae_tables, TOP - 3 * PAGE_SIZE);
	check_window(&guest_reader_two_level, 0xB0000000, 4096);
	check_window(&guest_reader_two_level, 0, 4096);
	assert_int_equal(format(), INITIAL_TWO_LEVEL);
	initial_tables_drop_pae(&initial, &memory);
	check_window(&guest_reader_two_level, 0, 4096);
}

/* --- what tells the format ------------------------------------------------------------- */

static void changes(void **state)
{
	const struct {
		uint32_t at, value, address;
		enum initial_format format;
	} cases[] = {
		/* Entries of the directory alone: a new one, and one of the linear map. */
		{ initial.root + 4 * 1020, 0x5067, 0, INITIAL_TWO_LEVEL },
		{ initial.root + 4 * 768, 0, 0, INITIAL_TWO_LEVEL },
		{ initial.root + 4 * 8, 1, 0, INITIAL_TWO_LEVEL },
		/* Of the PAE middle table: the first, a new one, and half of one. */
		{ initial.middle, 0, 0, INITIAL_PAE },
		{ initial.middle + 8 * 511, 0x5067, 0, INITIAL_PAE },
		{ initial.middle + 8 * 511 + 4, 1, 0, INITIAL_PAE },
		/* Of both: what they look like decides. */
		{ initial.root + 8, 0x5001, 0, INITIAL_PAE },
		{ initial.root, 0, 0, INITIAL_PAE },
		{ initial.root + 8, 0x5067, 0, INITIAL_TWO_LEVEL },
		{ initial.root + 4, 0x5001, 0, INITIAL_TWO_LEVEL },
		{ initial.root + 24, 0x5063, 0, INITIAL_TWO_LEVEL },
		/* Of the last level: only the entry for the address counts, low or high. */
		{ initial.tables + 4 * 77, 0, 77 << PAGE_SHIFT, INITIAL_TWO_LEVEL },
		{ initial.tables + 4 * 77, 0, KERNEL + (77 << PAGE_SHIFT), INITIAL_TWO_LEVEL },
		{ initial.tables + 4 * 77, 0, KERNEL + (78 << PAGE_SHIFT), INITIAL_UNKNOWN },
		{ initial.pae_tables + 8 * 77, 0, KERNEL + (77 << PAGE_SHIFT) + 5, INITIAL_PAE },
		{ initial.pae_tables + 8 * 77 + 4, 1, 77 << PAGE_SHIFT, INITIAL_PAE },
		{ initial.pae_tables + 8 * 77, 0, 76 << PAGE_SHIFT, INITIAL_UNKNOWN },
		/* Behind the last page, where the tables go on, and where they end. */
		{ initial.tables + 4 * PAGES, 0x5063, PAGES << PAGE_SHIFT, INITIAL_TWO_LEVEL },
		{ initial.tables + 4 * 2047, 0x5063, KERNEL + (2047u << PAGE_SHIFT),
		  INITIAL_TWO_LEVEL },
		{ initial.pae_tables + 8 * 1535, 0x5063, KERNEL + (1535u << PAGE_SHIFT),
		  INITIAL_PAE },
		{ initial.pae_tables + 8 * 1535, 0x5063, KERNEL + (1536u << PAGE_SHIFT),
		  INITIAL_UNKNOWN },
		{ initial.tables, 0, 0xFFFFFFFF, INITIAL_UNKNOWN },
	};

	(void)state;
	assert_int_equal(format(), INITIAL_UNKNOWN);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint32_t old = get32(cases[i].at);

		put32(cases[i].at, cases[i].value);
		assert_int_equal(initial_tables_format(&initial, &memory, cases[i].address),
				 cases[i].format);
		put32(cases[i].at, old);
		assert_int_equal(initial_tables_format(&initial, &memory, cases[i].address),
				 INITIAL_UNKNOWN);
	}
}

static void directory_without_pae(void **state)
{
	(void)state;
	/* The guest's own entry among those that are to change stays. */
	put32(initial.root + 4 * 5, 0x5067);
	initial_tables_drop_pae(&initial, &memory);
	assert_int_equal(get32(initial.root), initial.tables | FLAGS);
	assert_int_equal(get32(initial.root + 4), (initial.tables + PAGE_SIZE) | FLAGS);
	assert_int_equal(get32(initial.root + 4 * 2), 0);
	assert_int_equal(get32(initial.root + 4 * 5), 0x5067);
	assert_int_equal(get32(initial.root + 4 * 6), 0);
	check_window(&guest_reader_two_level, 0, 4096);
}

/* --- the reader of the time before -------------------------------------------------------- */

static void reader(void **state)
{
	static const struct {
		uint32_t address;
		uint64_t page;		/* PAGES: none */
	} cases[] = {
		{ 0, 0 }, { 0x123456, 0x123 }, { (PAGES - 1) << PAGE_SHIFT, PAGES - 1 },
		{ PAGES << PAGE_SHIFT, PAGES }, { 0x600000, PAGES }, { KERNEL - 1, PAGES },
		{ KERNEL, 0 }, { KERNEL + 0x123456, 0x123 },
		{ KERNEL + (PAGES << PAGE_SHIFT), PAGES },
		{ 0xFFBFFFFF, PAGES }, { 0xFFFFFFFF, PAGES },
	};

	(void)state;
	/* It does not look. */
	memset(memory.base, 0, PAGES * PAGE_SIZE);
	initial.root = KERNEL;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_true(lookup(&guest_reader_initial, cases[i].address) ==
			    (cases[i].page == PAGES ? 0 : cases[i].page << PAGE_SHIFT | FLAGS |
			     PTE_A | PTE_D));
	assert_true(guest_reader_initial.root_valid(&memory, KERNEL));
	assert_false(guest_reader_initial.root_valid(&memory, KERNEL + PAGE_SIZE));
	assert_false(guest_reader_initial.root_valid(&memory, 0));
	guest_reader_initial.mark_slot(&memory, KERNEL, 0);
	assert_int_equal(get32(0), 0);
}

#define in_memory(test) cmocka_unit_test_setup_teardown(test, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(place),
		in_memory(contents),
		in_memory(in_pieces),
		in_memory(two_levels_only),
		in_memory(changes),
		in_memory(directory_without_pae),
		in_memory(reader),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

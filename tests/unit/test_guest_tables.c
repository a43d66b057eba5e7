// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of mm/guest_tables.c: what the three readers make of a guest's tables.
 * The guest's memory is exactly its pages, so that a step out of it is seen.
 */
#include "mm/guest_tables.h"
#include "tests/unit/unit.h"

#include <stdlib.h>
#include <string.h>

#define PAGES 16u
#define FLAGS(x) ((uint64_t)(x))

static struct guest_memory memory;

static int start(void **state)
{
	(void)state;
	memory = (struct guest_memory){ .ram_pages = PAGES - 2, .pages = PAGES };
	memory.base = calloc(PAGES, PAGE_SIZE);
	return memory.base ? 0 : -1;
}

static int stop(void **state)
{
	(void)state;
	free(memory.base);
	return 0;
}

static void put32(uint32_t address, uint32_t value)
{
	memcpy(memory.base + address, &value, sizeof(value));
}

static void put64(uint32_t address, uint64_t value)
{
	memcpy(memory.base + address, &value, sizeof(value));
}

static uint64_t get64(uint32_t address)
{
	uint64_t value;

	memcpy(&value, memory.base + address, sizeof(value));
	return value;
}

static struct guest_entries entries_of(const struct guest_reader *reader, uint32_t key)
{
	struct guest_entries entries = { 0 };

	guest_find_entries(reader, &memory, key, &entries);
	return entries;
}

static void roots(void **state)
{
	static const struct {
		uint32_t root;
		bool two_level, pae;
	} cases[] = {
		{ 0, true, true },
		{ 0x1000, true, true },
		{ 0x1020, false, true },
		{ 0x1FE0, false, true },
		{ 0x1010, false, false },
		{ 0x1001, false, false },
		{ (PAGES - 1) * PAGE_SIZE, true, true },
		{ PAGES * PAGE_SIZE - 32, false, true },
		{ PAGES * PAGE_SIZE, false, false },
		{ 0xFFFFF000, false, false },
		{ 0xFFFFFFE0, false, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(guest_reader_two_level.root_valid(&memory, cases[i].root),
				 cases[i].two_level);
		assert_int_equal(guest_reader_pae.root_valid(&memory, cases[i].root), cases[i].pae);
		assert_int_equal(guest_reader_linear.root_valid(&memory, cases[i].root), i == 0);
	}
}

static void linear(void **state)
{
	struct guest_slot slot = { 0 };
	struct guest_entries entries;

	(void)state;
	assert_int_equal(guest_reader_linear.slot(&memory, 0, 0, &slot), WALK_PRESENT);
	assert_true(slot.flags & PTE_P && slot.flags & PTE_W && slot.flags & PTE_A);
	assert_false(slot.flags & (PTE_U | PTE_NX));
	assert_int_equal(guest_reader_linear.slot(&memory, 0, 1, &slot), WALK_ABSENT);
	assert_int_equal(guest_reader_linear.slot(&memory, 0, SLOT_COUNT - 1, &slot), WALK_ABSENT);
	guest_reader_linear.mark_slot(&memory, 0, 0);
	entries = entries_of(&guest_reader_linear, 0);
	for (uint32_t i = 0; i < SLOT_ENTRIES; i++) {
		uint64_t wanted = FLAGS(i) << PAGE_SHIFT | PTE_P | PTE_W | PTE_A | PTE_D;

		assert_true(guest_entry(&entries, i) == (i < PAGES ? wanted : 0));
		guest_entry_mark(&entries, i, PTE_A | PTE_D);
	}
	/* No page 4 GB away is page 0. */
	entries = entries_of(&guest_reader_linear, SLOT_COUNT - 1);
	assert_true(guest_entry(&entries, 511) == 0);
}

static void two_level(void **state)
{
	const struct guest_reader *reader = &guest_reader_two_level;
	struct guest_slot low = { 0 }, high = { 0 };
	struct guest_entries entries;

	(void)state;
	put32(0x1000 + 5 * 4, 0x3000 | 0xE67);
	assert_int_equal(guest_find_slot(reader, &memory, 0x1000, 9, &low), WALK_ABSENT);
	assert_int_equal(guest_find_slot(reader, &memory, 0x1000, 10, &low), WALK_PRESENT);
	assert_int_equal(guest_find_slot(reader, &memory, 0x1000, 11, &high), WALK_PRESENT);
	assert_int_equal(guest_find_slot(reader, &memory, 0x1000, 12, &high), WALK_ABSENT);
	assert_int_equal(guest_find_slot(reader, &memory, 0x1000, 11, &high), WALK_PRESENT);
	assert_true(low.flags == (PTE_P | PTE_W | PTE_U | PTE_A));
	assert_int_not_equal(low.key, high.key);
	put32(0x3000, 0x11);
	put32(0x3000 + 511 * 4, 0x22);
	put32(0x3000 + 512 * 4, 0x33);
	put32(0x3FFC, 0xFFFFFFFF);
	entries = entries_of(reader, low.key);
	assert_true(guest_entry(&entries, 0) == 0x11 && guest_entry(&entries, 511) == 0x22);
	entries = entries_of(reader, high.key);
	assert_true(guest_entry(&entries, 0) == 0x33 && guest_entry(&entries, 511) == 0xFFFFFFFF);
	guest_entry_mark(&entries, 0, PTE_D);
	assert_true(guest_entry(&entries, 0) == 0x73);
	/* The last slot of all. */
	put32(0x1FFC, (PAGES - 1) << PAGE_SHIFT | 1);
	assert_int_equal(guest_find_slot(reader, &memory, 0x1000, SLOT_COUNT - 1, &high),
			 WALK_PRESENT);
	assert_true(high.flags == PTE_P);
	reader->mark_slot(&memory, 0x1000, SLOT_COUNT - 1);
	assert_int_equal(guest_find_slot(reader, &memory, 0x1000, SLOT_COUNT - 1, &high),
			 WALK_PRESENT);
	assert_true(high.flags == (PTE_P | PTE_A));
}

static void two_level_bad(void **state)
{
	struct guest_slot slot = { 0 };

	(void)state;
	put32(0x1000, PAGES << PAGE_SHIFT | 7);
	assert_int_equal(guest_reader_two_level.slot(&memory, 0x1000, 0, &slot), WALK_BAD);
	assert_true(slot.flags == (PAGES << PAGE_SHIFT | 7));
	put32(0x1000, 0xFFFFF067);
	assert_int_equal(guest_reader_two_level.slot(&memory, 0x1000, 0, &slot), WALK_BAD);
	put32(0x1000, 0x30E7);
	assert_int_equal(guest_reader_two_level.slot(&memory, 0x1000, 1, &slot), WALK_BAD);
	put32(0x1000, 0xFFFFF0E6);
	assert_int_equal(guest_reader_two_level.slot(&memory, 0x1000, 1, &slot), WALK_ABSENT);
}

static void pae(void **state)
{
	const struct guest_reader *reader = &guest_reader_pae;
	struct guest_slot slot = { 0 };
	struct guest_entries entries;

	(void)state;
	/* A top level in the middle of a page; its third directory. */
	assert_int_equal(guest_find_slot(reader, &memory, 0x1FE0, 1024 + 7, &slot), WALK_ABSENT);
	put64(0x1FE0 + 2 * 8, 0x4001);
	assert_int_equal(guest_find_slot(reader, &memory, 0x1FE0, 1024 + 7, &slot), WALK_ABSENT);
	put64(0x4000 + 7 * 8, 0x5000 | 0x67 | PTE_NX);
	assert_int_equal(guest_find_slot(reader, &memory, 0x1FE0, 1024 + 7, &slot), WALK_PRESENT);
	assert_true(slot.flags == (PTE_P | PTE_W | PTE_U | PTE_A | PTE_NX));
	assert_int_equal(guest_find_slot(reader, &memory, 0x1FE0, 1024 + 8, &slot), WALK_ABSENT);
	put64(0x4000 + 8 * 8, 0x5001);
	assert_int_equal(guest_find_slot(reader, &memory, 0x1FE0, 1024 + 8, &slot), WALK_PRESENT);
	assert_true(slot.flags == PTE_P);
	put64(0x5000 + 511 * 8, 0x8000000000001025);
	entries = entries_of(reader, slot.key);
	assert_true(guest_entry(&entries, 511) == 0x8000000000001025);
	guest_entry_mark(&entries, 511, PTE_A | PTE_D);
	assert_true(guest_entry(&entries, 511) == 0x8000000000001065);
	reader->mark_slot(&memory, 0x1FE0, 1024 + 8);
	assert_true(get64(0x4000 + 8 * 8) == 0x5021);
	/* The top level has no such mark. */
	assert_true(get64(0x1FE0 + 2 * 8) == 0x4001);
}

static void pae_bad(void **state)
{
	static const uint64_t directories[] = {
		PAGES << PAGE_SHIFT | 7, 0x50E7, 0x0000000100005067, 0x000FFFFFFFFFF067,
		0x0008000000005067,
	};
	struct guest_slot slot = { 0 };

	(void)state;
	put64(0x1000, 0x4001);
	for (size_t i = 0; i < ARRAY_SIZE(directories); i++) {
		put64(0x4000, directories[i]);
		assert_int_equal(guest_reader_pae.slot(&memory, 0x1000, 0, &slot), WALK_BAD);
		assert_true(slot.flags == directories[i]);
		/* And the same as a top-level entry. */
		if (directories[i] & PTE_PS)
			continue;
		put64(0x1000, directories[i]);
		assert_int_equal(guest_reader_pae.slot(&memory, 0x1000, 0, &slot), WALK_BAD);
		put64(0x1000, 0x4001);
	}
}

static void pages_of_entries(void **state)
{
	(void)state;
	assert_int_equal(guest_entry_page(0x12345FFF), 0x12345);
	assert_int_equal(guest_entry_page(0x8000000012345067), 0x12345);
	assert_int_equal(guest_entry_page(0xFFFFF067), 0xFFFFF);
	assert_int_equal(guest_entry_page(0x0000000100000067), UINT32_MAX);
	assert_int_equal(guest_entry_page(0x0008000000000067), UINT32_MAX);
}

/* Whatever is in the guest's tables, a walk stays in its memory (the sanitizer looks on). */
static void random_tables(void **state)
{
	uint64_t seed = 99;

	(void)state;
	for (int round = 0; round < 200; round++) {
		for (uint32_t address = 0; address < PAGES * PAGE_SIZE; address += 8)
			put64(address, unit_random(&seed) & (round & 1 ? 0x1FFFF : UINT64_MAX));
		for (uint32_t i = 0; i < SLOT_COUNT; i++) {
			const struct guest_reader *reader =
				i & 1 ? &guest_reader_pae : &guest_reader_two_level;
			uint32_t root = (uint32_t)unit_random(&seed) % (PAGES * PAGE_SIZE) & ~31u;
			struct guest_slot slot = { 0 };
			struct guest_entries entries;

			if (!reader->root_valid(&memory, root) ||
			    guest_find_slot(reader, &memory, root, i, &slot) != WALK_PRESENT)
				continue;
			reader->mark_slot(&memory, root, i);
			entries = entries_of(reader, slot.key);
			(void)guest_entry(&entries, 0);
			(void)guest_entry(&entries, 511);
			guest_entry_mark(&entries, 511, PTE_D);
		}
	}
}

#define in_memory(test) cmocka_unit_test_setup_teardown(test, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_memory(roots),
		in_memory(linear),
		in_memory(two_level),
		in_memory(two_level_bad),
		in_memory(pae),
		in_memory(pae_bad),
		in_memory(pages_of_entries),
		in_memory(random_tables),
	};

	return cmocka_run_group_tests_name("guest_tables", tests, NULL, NULL);
}

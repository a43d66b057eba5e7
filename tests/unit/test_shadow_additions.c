// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of mm/shadow_additions.c: MAP_PAGE maps what a fault would map without marking anything,
 * and no more; FLUSH_WRITABLE leaves nothing writable, wherever the tables are, and what was taken
 * away stays away.
 */
#include "mm/shadow_internal.h"
#include "tests/unit/shadow_test.h"

#define FIRST 0x08050000u	/* first of its group of sixteen */
#define OTHER 0x70000000u
#define STACK 0x08250000u	/* in a program's part, where no kernel has its own */
#define READ_ONLY (PTE_P | PTE_U)

static struct shadow *shadow_of(struct test_guest *test)
{
	return &test->guest.shadow;
}

static void map(struct test_guest *test, uint32_t address, uint64_t entry)
{
	guest_map(&test->guest, test->root, address, entry);
}

static enum shadow_result tell_page(struct test_guest *test, uint32_t address, bool around)
{
	return shadow_map_page(shadow_of(test), gva_make(address), around);
}

/* The directory entry is accessed, as kernels make them. */
static void make_table(struct test_guest *test, uint32_t address)
{
	map(test, address, 0);
	guest_store(&test->guest, guest_directory_at(&test->guest, test->root, address),
		    guest_load(&test->guest,
			       guest_directory_at(&test->guest, test->root, address)) | PTE_A);
}

static void audit(struct test_guest *test)
{
	shadow_flush_all(shadow_of(test));
	shadow_audit(shadow_of(test));
}

/* The table has no shadow yet. */
static void page_of_a_new_table(void **state)
{
	struct test_guest *test = *state;

	make_table(test, FIRST);
	map(test, FIRST, PAGE(DATA) | USER_RW | USED);
	assert_int_equal(tell_page(test, FIRST, false), SHADOW_DONE);
	assert_true(sees(test, FIRST, DATA));
	assert_int_equal(use(test, FIRST, FAULT_USER | FAULT_WRITE), ACCESS_HIT);
	/* Another one, where there is a shadow now; and one whose table sleeps since a flush. */
	map(test, FIRST + PAGE_SIZE, PAGE(FAR_DATA) | USER_RW | USED);
	assert_int_equal(tell_page(test, FIRST + PAGE_SIZE, false), SHADOW_DONE);
	assert_true(sees(test, FIRST + PAGE_SIZE, FAR_DATA));
	space_put_to_sleep(shadow_of(test), shadow_of(test)->current, FIRST >> SLOT_SHIFT);
	map(test, FIRST, PAGE(DATA + 1) | READ_ONLY | USED);
	map(test, FIRST + PAGE_SIZE, 0);
	assert_int_equal(tell_page(test, FIRST, false), SHADOW_DONE);
	assert_true(sees(test, FIRST, DATA + 1));
	assert_false(shadow_look(&test->guest, FIRST).writable);
	assert_true(sees_nothing(test, FIRST + PAGE_SIZE));
	audit(test);
}

/* What is around comes with it as at a fault, and what is mapped already stays what it is. */
static void pages_around(void **state)
{
	struct test_guest *test = *state;

	make_table(test, FIRST);
	for (uint32_t i = 0; i < 32; i++)
		map(test, FIRST + i * PAGE_SIZE, PAGE(DATA + i) | READ_ONLY | PTE_A);
	map(test, FIRST + 2 * PAGE_SIZE, PAGE(DATA) | READ_ONLY);
	map(test, FIRST + 3 * PAGE_SIZE, PAGE(GUEST_PAGES) | READ_ONLY | PTE_A);
	map(test, FIRST + 4 * PAGE_SIZE, PAGE(FAR_DATA) | READ_ONLY | PTE_A);
	assert_int_equal(tell_page(test, FIRST + 7 * PAGE_SIZE, true), SHADOW_DONE);
	for (uint32_t i = 0; i < 32; i++) {
		bool wanted = i < 16 && i != 2 && i != 3;

		assert_int_equal(shadow_look(&test->guest, FIRST + i * PAGE_SIZE).present, wanted);
	}
	assert_true(sees(test, FIRST + 4 * PAGE_SIZE, FAR_DATA));
	assert_true(sees(test, FIRST + 15 * PAGE_SIZE, DATA + 15));
	audit(test);
}

/* Accessed and dirty are for accesses, and a page beyond memory for whoever uses it. */
static void nothing_is_marked(void **state)
{
	struct test_guest *test = *state;
	static const uint64_t entries[] = {
		PAGE(DATA) | USER_RW, 0, PAGE(DATA) | (USER_RW & ~PTE_P) | USED,
		PAGE(GUEST_PAGES) | USER_RW | USED, PTE_FRAME | USER_RW | USED,
	};

	make_table(test, FIRST);
	for (unsigned i = 0; i < 2 * ARRAY_SIZE(entries); i++) {
		uint64_t entry = test->guest.pae ? entries[i / 2] : (uint32_t)entries[i / 2];

		map(test, FIRST, entry);
		assert_int_equal(tell_page(test, FIRST, i % 2), SHADOW_DONE);
		assert_true(sees_nothing(test, FIRST));
		assert_true(guest_entry_of(&test->guest, test->root, FIRST) == entry);
	}
	/* Clean: not writable. A table that is not accessed is not marked either. */
	map(test, FIRST, PAGE(DATA) | USER_RW | PTE_A);
	tell_page(test, FIRST, false);
	assert_false(shadow_look(&test->guest, FIRST).writable);
	map(test, OTHER, PAGE(DATA) | USER_RW | USED);
	assert_int_equal(tell_page(test, OTHER, true), SHADOW_DONE);
	assert_true(sees_nothing(test, OTHER));
	audit(test);
}

/* Entries and tables that are gone, or others. */
static void as_set_pte_does(void **state)
{
	struct test_guest *test = *state;
	uint32_t upper;

	for (unsigned around = 0; around < 2; around++) {
		map_and_use(test, test->root, FIRST, DATA);
		map(test, FIRST, 0);
		tell_page(test, FIRST, around);
		assert_true(sees_nothing(test, FIRST));
		map_and_use(test, test->root, FIRST, DATA);
		upper = guest_directory_at(&test->guest, test->root, FIRST);
		guest_store(&test->guest, upper, 0);
		tell_page(test, FIRST, around);
		assert_true(sees_nothing(test, FIRST));
		map_and_use(test, test->root, FIRST, DATA);
		guest_store(&test->guest, upper, PAGE(GUEST_PAGES) | USER_RW | USED);
		assert_int_equal(tell_page(test, FIRST, around), SHADOW_DONE);
		assert_true(sees_nothing(test, FIRST));
		guest_store(&test->guest, upper, 0);
	}
	audit(test);
}

static void outside_the_guests_part(void **state)
{
	struct test_guest *test = *state;

	assert_int_equal(tell_page(test, SWITCHER_CODE, false), SHADOW_BAD);
	assert_int_equal(tell_page(test, 0xFFFFFFFF, true), SHADOW_BAD);
	/* The kernel's part is read again wherever it is mapped. */
	map(test, 0xC0400000, PAGE(DATA) | KERNEL_RW | USED);
	assert_int_equal(use(test, 0xC0400000, FAULT_WRITE), ACCESS_FILLED);
	map(test, 0xC0400000, PAGE(FAR_DATA) | KERNEL_RW | USED);
	assert_int_equal(tell_page(test, 0xC0400000, true), SHADOW_DONE);
	assert_true(sees(test, 0xC0400000, FAR_DATA));
}

/* The stack that Umbra has made sure of is one of the pages. */
static void the_pin_ends(void **state)
{
	struct test_guest *test = *state;

	for (unsigned around = 0; around < 2; around++) {
		map(test, STACK, PAGE(DATA) | USER_RW | USED);
		assert_int_equal(shadow_pin(shadow_of(test), gva_make(STACK + PAGE_SIZE), 1),
				 SHADOW_DONE);
		map(test, STACK, PAGE(DATA) | READ_ONLY | USED);
		assert_int_equal(tell_page(test, STACK, around), SHADOW_DONE);
		assert_false(shadow_of(test)->pinned);
	}
	map(test, STACK, PAGE(DATA) | USER_RW | USED);
	assert_int_equal(shadow_pin(shadow_of(test), gva_make(STACK + PAGE_SIZE), 1), SHADOW_DONE);
	shadow_flush_writable(shadow_of(test));
	assert_false(shadow_of(test)->pinned);
}

static void nothing_is_writable(void **state)
{
	struct test_guest *test = *state;

	map_and_use(test, test->root, FIRST, DATA);
	map_and_use(test, test->root, FIRST + PAGE_SIZE, FAR_DATA);
	map_and_use(test, test->root, OTHER, DATA + 1);
	map(test, FIRST, PAGE(DATA) | READ_ONLY | USED);
	assert_int_equal(shadow_flush_writable(shadow_of(test)), SHADOW_DONE);
	/* All is there that was, to be read; and what the guest permits comes back with a write. */
	assert_true(sees(test, FIRST, DATA));
	assert_int_equal(use(test, FIRST, FAULT_USER), ACCESS_HIT);
	assert_int_equal(use(test, OTHER, FAULT_USER), ACCESS_HIT);
	assert_int_equal(use(test, FIRST, FAULT_USER | FAULT_WRITE), ACCESS_FAULT);
	assert_false(shadow_look(&test->guest, OTHER).writable);
	assert_int_equal(use(test, OTHER, FAULT_USER | FAULT_WRITE), ACCESS_FILLED);
	assert_int_equal(use(test, FIRST + PAGE_SIZE, FAULT_USER | FAULT_WRITE), ACCESS_FILLED);
	audit(test);
}

/* The kernel's part is not the user's, and other address spaces are not the current one. */
static void only_the_current_programs(void **state)
{
	struct test_guest *test = *state;
	uint32_t other = new_process(test);

	map_and_use(test, other, FIRST, DATA);
	map_and_use(test, test->root, 0xC0400000, FAR_DATA);
	shadow_flush_writable(shadow_of(test));
	assert_int_equal(use(test, 0xC0400000, FAULT_WRITE), ACCESS_HIT);
	switch_to(test, other);
	assert_int_equal(use(test, FIRST, FAULT_WRITE), ACCESS_HIT);
	audit(test);
}

/* A sleeping slot's leaf may be up to date by another slot of the same table. */
static void a_table_that_sleeps(void **state)
{
	struct test_guest *test = *state;
	uint32_t upper;

	map_and_use(test, test->root, FIRST, DATA);
	upper = guest_directory_at(&test->guest, test->root, FIRST);
	map(test, OTHER, 0);
	guest_store(&test->guest, guest_directory_at(&test->guest, test->root, OTHER),
		    guest_load(&test->guest, upper));
	space_put_to_sleep(shadow_of(test), shadow_of(test)->current, FIRST >> SLOT_SHIFT);
	/* Its leaf is read again for the other slot, and that one is in another address space's. */
	assert_int_equal(use(test, (OTHER & ~(CHUNK_SIZE - 1)) | (FIRST & (CHUNK_SIZE - 1)),
			     FAULT_WRITE), ACCESS_FILLED);
	space_unlink(shadow_of(test), shadow_of(test)->current, OTHER >> SLOT_SHIFT);
	map(test, FIRST, PAGE(DATA) | READ_ONLY | USED);
	shadow_flush_writable(shadow_of(test));
	assert_int_equal(use(test, FIRST, FAULT_WRITE), ACCESS_FAULT);
	assert_false(shadow_look(&test->guest, FIRST).writable);
	audit(test);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		both_formats(page_of_a_new_table),
		both_formats(pages_around),
		both_formats(nothing_is_marked),
		both_formats(as_set_pte_does),
		both_formats(outside_the_guests_part),
		both_formats(the_pin_ends),
		both_formats(nothing_is_writable),
		both_formats(only_the_current_programs),
		both_formats(a_table_that_sleeps),
	};

	return cmocka_run_group_tests_name("shadow_additions", tests, NULL, NULL);
}

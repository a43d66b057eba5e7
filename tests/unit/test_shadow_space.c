// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of mm/shadow_space.c: linear mode and leaving it, sharing, the kernel
 * half of new address spaces, the budget, and that everything comes back.
 */
#include "arch/cpu/layout.h"
#include "mm/heap.h"
#include "mm/shadow_internal.h"
#include "tests/unit/shadow_test.h"

#define USER_PAGE 0x08048000u
#define KERNEL_PAGE 0xFF800000u		/* in the directory that every address space has */

static int start_linear(void **state)
{
	struct test_guest *test = calloc(1, sizeof(*test));

	if (!test)
		return -1;
	native_set_nx(true);
	shadow_guest_start(&test->guest, false, SHADOW_MIN_BUDGET);
	*state = test;
	return 0;
}

static void linear_mode(void **state)
{
	struct test_guest *test = *state;
	gpa_t gpa = gpa_make(0);

	for (uint32_t page = 0; page < GUEST_PAGES; page += 7) {
		struct shadow_view view;

		assert_true(use(test, page << PAGE_SHIFT, FAULT_WRITE) <= ACCESS_FILLED);
		view = shadow_look(&test->guest, page << PAGE_SHIFT);
		assert_true(view.frame == guest_frame_of_page(&test->guest, page));
		assert_false(view.user);
	}
	assert_int_equal(use(test, (GUEST_PAGES - 1) << PAGE_SHIFT, 0), ACCESS_FILLED);
	assert_int_equal(use(test, GUEST_PAGES << PAGE_SHIFT, 0), ACCESS_FAULT);
	assert_int_equal(use(test, 0xC0000000, 0), ACCESS_FAULT);
	assert_int_equal(use(test, 0, FAULT_USER), ACCESS_FAULT);
	assert_int_equal(shadow_translate(&test->guest.shadow, gva_make(0x12345), true, &gpa),
			 SHADOW_DONE);
	assert_int_equal(gpa_value(gpa), 0x12345);
	shadow_flush_all(&test->guest.shadow);
	shadow_audit(&test->guest.shadow);
	assert_int_equal(tell_pte(test, 0, 0x1000), SHADOW_DONE);
	assert_int_equal(shadow_set_pgd(&test->guest.shadow, gpa_make(0), 0), SHADOW_DONE);
	assert_int_equal(shadow_set_pmd(&test->guest.shadow, gpa_make(0), 0), SHADOW_BAD);
}

static void leaving_linear_mode(void **state)
{
	struct test_guest *test = *state;
	struct shadow *shadow = &test->guest.shadow;
	uint32_t root = guest_new_root(&test->guest);

	assert_int_equal(use(test, 0, 0), ACCESS_FILLED);
	assert_int_equal(switch_to(test, GUEST_PAGES << PAGE_SHIFT), SHADOW_BAD);
	assert_int_equal(switch_to(test, root + 4), SHADOW_BAD);
	assert_ptr_equal(shadow->reader, &guest_reader_linear);
	guest_map(&test->guest, root, USER_PAGE, PAGE(DATA) | USER_RW);
	assert_int_equal(switch_to(test, root), SHADOW_DONE);
	assert_ptr_equal(shadow->reader, &guest_reader_two_level);
	/* Nothing of virtual = physical is left. */
	assert_false(shadow_look(&test->guest, 0).present);
	assert_int_equal(use(test, 0, 0), ACCESS_FAULT);
	assert_int_equal(use(test, USER_PAGE, 0), ACCESS_FILLED);
	assert_int_equal(switch_to(test, root + 32), SHADOW_BAD);
	assert_int_equal(shadow->current->root, root);
	shadow_flush_all(shadow);
	shadow_audit(shadow);
}

static void detects_pae_by_place(void **state)
{
	struct test_guest *test = *state;

	assert_int_equal(switch_to(test, guest_new_table(&test->guest) + 0x20), SHADOW_DONE);
	assert_ptr_equal(test->guest.shadow.reader, &guest_reader_pae);
	assert_true(test->guest.shadow.no_execute);
}

static void detects_pae_by_flags(void **state)
{
	struct test_guest *test = *state;
	uint32_t root;

	test->guest.pae = true;
	root = guest_new_root(&test->guest);
	assert_int_equal(switch_to(test, root), SHADOW_DONE);
	assert_ptr_equal(test->guest.shadow.reader, &guest_reader_pae);
}

/* A kernel that maps nothing low when it first turns its own tables on. */
static void detects_pae_with_only_the_kernel_mapped(void **state)
{
	struct test_guest *test = *state;
	uint32_t root;

	test->guest.pae = true;
	root = guest_new_root(&test->guest);
	for (uint32_t i = 0; i < 3; i++)
		guest_store(&test->guest, root + i * 8, 0);
	assert_int_equal(switch_to(test, root), SHADOW_DONE);
	assert_ptr_equal(test->guest.shadow.reader, &guest_reader_pae);
}

static void two_level_is_no_pae(void **state)
{
	struct test_guest *test = *state;
	uint32_t root = guest_new_root(&test->guest);

	/*
	 * Entry 0 as a kernel has it, the next absent: what PAE would look like but for
	 * the flags.
	 */
	guest_store(&test->guest, root, guest_new_table(&test->guest) | PTE_P | PTE_W | PTE_A);
	assert_int_equal(switch_to(test, root), SHADOW_DONE);
	assert_ptr_equal(test->guest.shadow.reader, &guest_reader_two_level);
	assert_false(test->guest.shadow.no_execute);
}

/* --- sharing -------------------------------------------------------------------------- */

static void new_space_has_the_kernel(void **state)
{
	struct test_guest *test = *state;
	uint32_t other, filled;

	guest_map(&test->guest, test->root, KERNEL_PAGE, PAGE(DATA) | KERNEL_RW);
	assert_int_equal(use(test, KERNEL_PAGE, FAULT_WRITE), ACCESS_FILLED);
	other = new_process(test);
	switch_to(test, other);
	filled = test->guest.shadow.counters.filled;
	assert_int_equal(use(test, KERNEL_PAGE, FAULT_WRITE), ACCESS_HIT);
	assert_int_equal(test->guest.shadow.counters.filled, filled);
	assert_int_equal(use(test, USER_PAGE, 0), ACCESS_FAULT);
}

static void leaf_is_shared_permissions_are_not(void **state)
{
	struct test_guest *test = *state;
	struct shadow_guest *guest = &test->guest;
	struct shadow *shadow = &guest->shadow;
	uint32_t other = new_process(test), directory, leaves;
	struct shadow_leaf *leaf;

	guest_map(guest, test->root, USER_PAGE, PAGE(DATA) | USER_RW | USED);
	assert_int_equal(use(test, USER_PAGE, FAULT_WRITE | FAULT_USER), ACCESS_FILLED);
	leaf = space_leaf(shadow->current, USER_PAGE >> SLOT_SHIFT);
	directory = guest_directory_at(guest, other, USER_PAGE);
	guest_store(
		guest, directory,
		(guest_load(guest, guest_directory_at(guest, test->root, USER_PAGE)) & PTE_FRAME) |
			PTE_P);
	switch_to(test, other);
	leaves = shadow->used;
	assert_int_equal(use(test, USER_PAGE, 0), ACCESS_FILLED);
	assert_ptr_equal(space_leaf(shadow->current, USER_PAGE >> SLOT_SHIFT), leaf);
	assert_int_equal(leaf->parents, 2);
	/* One directory more, no leaf. */
	assert_int_equal(shadow->used, leaves + 1);
	assert_int_equal(use(test, USER_PAGE, FAULT_WRITE), ACCESS_FAULT);
	assert_int_equal(use(test, USER_PAGE, FAULT_USER), ACCESS_FAULT);
	switch_to(test, test->root);
	assert_int_equal(use(test, USER_PAGE, FAULT_WRITE | FAULT_USER), ACCESS_HIT);
}

static void halves_of_a_table_are_two_leaves(void **state)
{
	struct test_guest *test = *state;

	guest_map(&test->guest, test->root, 0x08000000, PAGE(DATA) | USER_RW);
	guest_map(&test->guest, test->root, 0x08200000, PAGE(DATA + 1) | USER_RW);
	assert_int_equal(use(test, 0x08000000, 0), ACCESS_FILLED);
	assert_int_equal(use(test, 0x08200000, 0), ACCESS_FILLED);
	assert_true(shadow_look(&test->guest, 0x08000000).frame ==
		    guest_frame_of_page(&test->guest, DATA));
	assert_true(shadow_look(&test->guest, 0x08200000).frame ==
		    guest_frame_of_page(&test->guest, DATA + 1));
}

/* --- the budget ----------------------------------------------------------------------- */

static void eviction_takes_the_oldest(void **state)
{
	struct test_guest *test = *state;
	struct shadow *shadow = &test->guest.shadow;
	uint32_t roots[40], table;

	guest_map(&test->guest, test->root, USER_PAGE, PAGE(DATA) | USER_RW | USED);
	table = (uint32_t)(guest_load(&test->guest,
				      guest_directory_at(&test->guest, test->root, USER_PAGE)) &
			   PTE_FRAME);
	for (unsigned i = 0; i < ARRAY_SIZE(roots); i++) {
		roots[i] = new_process(test);
		/*
		 * All share one table: two directories each, so that they themselves fill the
		 * budget.
		 */
		guest_store(&test->guest, guest_directory_at(&test->guest, roots[i], USER_PAGE),
			    table | USER_RW);
		switch_to(test, roots[i]);
		assert_true(use(test, USER_PAGE, FAULT_USER) <= ACCESS_FILLED);
		assert_true(shadow->used <= shadow->budget);
		/* The first one stays, because it is used again and again. */
		switch_to(test, test->root);
		use(test, USER_PAGE, 0);
	}
	assert_true(shadow->counters.evicted > 0);
	assert_int_equal(shadow->counters.resets, 0);
	assert_non_null(space_find(shadow, test->root));
	assert_non_null(space_find(shadow, roots[ARRAY_SIZE(roots) - 1]));
	assert_null(space_find(shadow, roots[0]));
	shadow_flush_all(shadow);
	shadow_audit(shadow);
	/* The evicted one comes back empty and works. */
	switch_to(test, roots[0]);
	assert_int_equal(use(test, USER_PAGE, FAULT_USER), ACCESS_FILLED);
}

static void sole_space_is_reset(void **state)
{
	struct test_guest *test = *state;
	struct shadow *shadow = &test->guest.shadow;
	uint32_t table = guest_new_table(&test->guest);

	for (uint32_t slot = 0; slot < 200; slot += 2) {
		uint32_t address = slot << SLOT_SHIFT;

		if (slot % 32 == 0)
			table = guest_new_table(&test->guest);
		guest_store(&test->guest, guest_directory_at(&test->guest, test->root, address),
			    (slot % 32 ? guest_new_table(&test->guest) : table) | USER_RW);
		guest_map(&test->guest, test->root, address, PAGE(DATA + slot / 2) | USER_RW);
		assert_int_equal(use(test, address, FAULT_WRITE), ACCESS_FILLED);
		assert_true(shadow->used <= shadow->budget);
		assert_true(shadow_look(&test->guest, address).frame ==
			    guest_frame_of_page(&test->guest, DATA + slot / 2));
	}
	assert_true(shadow->counters.resets > 0);
	assert_int_equal(shadow->counters.evicted, 0);
	shadow_flush_all(shadow);
	shadow_audit(shadow);
}

/* Filling one page of the stack may empty the tables that held the other. */
static void pin_survives_a_reset(void **state)
{
	struct test_guest *test = *state;
	struct shadow *shadow = &test->guest.shadow;
	uint32_t stack = 0xC0400000;

	guest_map(&test->guest, test->root, stack, PAGE(DATA) | KERNEL_RW);
	guest_map(&test->guest, test->root, stack - PAGE_SIZE, PAGE(DATA) | KERNEL_RW);
	for (uint32_t slot = 0; shadow->used + LINK_PAGES < shadow->budget; slot += 2) {
		guest_map(&test->guest, test->root, slot << SLOT_SHIFT, PAGE(DATA) | USER_RW);
		use(test, slot << SLOT_SHIFT, 0);
	}
	use(test, stack, FAULT_WRITE);
	assert_int_equal(shadow->counters.resets, 0);
	assert_int_equal(shadow_pin(shadow, gva_make(stack + PAGE_SIZE), 2), SHADOW_DONE);
	assert_int_equal(shadow->counters.resets, 1);
	assert_int_equal(use(test, stack, FAULT_WRITE), ACCESS_HIT);
	assert_int_equal(use(test, stack - PAGE_SIZE, FAULT_WRITE), ACCESS_HIT);
}

static void many_spaces(void **state)
{
	struct test_guest *test = *state;
	uint32_t first = guest_new_table(&test->guest);

	/* More than the pool of structures holds, though each takes but one page. */
	for (uint32_t i = 0; i < 100; i++)
		assert_int_equal(switch_to(test, first + (i << (test->guest.pae ? 5 : 12))),
				 SHADOW_DONE);
	shadow_flush_all(&test->guest.shadow);
	shadow_audit(&test->guest.shadow);
}

/* --- the end ---------------------------------------------------------------------------- */

static void creation_without_memory(void **state)
{
	struct test_guest *test = *state;
	struct shadow shadow;
	void *taken = NULL;
	uint32_t low = frames_low_free();

	/* All of low memory, a chain through the pages. */
	for (void **page; (page = page_alloc()) != NULL; taken = page)
		*page = taken;
	assert_int_not_equal(shadow_create(&shadow, &test->guest.memory, 1024), 0);
	/* Its owner takes it apart by what is in it. */
	assert_null(shadow.memory);
	assert_null(shadow.leaf_pool);
	while (taken) {
		void *next = *(void **)taken;

		page_free(taken);
		taken = next;
	}
	assert_int_equal(frames_low_free(), low);
}

static void everything_comes_back(void **state)
{
	struct test_guest *test = *state;
	struct shadow shadow;
	uint32_t before = frames_free(), root = test->root;

	for (int round = 0; round < 3; round++) {
		assert_int_equal(frames_reserve(SHADOW_MIN_BUDGET), 0);
		assert_int_equal(shadow_create(&shadow, &test->guest.memory, SHADOW_MIN_BUDGET), 0);
		shadow_set_layout(&shadow, GUEST_KERNEL, 0x400000);
		assert_int_equal(shadow_switch(&shadow, gpa_make(root)), SHADOW_DONE);
		for (uint32_t i = 0; i < 30; i++) {
			uint32_t error = FAULT_WRITE;

			guest_map(&test->guest, root, i << 26, PAGE(DATA) | USER_RW);
			assert_int_equal(shadow_fault(&shadow, gva_make(i << 26), &error),
					 SHADOW_DONE);
		}
		while (!shadow_destroy(&shadow))
			;
		frames_unreserve(SHADOW_MIN_BUDGET);
		assert_int_equal(frames_free(), before);
	}
}

#define linear(test) cmocka_unit_test_setup_teardown(test, start_linear, stop_guest)

int main(void)
{
	const struct CMUnitTest tests[] = {
		linear(linear_mode),
		linear(leaving_linear_mode),
		linear(detects_pae_by_place),
		linear(detects_pae_by_flags),
		linear(detects_pae_with_only_the_kernel_mapped),
		linear(two_level_is_no_pae),
		both_formats(new_space_has_the_kernel),
		both_formats(leaf_is_shared_permissions_are_not),
		both_formats(halves_of_a_table_are_two_leaves),
		both_formats(eviction_takes_the_oldest),
		both_formats(sole_space_is_reset),
		both_formats(pin_survives_a_reset),
		both_formats(many_spaces),
		two_level(creation_without_memory),
		both_formats(everything_comes_back),
	};

	return cmocka_run_group_tests_name("shadow_space", tests, NULL, NULL);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of mm/shadow_initial.c: a guest of generation A on the tables that were
 * made for it, before and after their format is known.
 */
#include "mm/shadow_internal.h"
#include "tests/unit/shadow_test.h"

#define KERNEL GUEST_KERNEL
#define NEW_ADDRESS 0xFF000000u		/* not in the initial page tables */
#define TOP (GUEST_RAM_PAGES << PAGE_SHIFT)

static const struct guest_reader *reader(const struct test_guest *test)
{
	return test->guest.shadow.reader;
}

static int start_first(void **state, bool pae)
{
	struct test_guest *test = calloc(1, sizeof(*test));
	struct shadow *shadow;

	if (!test)
		return -1;
	native_start(false);
	native_set_nx(true);
	shadow_guest_start(&test->guest, pae, SHADOW_MIN_BUDGET);
	shadow = &test->guest.shadow;
	assert_int_equal(use(test, 0x5000, FAULT_WRITE), ACCESS_FILLED);
	assert_true(initial_tables_place(&shadow->initial, KERNEL, GUEST_RAM_PAGES, 0, TOP));
	assert_true(initial_tables_fill(&shadow->initial, &test->guest.memory, UINT32_MAX));
	shadow_start_initial(shadow);
	test->root = shadow->initial.root;
	*state = test;
	return 0;
}

static int first_two_level(void **state)
{
	return start_first(state, false);
}

static int first_pae(void **state)
{
	return start_first(state, true);
}

/* All memory, twice, for everybody: the test of who may is the guest's affair. */
static void check_linear(struct test_guest *test)
{
	for (uint32_t page = 0; page < GUEST_RAM_PAGES; page += 13) {
		uint32_t address = page << PAGE_SHIFT;

		assert_true(use(test, address, FAULT_WRITE | FAULT_USER) <= ACCESS_FILLED);
		assert_true(use(test, KERNEL + address, FAULT_WRITE) <= ACCESS_FILLED);
		assert_true(shadow_look(&test->guest, address).frame ==
			    guest_frame_of_page(&test->guest, page));
		assert_true(shadow_look(&test->guest, KERNEL + address).frame ==
			    guest_frame_of_page(&test->guest, page));
	}
	assert_int_equal(use(test, KERNEL + TOP, 0), ACCESS_FAULT);
	assert_int_equal(use(test, KERNEL - 1, 0), ACCESS_FAULT);
	assert_int_equal(use(test, 0xFFC00000, 0), ACCESS_FAULT);
}

static void check_known(struct test_guest *test)
{
	assert_ptr_equal(reader(test), test->guest.pae ? &guest_reader_pae :
							 &guest_reader_two_level);
	assert_true(test->guest.shadow.no_execute == test->guest.pae);
	assert_int_equal(test->guest.shadow.current->root, test->guest.shadow.initial.root);
	shadow_flush_all(&test->guest.shadow);
	shadow_audit(&test->guest.shadow);
}

static void map_new(struct test_guest *test)
{
	guest_map(&test->guest, test->root, NEW_ADDRESS, PAGE(DATA) | USER_RW);
}

/* --- before ---------------------------------------------------------------------------- */

static void unknown(void **state)
{
	struct test_guest *test = *state;
	struct shadow *shadow = &test->guest.shadow;

	check_linear(test);
	assert_int_equal(use(test, NEW_ADDRESS, 0), ACCESS_FAULT);
	assert_int_equal(switch_to(test, test->root), SHADOW_DONE);
	assert_int_equal(shadow_set_pte(shadow, gpa_make(test->root), gva_make(KERNEL)),
			 SHADOW_DONE);
	assert_int_equal(shadow_set_pte(shadow, gpa_make(0), gva_make(NEW_ADDRESS)), SHADOW_DONE);
	assert_int_equal(shadow_set_pgd(shadow, gpa_make(test->root), 3), SHADOW_DONE);
	assert_int_equal(shadow_flush_user(shadow), SHADOW_DONE);
	assert_int_equal(shadow_flush_all(shadow), SHADOW_DONE);
	shadow_audit(shadow);
	assert_ptr_equal(reader(test), &guest_reader_initial);
	assert_int_equal(switch_to(test, TOP + GUEST_DEVICE_PAGES * PAGE_SIZE), SHADOW_BAD);
	assert_ptr_equal(reader(test), &guest_reader_initial);
	check_linear(test);
}

static void work_is_counted(void **state)
{
	struct test_guest *test = *state;

	test->guest.shadow.work = 0;
	shadow_flush_all(&test->guest.shadow);
	assert_true(test->guest.shadow.work >= 2048);
}

/* --- how it becomes known ---------------------------------------------------------------- */

static void by_fault(void **state)
{
	struct test_guest *test = *state;

	map_new(test);
	assert_int_equal(use(test, NEW_ADDRESS, FAULT_WRITE), ACCESS_FILLED);
	check_known(test);
	check_linear(test);
}

static void by_translation(void **state)
{
	struct test_guest *test = *state;
	gpa_t gpa = gpa_make(0);

	map_new(test);
	assert_int_equal(
		shadow_translate(&test->guest.shadow, gva_make(NEW_ADDRESS + 4), false, &gpa),
		SHADOW_DONE);
	assert_int_equal(gpa_value(gpa), PAGE(DATA) + 4);
	check_known(test);
}

static void by_directory(void **state)
{
	struct test_guest *test = *state;
	struct shadow *shadow = &test->guest.shadow;

	/* Told, whether it is there yet or not. */
	if (test->guest.pae)
		assert_int_equal(shadow_set_pmd(shadow, gpa_make(shadow->initial.middle), 504),
				 SHADOW_DONE);
	else
		assert_int_equal(shadow_set_pgd(shadow, gpa_make(test->root), NEW_ADDRESS >> 22),
				 SHADOW_DONE);
	check_known(test);
	map_new(test);
	assert_int_equal(use(test, NEW_ADDRESS, 0), ACCESS_FILLED);
	check_linear(test);
}

static void by_page(void **state)
{
	struct test_guest *test = *state;

	assert_int_equal(use(test, KERNEL + 0x7000, FAULT_WRITE), ACCESS_FILLED);
	guest_map(&test->guest, test->root, KERNEL + 0x7000, PAGE(DATA) | USER_RW);
	/* As a TLB may, until it is told. */
	assert_int_equal(use(test, KERNEL + 0x7000, FAULT_WRITE), ACCESS_HIT);
	assert_int_equal(tell_pte(test, test->root, KERNEL + 0x7000), SHADOW_DONE);
	check_known(test);
	assert_int_equal(use(test, KERNEL + 0x7000, FAULT_WRITE), ACCESS_FILLED);
	assert_true(shadow_look(&test->guest, KERNEL + 0x7000).frame ==
		    guest_frame_of_page(&test->guest, DATA));
}

static void by_flush(void **state)
{
	struct test_guest *test = *state;

	assert_int_equal(use(test, KERNEL, 0), ACCESS_FILLED);
	guest_store(&test->guest, guest_directory_at(&test->guest, test->root, KERNEL), 0);
	assert_int_equal(shadow_flush_user(&test->guest.shadow), SHADOW_DONE);
	check_known(test);
	assert_int_equal(use(test, KERNEL, 0), ACCESS_FAULT);
}

static void by_other_tables(void **state)
{
	struct test_guest *test = *state;
	uint32_t root = guest_new_root(&test->guest);

	guest_map(&test->guest, root, KERNEL, PAGE(DATA) | USER_RW);
	assert_int_equal(switch_to(test, root), SHADOW_DONE);
	assert_ptr_equal(reader(test), test->guest.pae ? &guest_reader_pae :
							 &guest_reader_two_level);
	assert_int_equal(use(test, KERNEL, 0), ACCESS_FILLED);
	assert_int_equal(use(test, 0x5000, 0), ACCESS_FAULT);
	/* And back, where all is as it was. */
	assert_int_equal(switch_to(test, test->root), SHADOW_DONE);
	check_linear(test);
	check_known(test);
}

/* The kernel's own tables have an empty first slot, so that only the change before can tell. */
static void by_change_and_other_tables(void **state)
{
	struct test_guest *test = *state;
	uint32_t root = guest_new_root(&test->guest);

	map_new(test);
	for (uint32_t i = 0; i < 3 && test->guest.pae; i++)
		guest_store(&test->guest, root + 8 * i, 0);
	guest_map(&test->guest, root, KERNEL, PAGE(DATA) | USER_RW);
	assert_int_equal(switch_to(test, root), SHADOW_DONE);
	assert_int_equal(test->guest.shadow.current->root, root);
	assert_int_equal(use(test, KERNEL, 0), ACCESS_FILLED);
}

static void only_two_levels(void **state)
{
	struct test_guest *test = *state;
	struct shadow *shadow = &test->guest.shadow;

	assert_true(initial_tables_place(&shadow->initial, 0xB0000000, GUEST_RAM_PAGES, 0, TOP));
	assert_true(initial_tables_fill(&shadow->initial, &test->guest.memory, UINT32_MAX));
	shadow_start_initial(shadow);
	assert_int_equal(use(test, 0xB0005000, 0), ACCESS_FILLED);
	assert_int_equal(shadow_set_pmd(shadow, gpa_make(0), 0), SHADOW_BAD);
	assert_ptr_equal(reader(test), &guest_reader_two_level);
}

#define either(test) cmocka_unit_test_setup_teardown(test, first_two_level, stop_guest)
#define both(test)                                                                         \
	{ #test " (two-level)", test, first_two_level, stop_guest, NULL },                 \
	{ #test " (PAE)", test, first_pae, stop_guest, NULL }

int main(void)
{
	const struct CMUnitTest tests[] = {
		either(unknown),
		either(work_is_counted),
		both(by_fault),
		both(by_translation),
		both(by_directory),
		both(by_page),
		both(by_flush),
		both(by_other_tables),
		both(by_change_and_other_tables),
		either(only_two_levels),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of what may be stale in the shadow tables and for how long, where the
 * guest changes one level and tells of another: invariant 7 at its edges.
 */
#include "mm/shadow_internal.h"
#include "tests/unit/shadow_test.h"

#define USER_PAGE 0x08048000u
#define KERNEL_PAGE 0xFF800000u		/* in the directory that every address space has */

/* Puts another table, with page in it, into root's directory entry for address. */
static void exchange_table(struct test_guest *test, uint32_t root, uint32_t address, uint32_t page)
{
	guest_store(&test->guest, guest_directory_at(&test->guest, root, address), 0);
	guest_map(&test->guest, root, address, PAGE(page) | USER_RW | USED);
}

/* SET_PTE for an address whose table has been exchanged, in a space that is not current. */
static void set_pte_looks_at_the_directory(void **state)
{
	struct test_guest *test = *state;
	uint32_t other = new_process(test);

	map_and_use(test, other, USER_PAGE, DATA);
	map_and_use(test, test->root, USER_PAGE, DATA + 2);
	exchange_table(test, other, USER_PAGE, DATA + 1);
	tell_pte(test, other, USER_PAGE);
	/* The update is not applied to the table that stood there before. */
	switch_to(test, other);
	assert_true(sees_nothing(test, USER_PAGE));
	assert_int_equal(use(test, USER_PAGE, 0), ACCESS_FILLED);
	assert_true(sees(test, USER_PAGE, DATA + 1));
	shadow_flush_all(&test->guest.shadow);
	shadow_audit(&test->guest.shadow);
}

/*
 * The same for a kernel address, which reaches all address spaces: their entries
 * are those of the tables they know, until they are told of the directory.
 */
static void set_pte_of_the_kernel_and_directories(void **state)
{
	struct test_guest *test = *state;
	struct shadow_guest *guest = &test->guest;
	uint32_t other = guest_new_root(guest), old;

	map_and_use(test, other, KERNEL_PAGE, DATA);
	map_and_use(test, test->root, KERNEL_PAGE, DATA + 2);
	old = guest_entry_at(guest, other, KERNEL_PAGE);
	exchange_table(test, other, KERNEL_PAGE, DATA + 1);
	/* The entry that they may still use is as the guest has it. */
	guest_store(guest, old, 0);
	tell_pte(test, test->root, KERNEL_PAGE);
	assert_true(sees(test, KERNEL_PAGE, DATA + 2));
	switch_to(test, other);
	assert_true(sees_nothing(test, KERNEL_PAGE));
	assert_int_equal(use(test, KERNEL_PAGE, 0), ACCESS_FILLED);
	assert_true(sees(test, KERNEL_PAGE, DATA + 1));

	/* And a flush of everything makes an end of what was known of directories. */
	exchange_table(test, other, KERNEL_PAGE, DATA + 3);
	switch_to(test, test->root);
	tell_pte(test, test->root, KERNEL_PAGE);
	shadow_flush_all(&guest->shadow);
	switch_to(test, other);
	assert_true(sees_nothing(test, KERNEL_PAGE) || sees(test, KERNEL_PAGE, DATA + 3));
	shadow_flush_all(&guest->shadow);
	shadow_audit(&guest->shadow);
}

/*
 * A new address space has the kernel's leaves as they are: no staler there than
 * in the others, and what the guest tells of is so in all.
 */
static void new_spaces_are_as_stale_as_the_others(void **state)
{
	struct test_guest *test = *state;
	struct shadow *shadow = &test->guest.shadow;
	uint32_t others[3];

	map_and_use(test, test->root, KERNEL_PAGE, DATA);
	for (uint32_t i = 0; i < ARRAY_SIZE(others); i++)
		others[i] = new_process(test);
	guest_map(&test->guest, test->root, KERNEL_PAGE, PAGE(DATA + 1) | KERNEL_RW | USED);
	switch_to(test, others[0]);
	assert_true(sees(test, KERNEL_PAGE, DATA));
	tell_pte(test, others[0], KERNEL_PAGE);
	assert_true(sees(test, KERNEL_PAGE, DATA + 1));
	/* Flushed: a space that is made afterwards never sees what was before. */
	guest_map(&test->guest, test->root, KERNEL_PAGE, PAGE(DATA + 2) | KERNEL_RW | USED);
	shadow_flush_all(shadow);
	switch_to(test, others[1]);
	assert_false(sees(test, KERNEL_PAGE, DATA + 1));
	assert_true(use(test, KERNEL_PAGE, 0) <= ACCESS_FILLED);
	assert_true(sees(test, KERNEL_PAGE, DATA + 2));
	/* Nor when the leaf is of this generation because another space has read it again. */
	guest_map(&test->guest, test->root, KERNEL_PAGE, 0);
	shadow_flush_all(shadow);
	switch_to(test, test->root);
	switch_to(test, others[2]);
	assert_true(sees_nothing(test, KERNEL_PAGE));
	shadow_flush_all(shadow);
	shadow_audit(shadow);
}

/* A program's table becomes the kernel's: what the program left in its leaf is read again. */
static void a_users_table_becomes_the_kernels(void **state)
{
	struct test_guest *test = *state;
	struct shadow_guest *guest = &test->guest;
	uint32_t other = new_process(test), entry;

	map_and_use(test, test->root, USER_PAGE & ~0x3FFFFFu, DATA);
	guest_map(guest, test->root, KERNEL_PAGE, 0);
	entry = (uint32_t)guest_load(guest, guest_directory_at(guest, test->root, USER_PAGE)) &
		PAGE_MASK;
	guest_map(guest, test->root, USER_PAGE & ~0x3FFFFFu, 0);
	for (uint32_t i = 0; i < 2; i++) {
		uint32_t root = i ? other : test->root;

		guest_store(guest, guest_directory_at(guest, root, KERNEL_PAGE),
			    entry | KERNEL_RW | PTE_A);
		switch_to(test, root);
		assert_true(sees_nothing(test, KERNEL_PAGE));
		assert_int_equal(use(test, KERNEL_PAGE + PAGE_SIZE, 0), ACCESS_FAULT);
		assert_true(sees_nothing(test, KERNEL_PAGE));
	}
}

/*
 * SET_PMD for a table that the top level names no more, though nobody was told:
 * what is known of the top level may be old until SET_PGD or a flush, as the
 * CPU's own copy of it is until CR3 is loaded (SDM vol. 3, 4.4.1).
 */
static void set_pmd_below_an_old_top_level(void **state)
{
	struct test_guest *test = *state;
	struct shadow_guest *guest = &test->guest;
	struct shadow *shadow = &guest->shadow;
	uint32_t directory = guest_directory_at(guest, test->root, USER_PAGE);
	uint32_t middle = directory & PAGE_MASK;
	uint32_t index = USER_PAGE >> SLOT_SHIFT & (SLOT_ENTRIES - 1);

	for (uint32_t round = 0; round < 2; round++) {
		guest_store(guest, test->root, middle | PTE_P);
		exchange_table(test, test->root, USER_PAGE, DATA);
		shadow_flush_all(shadow);
		assert_true(use(test, USER_PAGE, 0) <= ACCESS_FILLED);
		guest_store(guest, test->root, guest_new_table(guest) | PTE_P);
		guest_store(guest, directory, 0);
		assert_int_equal(shadow_set_pmd(shadow, gpa_make(middle), index), SHADOW_DONE);
		/* The page is the guest's own whatever became of the tables. */
		assert_true(sees_nothing(test, USER_PAGE) || sees(test, USER_PAGE, DATA));
		if (round == 0)
			shadow_set_pgd(shadow, gpa_make(test->root), 0);
		else
			shadow_flush_all(shadow);
		assert_true(sees_nothing(test, USER_PAGE));
		assert_int_equal(use(test, USER_PAGE, 0), ACCESS_FAULT);
		shadow_flush_all(shadow);
		shadow_audit(shadow);
	}
}

/* A table that stands in two places of the top level, and in other address spaces. */
static void set_pmd_reaches_every_place(void **state)
{
	struct test_guest *test = *state;
	struct shadow_guest *guest = &test->guest;
	uint32_t other = new_process(test), second = USER_PAGE + 0x40000000, middle;
	uint32_t index = USER_PAGE >> SLOT_SHIFT & (SLOT_ENTRIES - 1);

	middle = guest_directory_at(guest, test->root, USER_PAGE) & PAGE_MASK;
	for (uint32_t i = 0; i < 2; i++) {
		guest_store(guest, test->root + i * 8, middle | PTE_P);
		guest_store(guest, other + i * 8, middle | PTE_P);
	}
	map_and_use(test, test->root, USER_PAGE, DATA);
	use(test, second, 0);
	switch_to(test, other);
	use(test, USER_PAGE, 0);
	assert_true(use(test, second, 0) <= ACCESS_FILLED);
	for (uint32_t round = 1; round < 3; round++) {
		exchange_table(test, other, USER_PAGE, DATA + round);
		shadow_set_pmd(&guest->shadow, gpa_make(middle), index);
		for (uint32_t i = 0; i < 2; i++) {
			switch_to(test, i ? other : test->root);
			assert_false(sees(test, USER_PAGE, DATA + round - 1));
			assert_false(sees(test, second, DATA + round - 1));
			assert_true(use(test, USER_PAGE, 0) <= ACCESS_FILLED);
			assert_true(use(test, second, 0) <= ACCESS_FILLED);
			assert_true(sees(test, USER_PAGE, DATA + round));
			assert_true(sees(test, second, DATA + round));
		}
	}
	shadow_flush_all(&guest->shadow);
	shadow_audit(&guest->shadow);
}

/* Device pages that share a large page with the last of RAM, and are hidden. */
static void hidden_pages_of_a_chunk(void **state)
{
	struct test_guest *test = *state;
	const uint32_t ram = test->guest.memory.pages;

	map_and_use(test, test->root, USER_PAGE, DATA);
	map_and_use(test, test->root, USER_PAGE + PAGE_SIZE, DATA + 1);
	test->guest.memory.pages = DATA + 1;
	shadow_flush_all(&test->guest.shadow);
	assert_true(sees(test, USER_PAGE, DATA));
	assert_true(sees_nothing(test, USER_PAGE + PAGE_SIZE));
	shadow_audit(&test->guest.shadow);
	test->guest.memory.pages = ram;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		both_formats(set_pte_looks_at_the_directory),
		both_formats(set_pte_of_the_kernel_and_directories),
		both_formats(new_spaces_are_as_stale_as_the_others),
		both_formats(a_users_table_becomes_the_kernels),
		pae(set_pmd_below_an_old_top_level),
		pae(set_pmd_reaches_every_place),
		both_formats(hidden_pages_of_a_chunk),
	};

	return cmocka_run_group_tests_name("shadow_stale", tests, NULL, NULL);
}

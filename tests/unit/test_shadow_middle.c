// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of mm/shadow_middle.c: SET_PMD reaches all whose view came by way of the middle table that
 * it names, whatever the guest's tables say meanwhile, and nobody else.
 */
#include "mm/shadow_internal.h"
#include "mm/shadow_middle.h"
#include "tests/unit/shadow_test.h"

#define FIRST 0x08048000u
#define OTHER (FIRST + (4u << SLOT_SHIFT))	/* in the same quarter */
#define INDEX (FIRST >> SLOT_SHIFT)

static uint32_t middle_of(const struct test_guest *test, uint32_t root)
{
	return guest_directory_at(&test->guest, root, FIRST) & PAGE_MASK;
}

static void use_middle(struct test_guest *test, uint32_t root, uint32_t middle)
{
	guest_store(&test->guest, root, middle | PTE_P);
}

/* A middle table that says what the root's does. */
static uint32_t copy_of_middle(struct test_guest *test, uint32_t root)
{
	uint32_t old = middle_of(test, root), new = guest_new_table(&test->guest);

	for (uint32_t i = 0; i < SLOT_ENTRIES; i++)
		guest_store(&test->guest, new + i * 8, guest_load(&test->guest, old + i * 8));
	return new;
}

static void set_pmd(struct test_guest *test, uint32_t middle)
{
	assert_int_equal(shadow_set_pmd(&test->guest.shadow, gpa_make(middle), INDEX), SHADOW_DONE);
	middle_audit(&test->guest.shadow);
}

/* The table is exchanged, which an access elsewhere shows; what came by the old one goes. */
static void the_old_table_does_not_count(void **state)
{
	struct test_guest *test = *state;
	uint32_t old = middle_of(test, test->root);

	map_and_use(test, test->root, FIRST, DATA);
	map_and_use(test, test->root, OTHER, DATA + 1);
	use_middle(test, test->root, copy_of_middle(test, test->root));
	guest_map(&test->guest, test->root, OTHER + PAGE_SIZE, PAGE(DATA + 2) | USER_RW);
	assert_int_equal(use(test, OTHER + PAGE_SIZE, 0), ACCESS_FILLED);
	guest_store(&test->guest, old + INDEX * 8, 0);
	set_pmd(test, old);
	assert_true(sees_nothing(test, FIRST));
	assert_int_equal(use(test, FIRST, 0), ACCESS_FILLED);
}

/* One table in several address spaces, and in two quarters of one; they come and go. */
static void all_who_use_it(void **state)
{
	struct test_guest *test = *state;
	uint32_t roots[4], middle = middle_of(test, test->root);

	map_and_use(test, test->root, FIRST, DATA);
	for (uint32_t n = 0; n < ARRAY_SIZE(roots); n++) {
		roots[n] = new_process(test);
		use_middle(test, roots[n], middle);
		switch_to(test, roots[n]);
		assert_int_equal(use(test, FIRST, 0), ACCESS_FILLED);
	}
	guest_store(&test->guest, roots[3] + 8, middle | PTE_P);
	assert_int_equal(use(test, FIRST + 0x40000000, 0), ACCESS_FILLED);
	/* The first of them leaves, then one from between. */
	switch_to(test, test->root);
	use_middle(test, test->root, copy_of_middle(test, test->root));
	shadow_flush_user(&test->guest.shadow);
	switch_to(test, roots[1]);
	use_middle(test, roots[1], copy_of_middle(test, roots[1]));
	shadow_flush_user(&test->guest.shadow);
	guest_store(&test->guest, middle + INDEX * 8, 0);
	set_pmd(test, middle);
	assert_true(sees(test, FIRST, DATA));
	switch_to(test, test->root);
	assert_true(sees(test, FIRST, DATA));
	switch_to(test, roots[3]);
	assert_true(sees_nothing(test, FIRST));
	assert_true(sees_nothing(test, FIRST + 0x40000000));
	switch_to(test, roots[0]);
	assert_true(sees_nothing(test, FIRST));
	shadow_flush_all(&test->guest.shadow);
	shadow_audit(&test->guest.shadow);
}

/* INVLPG drops what the CPU had of the directory entry: the table is another one from then on. */
static void set_pte_learns_the_table(void **state)
{
	struct test_guest *test = *state;
	uint32_t new;

	map_and_use(test, test->root, FIRST, DATA);
	new = copy_of_middle(test, test->root);
	use_middle(test, test->root, new);
	tell_pte(test, test->root, FIRST);
	assert_true(sees(test, FIRST, DATA));
	guest_store(&test->guest, new + INDEX * 8, 0);
	set_pmd(test, new);
	assert_true(sees_nothing(test, FIRST));
}

/* The same when the table that SET_PTE remembers is back in its place after another one. */
static void set_pte_learns_the_table_that_is_back(void **state)
{
	struct test_guest *test = *state;
	uint32_t old = middle_of(test, test->root);

	map_and_use(test, test->root, FIRST, DATA);
	tell_pte(test, test->root, FIRST);
	use_middle(test, test->root, copy_of_middle(test, test->root));
	shadow_flush_user(&test->guest.shadow);
	use_middle(test, test->root, old);
	tell_pte(test, test->root, FIRST);
	guest_store(&test->guest, old + INDEX * 8, 0);
	set_pmd(test, old);
	assert_true(sees_nothing(test, FIRST));
}

/* Tables whose pages have the same chain are told apart, also when one of them goes. */
static void tables_of_one_chain(void **state)
{
	struct test_guest *test = *state;
	struct shadow *shadow = &test->guest.shadow;
	struct address_space *space = shadow->current;
	const uint32_t step = MIDDLE_CHAINS * PAGE_SIZE, table = 5 * PAGE_SIZE | (uint32_t)PTE_P;

	for (uint32_t quarter = 0; quarter < 3; quarter++)
		middle_set(shadow, space, quarter, table + quarter * step);
	middle_audit(shadow);
	for (uint32_t n = 0; n < 3; n++)
		assert_int_equal(middle_first(shadow, table + n * step) % 4, n);
	middle_set(shadow, space, 1, table);
	middle_audit(shadow);
	assert_int_equal(middle_first(shadow, table + step), MIDDLE_END);
	assert_int_equal(middle_first(shadow, table + 2 * step) % 4, 2);
	middle_forget(shadow, space);
	middle_audit(shadow);
	assert_int_equal(middle_first(shadow, table), MIDDLE_END);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		pae(the_old_table_does_not_count),
		pae(all_who_use_it),
		pae(set_pte_learns_the_table),
		pae(set_pte_learns_the_table_that_is_back),
		pae(tables_of_one_chain),
	};

	return cmocka_run_group_tests_name("shadow_middle", tests, NULL, NULL);
}

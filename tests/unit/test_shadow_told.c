// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of SET_PTE where one follows the other: the table of the last one is remembered
 * (struct told_table), and must be looked for again as soon as anything that leads there changes.
 */
#include "mm/shadow_internal.h"
#include "tests/unit/shadow_test.h"

#define FIRST 0x08048000u
#define SECOND (FIRST + PAGE_SIZE)
#define ELSEWHERE 0x70000000u

static uint32_t directory_of(const struct test_guest *test, uint32_t address)
{
	return guest_directory_at(&test->guest, test->root, address);
}

/* Two pages are there, and the table is the one that was told of last. */
static void tell_once(struct test_guest *test)
{
	map_and_use(test, test->root, FIRST, DATA);
	guest_map(&test->guest, test->root, SECOND, PAGE(DATA + 1) | USER_RW | USED);
	tell_pte(test, test->root, SECOND);
	assert_true(sees(test, SECOND, DATA + 1));
	assert_ptr_equal(test->guest.shadow.told.space, test->guest.shadow.current);
}

static void entries_of_one_table(void **state)
{
	struct test_guest *test = *state;

	tell_once(test);
	/* Weakened, as at a fork; given back; exchanged; taken away; and one that was not there. */
	guest_map(&test->guest, test->root, FIRST, PAGE(DATA) | PTE_P | PTE_U | USED);
	tell_pte(test, test->root, FIRST);
	assert_true(sees(test, FIRST, DATA));
	assert_false(shadow_look(&test->guest, FIRST).writable);
	guest_map(&test->guest, test->root, FIRST, PAGE(FAR_DATA) | USER_RW | USED);
	tell_pte(test, test->root, FIRST);
	assert_true(sees(test, FIRST, FAR_DATA));
	assert_true(shadow_look(&test->guest, FIRST).writable);
	guest_map(&test->guest, test->root, FIRST, 0);
	tell_pte(test, test->root, FIRST);
	assert_true(sees_nothing(test, FIRST));
	guest_map(&test->guest, test->root, FIRST, PAGE(DATA + 2) | USER_RW | USED);
	tell_pte(test, test->root, FIRST);
	assert_true(sees(test, FIRST, DATA + 2));
	/* It is one of those that a flush looks at. */
	guest_map(&test->guest, test->root, FIRST, 0);
	shadow_flush_user(&test->guest.shadow);
	assert_true(sees_nothing(test, FIRST));
	shadow_flush_all(&test->guest.shadow);
	shadow_audit(&test->guest.shadow);
}

/* Nothing that was not accessed is mapped, and nothing that was not written is writable. */
static void no_more_than_the_guest_says(void **state)
{
	struct test_guest *test = *state;

	tell_once(test);
	guest_map(&test->guest, test->root, FIRST, PAGE(DATA) | USER_RW | PTE_D);
	tell_pte(test, test->root, FIRST);
	assert_true(sees_nothing(test, FIRST));
	guest_map(&test->guest, test->root, FIRST, PAGE(DATA) | USER_RW | PTE_A);
	tell_pte(test, test->root, FIRST);
	assert_false(shadow_look(&test->guest, FIRST).writable);
	/* Neither is a page beyond the guest's memory. */
	guest_map(&test->guest, test->root, FIRST,
		  PAGE(test->guest.memory.pages) | USER_RW | USED);
	tell_pte(test, test->root, FIRST);
	assert_true(sees_nothing(test, FIRST));
}

static void another_table_stands_there(void **state)
{
	struct test_guest *test = *state;

	tell_once(test);
	guest_store(&test->guest, directory_of(test, FIRST), 0);
	guest_map(&test->guest, test->root, FIRST, PAGE(DATA + 2) | USER_RW | USED);
	tell_pte(test, test->root, SECOND);
	assert_true(sees_nothing(test, FIRST));
	assert_int_equal(use(test, FIRST, 0), ACCESS_FILLED);
	assert_true(sees(test, FIRST, DATA + 2));
}

static void the_directory_permits_less(void **state)
{
	struct test_guest *test = *state;
	uint32_t directory;

	tell_once(test);
	directory = directory_of(test, FIRST);
	guest_store(&test->guest, directory, guest_load(&test->guest, directory) & ~PTE_W);
	tell_pte(test, test->root, SECOND);
	assert_false(shadow_look(&test->guest, FIRST).writable);
}

/* The leaf is gone with its last link, and what it was made of may serve something else. */
static void the_table_is_taken_away(void **state)
{
	struct test_guest *test = *state;
	struct shadow *shadow = &test->guest.shadow;
	uint32_t directory;
	uint64_t old;

	tell_once(test);
	old = guest_load(&test->guest, directory_of(test, FIRST));
	directory = directory_of(test, FIRST);
	guest_store(&test->guest, directory, 0);
	shadow_set_pgd(shadow, gpa_make(test->root), FIRST >> (test->guest.pae ? 30 : 22));
	assert_true(sees_nothing(test, FIRST));
	map_and_use(test, test->root, ELSEWHERE, DATA + 3);
	guest_store(&test->guest, directory, old);
	guest_map(&test->guest, test->root, SECOND, PAGE(DATA + 4) | USER_RW | USED);
	tell_pte(test, test->root, SECOND);
	assert_true(sees(test, ELSEWHERE, DATA + 3));
	assert_true(sees_nothing(test, SECOND));
	shadow_flush_all(shadow);
	shadow_audit(shadow);
}

/* Told in the name of another address space, or behind a switch to it. */
static void another_address_space(void **state)
{
	struct test_guest *test = *state;
	uint32_t other = new_process(test);

	map_and_use(test, other, FIRST, DATA + 5);
	tell_once(test);
	guest_map(&test->guest, other, FIRST, PAGE(DATA + 6) | USER_RW | USED);
	guest_map(&test->guest, test->root, FIRST, PAGE(DATA + 7) | USER_RW | USED);
	tell_pte(test, other, FIRST);
	assert_true(sees(test, FIRST, DATA));
	switch_to(test, other);
	assert_true(sees(test, FIRST, DATA + 6));
	guest_map(&test->guest, other, FIRST, 0);
	tell_pte(test, 0, FIRST);
	assert_true(sees_nothing(test, FIRST));
	switch_to(test, test->root);
	tell_pte(test, test->root, FIRST);
	assert_true(sees(test, FIRST, DATA + 7));
}

/* Nothing depends on a table that no slot is linked for, until one is. */
static void a_table_that_is_not_in_use(void **state)
{
	struct test_guest *test = *state;
	uint32_t other = new_process(test);

	tell_once(test);
	/* A child's, while it is filled: its address space has never been current. */
	guest_map(&test->guest, other, FIRST, PAGE(DATA + 5) | USER_RW | USED);
	tell_pte(test, other, FIRST);
	guest_map(&test->guest, other, SECOND, PAGE(DATA + 6) | USER_RW | USED);
	tell_pte(test, other, SECOND);
	assert_true(sees(test, SECOND, DATA + 1));
	/* Then it is, by and by. */
	switch_to(test, other);
	assert_int_equal(use(test, FIRST, 0), ACCESS_FILLED);
	guest_map(&test->guest, other, FIRST, PAGE(DATA + 7) | USER_RW | USED);
	tell_pte(test, other, FIRST);
	assert_true(sees(test, FIRST, DATA + 7));
	assert_true(sees(test, SECOND, DATA + 6));
}

/* 0 is the name of whatever is current. */
static void the_name_0(void **state)
{
	struct test_guest *test = *state;
	uint32_t other = new_process(test);

	tell_once(test);
	switch_to(test, other);
	tell_pte(test, 0, SECOND);
	switch_to(test, test->root);
	guest_map(&test->guest, test->root, SECOND, PAGE(DATA + 2) | USER_RW | USED);
	tell_pte(test, 0, SECOND);
	assert_true(sees(test, SECOND, DATA + 2));
	/* The table of the last one is known by this name as well. */
	guest_map(&test->guest, test->root, FIRST, 0);
	test->guest.shadow.work = 0;
	tell_pte(test, 0, FIRST);
	assert_true(sees_nothing(test, FIRST));
	assert_int_equal(test->guest.shadow.work, WORK_ENTRY);
}

/* The pin of the kernel's stack ends with its own entry, not with one of that index elsewhere. */
static void the_pin_lasts(void **state)
{
	struct test_guest *test = *state;
	struct shadow *shadow = &test->guest.shadow;
	const uint32_t elsewhere = FIRST + 2 * SLOT_ENTRIES * PAGE_SIZE;

	tell_once(test);
	map_and_use(test, test->root, elsewhere, DATA + 3);
	assert_int_equal(shadow_pin(shadow, gva_make(SECOND), 1), SHADOW_DONE);
	guest_map(&test->guest, test->root, SECOND, PAGE(DATA + 2) | USER_RW | USED);
	tell_pte(test, test->root, SECOND);
	guest_map(&test->guest, test->root, elsewhere, PAGE(DATA + 3) | PTE_P | PTE_U | USED);
	tell_pte(test, 0, elsewhere);
	assert_true(shadow->pinned);
	tell_pte(test, 0, FIRST);
	assert_false(shadow->pinned);
}

/* A table that nobody uses until it is read again: nothing is done for it, and nothing is lost. */
static void a_table_asleep(void **state)
{
	struct test_guest *test = *state;
	struct shadow *shadow = &test->guest.shadow;
	uint32_t work;

	/* Many entries, since others are read again at once. */
	for (uint32_t i = 0; i < 300; i++) {
		guest_map(&test->guest, test->root, FIRST + i * PAGE_SIZE,
			  PAGE(DATA + i % 64) | USER_RW | USED);
		use(test, FIRST + i * PAGE_SIZE, 0);
	}
	shadow_flush_user(shadow);
	assert_true(sees_nothing(test, FIRST));
	guest_map(&test->guest, test->root, SECOND, PAGE(FAR_DATA) | USER_RW | USED);
	work = shadow->work;
	tell_pte(test, test->root, SECOND);
	assert_int_equal(shadow->work, work);
	assert_int_equal(use(test, FIRST, 0), ACCESS_FILLED);
	assert_true(sees(test, SECOND, FAR_DATA));
}

/* With PAE the middle table is exchanged for one that says the same. */
static void exchange_middle(struct test_guest *test)
{
	uint32_t old = directory_of(test, FIRST) & PAGE_MASK, new = guest_new_table(&test->guest);

	for (uint32_t i = 0; i < 512; i++)
		guest_store(&test->guest, new + i * 8, guest_load(&test->guest, old + i * 8));
	guest_store(&test->guest, test->root + (FIRST >> 30) * 8, new | PTE_P);
}

/*
 * That is told, and then what stands there: the table found by way of the old one is not that of
 * the address any more.
 */
static void exchange_and_tell(struct test_guest *test, void (*tell)(struct test_guest *test))
{
	uint32_t directory;
	uint64_t old;

	tell_once(test);
	exchange_middle(test);
	tell(test);
	assert_true(sees(test, SECOND, DATA + 1));
	directory = directory_of(test, FIRST);
	old = guest_load(&test->guest, directory);
	guest_store(&test->guest, directory,
		    (old & ~(uint64_t)PAGE_MASK) | guest_new_table(&test->guest));
	tell_pte(test, test->root, FIRST);
	tell_pte(test, test->root, SECOND);
	assert_true(sees_nothing(test, FIRST));
	assert_true(sees_nothing(test, SECOND));
}

static void set_pgd(struct test_guest *test)
{
	shadow_set_pgd(&test->guest.shadow, gpa_make(test->root), FIRST >> 30);
}

static void flush_user(struct test_guest *test)
{
	shadow_flush_user(&test->guest.shadow);
}

static void flush_all(struct test_guest *test)
{
	shadow_flush_all(&test->guest.shadow);
}

static void middle_told_by_pgd(void **state)
{
	exchange_and_tell(*state, set_pgd);
}

static void middle_told_by_flush_user(void **state)
{
	exchange_and_tell(*state, flush_user);
}

static void middle_told_by_flush_all(void **state)
{
	exchange_and_tell(*state, flush_all);
}

#define STACK (GUEST_KERNEL + 0x1000000u)
#define ALIAS (GUEST_KERNEL + 0x4000000u)

/* The stack's page is exchanged, its table read again for another slot, and then it is told. */
static void the_pin_ends_after_another_reading(void **state)
{
	struct test_guest *test = *state;
	struct shadow *shadow = &test->guest.shadow;

	guest_map(&test->guest, test->root, STACK, PAGE(DATA) | KERNEL_RW | USED);
	guest_map(&test->guest, test->root, STACK + PAGE_SIZE, PAGE(DATA + 1) | KERNEL_RW | USED);
	guest_store(&test->guest, directory_of(test, ALIAS),
		    guest_load(&test->guest, directory_of(test, STACK)));
	assert_int_equal(shadow_pin(shadow, gva_make(STACK + PAGE_SIZE), 1), SHADOW_DONE);
	guest_map(&test->guest, test->root, STACK, PAGE(DATA + 2) | KERNEL_RW | USED);
	assert_int_equal(use(test, ALIAS + PAGE_SIZE, 0), ACCESS_FILLED);
	tell_pte(test, test->root, STACK);
	assert_true(sees(test, STACK, DATA + 2));
	assert_false(shadow->pinned);
}

/* With PAE another address space has the stack's table by its own middle table, and tells that. */
static void the_pin_ends_after_another_middle(void **state)
{
	struct test_guest *test = *state;
	struct shadow *shadow = &test->guest.shadow;
	uint32_t other = new_process(test), middle, index = STACK >> 21 & 511;
	uint64_t shared;

	guest_map(&test->guest, test->root, STACK, PAGE(DATA) | KERNEL_RW | USED);
	middle = guest_new_table(&test->guest);
	shared = guest_load(&test->guest, directory_of(test, STACK));
	guest_store(&test->guest, other + (STACK >> 30) * 8, middle | PTE_P);
	guest_store(&test->guest, middle + index * 8, shared);
	switch_to(test, other);
	assert_int_equal(use(test, STACK, 0), ACCESS_FILLED);
	switch_to(test, test->root);
	assert_int_equal(use(test, STACK, 0), ACCESS_FILLED);
	assert_int_equal(shadow_pin(shadow, gva_make(STACK + PAGE_SIZE), 1), SHADOW_DONE);
	shadow_set_pmd(shadow, gpa_make(middle), index);
	guest_map(&test->guest, test->root, STACK, PAGE(DATA + 2) | KERNEL_RW | USED);
	tell_pte(test, test->root, STACK);
	assert_true(sees(test, STACK, DATA + 2));
	assert_false(shadow->pinned);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		both_formats(entries_of_one_table),
		both_formats(no_more_than_the_guest_says),
		both_formats(another_table_stands_there),
		both_formats(the_directory_permits_less),
		both_formats(the_table_is_taken_away),
		both_formats(another_address_space),
		both_formats(a_table_that_is_not_in_use),
		both_formats(the_name_0),
		both_formats(the_pin_lasts),
		both_formats(a_table_asleep),
		pae(middle_told_by_pgd),
		pae(middle_told_by_flush_user),
		pae(middle_told_by_flush_all),
		both_formats(the_pin_ends_after_another_reading),
		pae(the_pin_ends_after_another_middle),
	};

	return cmocka_run_group_tests_name("shadow_told", tests, NULL, NULL);
}

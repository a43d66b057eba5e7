// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of mm/shadow_update.c: what each announcement of the guest must bring
 * about, and what it must not.
 */
#include "mm/shadow_internal.h"
#include "tests/unit/shadow_test.h"

#define USER_PAGE 0x08048000u
#define KERNEL_PAGE 0xC0123000u

static uint32_t top_index(const struct test_guest *test, uint32_t address)
{
	return address >> (test->guest.pae ? 30 : 22);
}

static void set_pte_user(void **state)
{
	struct test_guest *test = *state;
	uint32_t other = new_process(test);

	map_and_use(test, other, USER_PAGE, DATA);
	map_and_use(test, test->root, USER_PAGE, DATA);
	/*
	 * Arrives accessed and dirty: mapped at once.  Another address space: nothing
	 * happens here.
	 */
	guest_map(&test->guest, test->root, USER_PAGE, PAGE(DATA + 1) | USER_RW | USED);
	assert_int_equal(tell_pte(test, other, USER_PAGE), SHADOW_DONE);
	assert_true(sees(test, USER_PAGE, DATA));
	assert_int_equal(tell_pte(test, test->root, USER_PAGE), SHADOW_DONE);
	assert_true(sees(test, USER_PAGE, DATA + 1));
	guest_map(&test->guest, test->root, USER_PAGE, 0);
	tell_pte(test, test->root, USER_PAGE);
	assert_true(sees_nothing(test, USER_PAGE));
	/* Told of one that is not current. */
	guest_map(&test->guest, other, USER_PAGE, PAGE(DATA + 2) | USER_RW | USED);
	tell_pte(test, other, USER_PAGE);
	switch_to(test, other);
	assert_true(sees(test, USER_PAGE, DATA + 2));
}

static void set_pte_unknown_and_zero_root(void **state)
{
	struct test_guest *test = *state;

	map_and_use(test, test->root, USER_PAGE, DATA);
	guest_map(&test->guest, test->root, USER_PAGE, 0);
	/* Never seen, not aligned, outside memory: no business of ours. */
	assert_int_equal(tell_pte(test, 0x00077000, USER_PAGE), SHADOW_DONE);
	assert_int_equal(tell_pte(test, test->root + 4, USER_PAGE), SHADOW_DONE);
	assert_int_equal(tell_pte(test, 0xFFFFF000, USER_PAGE), SHADOW_DONE);
	assert_true(sees(test, USER_PAGE, DATA));
	/* Before its first switch a guest knows no other name of its tables. */
	assert_int_equal(tell_pte(test, 0, USER_PAGE), SHADOW_DONE);
	assert_true(sees_nothing(test, USER_PAGE));
	/* Nothing is mapped where nothing is linked. */
	assert_int_equal(tell_pte(test, test->root, 0x70000000), SHADOW_DONE);
}

static void set_pte_kernel_reaches_all(void **state)
{
	struct test_guest *test = *state;
	uint32_t other;

	map_and_use(test, test->root, KERNEL_PAGE, DATA);
	other = new_process(test);
	switch_to(test, other);
	assert_true(sees(test, KERNEL_PAGE, DATA));
	guest_map(&test->guest, other, KERNEL_PAGE, PAGE(DATA + 1) | KERNEL_RW | USED);
	assert_int_equal(tell_pte(test, 0x00077000, KERNEL_PAGE), SHADOW_DONE);
	assert_true(sees(test, KERNEL_PAGE, DATA + 1));
	switch_to(test, test->root);
	assert_true(sees(test, KERNEL_PAGE, DATA + 1));
}

/* A guest whose kernel half is not the same everywhere. */
static void set_pte_kernel_reaches_different_tables(void **state)
{
	struct test_guest *test = *state;
	uint32_t other = guest_new_root(&test->guest);

	map_and_use(test, other, KERNEL_PAGE, DATA);
	map_and_use(test, test->root, KERNEL_PAGE, DATA);
	guest_map(&test->guest, other, KERNEL_PAGE, 0);
	tell_pte(test, test->root, KERNEL_PAGE);
	assert_true(sees(test, KERNEL_PAGE, DATA));
	switch_to(test, other);
	assert_true(sees_nothing(test, KERNEL_PAGE));
}

/* The same, and the current one has its table at two addresses. */
static void set_pte_kernel_with_a_table_used_twice(void **state)
{
	struct test_guest *test = *state;
	uint32_t other = guest_new_root(&test->guest);
	uint32_t twice = KERNEL_PAGE + 0x00400000;

	map_and_use(test, other, KERNEL_PAGE, DATA);
	map_and_use(test, test->root, KERNEL_PAGE, DATA);
	guest_store(&test->guest, guest_directory_at(&test->guest, test->root, twice),
		    guest_load(&test->guest,
			       guest_directory_at(&test->guest, test->root, KERNEL_PAGE)));
	use(test, twice, 0);
	guest_map(&test->guest, other, KERNEL_PAGE, 0);
	tell_pte(test, test->root, KERNEL_PAGE);
	switch_to(test, other);
	assert_true(sees_nothing(test, KERNEL_PAGE));
}

static void set_pgd(void **state)
{
	struct test_guest *test = *state;
	struct shadow_guest *guest = &test->guest;
	struct shadow *shadow = &guest->shadow;
	uint32_t top = guest->pae ? test->root : guest_directory_at(guest, test->root, USER_PAGE);
	uint64_t old;

	map_and_use(test, test->root, USER_PAGE, DATA);
	map_and_use(test, test->root, 0x70000000, DATA);
	old = guest_load(guest, top);
	/* Taken away. */
	guest_store(guest, top, 0);
	assert_int_equal(shadow_set_pgd(shadow, gpa_make(test->root), top_index(test, USER_PAGE)),
			 SHADOW_DONE);
	assert_true(sees_nothing(test, USER_PAGE));
	assert_true(sees(test, 0x70000000, DATA));
	/* Put back with another entry below; an unknown root; then nothing changed at all. */
	guest_store(guest, top, old);
	guest_map(guest, test->root, USER_PAGE, PAGE(DATA + 1) | USER_RW);
	assert_int_equal(use(test, USER_PAGE, FAULT_WRITE), ACCESS_FILLED);
	assert_true(sees(test, USER_PAGE, DATA + 1));
	guest_map(guest, test->root, USER_PAGE, 0);
	assert_int_equal(shadow_set_pgd(shadow, gpa_make(0x77000), top_index(test, USER_PAGE)),
			 SHADOW_DONE);
	assert_true(sees(test, USER_PAGE, DATA + 1));
	shadow_set_pgd(shadow, gpa_make(test->root), top_index(test, USER_PAGE));
	assert_true(sees_nothing(test, USER_PAGE));
	assert_int_equal(shadow_set_pgd(shadow, gpa_make(test->root), guest->pae ? 4 : 1024),
			 SHADOW_BAD);
	assert_int_equal(shadow_set_pgd(shadow, gpa_make(test->root), UINT32_MAX), SHADOW_BAD);
	assert_int_equal(shadow_set_pgd(shadow, gpa_make(test->root), guest->pae ? 3 : 1023),
			 SHADOW_DONE);
}

static void set_pmd(void **state)
{
	struct test_guest *test = *state;
	struct shadow_guest *guest = &test->guest;
	struct shadow *shadow = &guest->shadow;
	uint32_t other = new_process(test), directory, middle;

	/* The kernel's middle table is one for both. */
	map_and_use(test, other, KERNEL_PAGE, DATA);
	switch_to(test, test->root);
	assert_int_equal(use(test, KERNEL_PAGE, 0), ACCESS_FILLED);
	map_and_use(test, test->root, USER_PAGE, DATA);
	map_and_use(test, other, USER_PAGE, DATA);

	directory = guest_directory_at(guest, test->root, KERNEL_PAGE);
	middle = directory & PAGE_MASK;
	guest_store(guest, directory, guest_new_table(guest) | USER_RW);
	assert_int_equal(shadow_set_pmd(shadow, gpa_make(middle), KERNEL_PAGE >> 21 & 511),
			 SHADOW_DONE);
	assert_true(sees_nothing(test, KERNEL_PAGE));
	assert_true(sees(test, USER_PAGE, DATA));
	switch_to(test, test->root);
	assert_true(sees_nothing(test, KERNEL_PAGE));

	directory = guest_directory_at(guest, test->root, USER_PAGE);
	guest_store(guest, directory, 0);
	assert_int_equal(
		shadow_set_pmd(shadow, gpa_make(directory & PAGE_MASK), USER_PAGE >> 21 & 511),
		SHADOW_DONE);
	assert_true(sees_nothing(test, USER_PAGE));
	switch_to(test, other);
	assert_true(sees(test, USER_PAGE, DATA));
	assert_int_equal(shadow_set_pmd(shadow, gpa_make(middle), 512), SHADOW_BAD);
	assert_int_equal(shadow_set_pmd(shadow, gpa_make(0xFFFFF000), 0), SHADOW_DONE);
}

static void set_pmd_needs_pae(void **state)
{
	struct test_guest *test = *state;

	assert_int_equal(shadow_set_pmd(&test->guest.shadow, gpa_make(test->root), 0), SHADOW_BAD);
}

static void flush_user(void **state)
{
	struct test_guest *test = *state;
	uint32_t other = new_process(test);

	map_and_use(test, other, USER_PAGE, DATA);
	map_and_use(test, test->root, USER_PAGE, DATA);
	map_and_use(test, test->root, KERNEL_PAGE, DATA);
	guest_map(&test->guest, test->root, USER_PAGE, 0);
	guest_map(&test->guest, test->root, KERNEL_PAGE, 0);
	guest_map(&test->guest, other, USER_PAGE, 0);
	shadow_flush_user(&test->guest.shadow);
	assert_true(sees_nothing(test, USER_PAGE));
	/*
	 * What has not changed costs no new fault; the kernel's part and other address
	 * spaces may be stale.
	 */
	assert_true(sees(test, KERNEL_PAGE, DATA));
	switch_to(test, other);
	assert_true(sees(test, USER_PAGE, DATA));
	shadow_flush_user(&test->guest.shadow);
	assert_true(sees_nothing(test, USER_PAGE));
}

static void flush_keeps_what_is_so(void **state)
{
	struct test_guest *test = *state;

	map_and_use(test, test->root, USER_PAGE, DATA);
	map_and_use(test, test->root, KERNEL_PAGE, DATA + 1);
	/* Weakened, not dropped. */
	guest_map(&test->guest, test->root, USER_PAGE, PAGE(DATA) | PTE_P | PTE_U | PTE_A);
	shadow_flush_all(&test->guest.shadow);
	assert_true(sees(test, USER_PAGE, DATA));
	assert_false(shadow_look(&test->guest, USER_PAGE).writable);
	assert_int_equal(use(test, KERNEL_PAGE, FAULT_WRITE), ACCESS_HIT);
}

/*
 * The flush of everything reaches what is not current when it becomes so,
 * whatever happened in between.
 */
static void flush_all_reaches_cached_spaces(void **state)
{
	struct test_guest *test = *state;
	uint32_t other = new_process(test);

	map_and_use(test, other, USER_PAGE, DATA);
	map_and_use(test, other, KERNEL_PAGE, DATA);
	map_and_use(test, test->root, USER_PAGE, DATA);
	guest_map(&test->guest, other, USER_PAGE, 0);
	guest_map(&test->guest, other, KERNEL_PAGE, 0);
	shadow_flush_all(&test->guest.shadow);
	shadow_audit(&test->guest.shadow);
	shadow_flush_user(&test->guest.shadow);
	use(test, USER_PAGE, 0);
	switch_to(test, other);
	assert_true(sees_nothing(test, USER_PAGE));
	assert_true(sees_nothing(test, KERNEL_PAGE));
	/* Once is enough: later changes may be stale again. */
	guest_map(&test->guest, other, USER_PAGE, PAGE(DATA) | USER_RW);
	assert_int_equal(use(test, USER_PAGE, FAULT_WRITE), ACCESS_FILLED);
	guest_map(&test->guest, other, USER_PAGE, 0);
	switch_to(test, test->root);
	switch_to(test, other);
	assert_true(sees(test, USER_PAGE, DATA));
}

/* A table that two address spaces have, each with a flush of its own. */
static void flush_with_a_shared_user_table(void **state)
{
	struct test_guest *test = *state;
	struct shadow_guest *guest = &test->guest;
	uint32_t other = new_process(test);

	map_and_use(test, test->root, USER_PAGE, DATA);
	guest_store(guest, guest_directory_at(guest, other, USER_PAGE),
		    guest_load(guest, guest_directory_at(guest, test->root, USER_PAGE)));
	guest_map(guest, test->root, USER_PAGE, 0);
	/* The second one never saw the old entry: it may not now. */
	switch_to(test, other);
	assert_int_equal(use(test, USER_PAGE + PAGE_SIZE, 0), ACCESS_FAULT);
	guest_map(guest, other, USER_PAGE + PAGE_SIZE, PAGE(DATA) | USER_RW);
	assert_int_equal(use(test, USER_PAGE + PAGE_SIZE, 0), ACCESS_FILLED);
	assert_true(sees_nothing(test, USER_PAGE));
}

/* The same with a kernel table that comes to stand at a second address. */
static void table_at_a_second_kernel_address(void **state)
{
	struct test_guest *test = *state;
	struct shadow_guest *guest = &test->guest;
	uint32_t twice = KERNEL_PAGE + 0x00400000;

	map_and_use(test, test->root, KERNEL_PAGE, DATA);
	guest_store(guest, guest_directory_at(guest, test->root, twice),
		    guest_load(guest, guest_directory_at(guest, test->root, KERNEL_PAGE)));
	guest_map(guest, test->root, KERNEL_PAGE, 0);
	guest_map(guest, test->root, KERNEL_PAGE + PAGE_SIZE, PAGE(DATA + 1) | KERNEL_RW);
	assert_int_equal(use(test, twice + PAGE_SIZE, 0), ACCESS_FILLED);
	assert_true(sees_nothing(test, twice));
}

/* SET_PTE is what the guest has for INVLPG, which drops what was cached of the directory too. */
static void set_pte_after_the_table_was_exchanged(void **state)
{
	static const uint32_t addresses[] = { USER_PAGE, KERNEL_PAGE };
	struct test_guest *test = *state;
	struct shadow_guest *guest = &test->guest;

	for (size_t i = 0; i < ARRAY_SIZE(addresses); i++) {
		uint32_t address = addresses[i];

		map_and_use(test, test->root, address, DATA);
		guest_store(guest, guest_directory_at(guest, test->root, address), 0);
		guest_map(guest, test->root, address, PAGE(DATA + 1) | USER_RW | USED);
		tell_pte(test, test->root, address);
		assert_true(use(test, address, 0) <= ACCESS_FILLED);
		assert_true(sees(test, address, DATA + 1));
		guest_store(guest, guest_directory_at(guest, test->root, address), 0);
		tell_pte(test, test->root, address);
		assert_true(sees_nothing(test, address));
	}
}

/* Two pages at the same place in different runs of 2 MB, next to one that lies in the first run. */
static void flush_tells_chunks_apart(void **state)
{
	const uint32_t near = FAR_DATA - FRAMES_PER_CHUNK;
	struct test_guest *test = *state;
	struct shadow_guest *guest = &test->guest;
	uint32_t second = USER_PAGE + PAGE_SIZE;

	map_and_use(test, test->root, USER_PAGE, DATA);
	map_and_use(test, test->root, second, near);
	guest_map(guest, test->root, second, PAGE(FAR_DATA) | USER_RW | USED);
	shadow_flush_user(&guest->shadow);
	assert_true(sees(test, USER_PAGE, DATA));
	assert_true(sees(test, second, FAR_DATA));
	guest_map(guest, test->root, second, PAGE(near) | USER_RW | USED);
	shadow_flush_user(&guest->shadow);
	assert_true(sees(test, second, near));
	/* Bits beyond the 32 of a guest's addresses: no page of the guest. */
	if (guest->pae) {
		guest_map(guest, test->root, second, BIT64(32) | PAGE(near) | USER_RW | USED);
		shadow_flush_user(&guest->shadow);
		assert_true(sees_nothing(test, second));
	}
}

/* A leaf with something in it is read at a flush if it was touched since the last one. */
static void flush_of_touched_leaves(void **state)
{
	struct test_guest *test = *state;
	struct shadow *shadow = &test->guest.shadow;

	for (uint32_t i = 0; i < 64; i++) {
		guest_map(&test->guest, test->root, USER_PAGE + i * PAGE_SIZE,
			  PAGE(DATA + i) | USER_RW | USED);
		use(test, USER_PAGE + i * PAGE_SIZE, 0);
	}
	for (unsigned round = 0; round < 3; round++) {
		guest_map(&test->guest, test->root, USER_PAGE, PAGE(DATA + round) | USER_RW | USED);
		shadow_flush_user(shadow);
		assert_true(sees(test, USER_PAGE, DATA + round));
		assert_int_equal(use(test, USER_PAGE + PAGE_SIZE, 0), ACCESS_HIT);
	}
	shadow_flush_user(shadow);
	assert_true(sees(test, USER_PAGE, DATA + 2));
	shadow_flush_user(shadow);
	assert_true(sees_nothing(test, USER_PAGE));
	guest_map(&test->guest, test->root, USER_PAGE, 0);
	assert_int_equal(use(test, USER_PAGE + PAGE_SIZE, 0), ACCESS_FILLED);
	assert_true(sees_nothing(test, USER_PAGE));
	shadow_audit(shadow);
}

/* Leaves with much in them are not read at a flush but at the next touch. */
static void flush_of_heavy_leaves(void **state)
{
	struct test_guest *test = *state;
	struct shadow *shadow = &test->guest.shadow;
	uint32_t other;

	for (uint32_t i = 0; i < 300; i++) {
		guest_map(&test->guest, test->root, USER_PAGE + i * PAGE_SIZE,
			  PAGE(DATA + i % 64) | USER_RW | USED);
		guest_map(&test->guest, test->root, KERNEL_PAGE + i * PAGE_SIZE,
			  PAGE(DATA + i % 64) | KERNEL_RW | USED);
		use(test, USER_PAGE + i * PAGE_SIZE, 0);
		use(test, KERNEL_PAGE + i * PAGE_SIZE, 0);
	}
	other = new_process(test);
	switch_to(test, other);
	switch_to(test, test->root);
	for (int round = 0; round < 4; round++) {
		guest_map(&test->guest, test->root, USER_PAGE + PAGE_SIZE,
			  round & 1 ? PAGE(DATA) | USER_RW | USED : 0);
		guest_map(&test->guest, test->root, KERNEL_PAGE + PAGE_SIZE, 0);
		if (round < 2)
			shadow_flush_user(shadow);
		else
			shadow_flush_all(shadow);
		assert_int_equal(use(test, USER_PAGE + 2 * PAGE_SIZE, FAULT_WRITE), ACCESS_FILLED);
		assert_true(round & 1 ? use(test, USER_PAGE + PAGE_SIZE, 0) <= ACCESS_FILLED
				      : sees_nothing(test, USER_PAGE + PAGE_SIZE));
		assert_true(sees(test, USER_PAGE + 3 * PAGE_SIZE, DATA + 3));
	}
	shadow_flush_all(shadow);
	shadow_audit(shadow);
	switch_to(test, other);
	assert_int_equal(use(test, KERNEL_PAGE + PAGE_SIZE, 0), ACCESS_FAULT);
	assert_true(use(test, KERNEL_PAGE, 0) <= ACCESS_FILLED);
	assert_true(sees_nothing(test, KERNEL_PAGE + PAGE_SIZE));
	/* An announcement for what sleeps. */
	shadow_flush_all(shadow);
	guest_map(&test->guest, test->root, KERNEL_PAGE, 0);
	tell_pte(test, test->root, KERNEL_PAGE);
	use(test, KERNEL_PAGE + 2 * PAGE_SIZE, 0);
	assert_true(sees_nothing(test, KERNEL_PAGE));
	/* Told that its directory entry is gone. */
	shadow_flush_all(shadow);
	switch_to(test, test->root);
	guest_store(&test->guest, guest_directory_at(&test->guest, test->root, USER_PAGE), 0);
	shadow_set_pgd(shadow, gpa_make(test->root), top_index(test, USER_PAGE));
	assert_int_equal(use(test, USER_PAGE + 2 * PAGE_SIZE, 0), ACCESS_FAULT);
	assert_true(sees_nothing(test, USER_PAGE + 2 * PAGE_SIZE));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		both_formats(set_pte_user),
		both_formats(set_pte_unknown_and_zero_root),
		both_formats(set_pte_kernel_reaches_all),
		both_formats(set_pte_kernel_reaches_different_tables),
		both_formats(set_pte_kernel_with_a_table_used_twice),
		both_formats(set_pgd),
		pae(set_pmd),
		two_level(set_pmd_needs_pae),
		both_formats(flush_user),
		both_formats(flush_keeps_what_is_so),
		both_formats(flush_all_reaches_cached_spaces),
		both_formats(flush_with_a_shared_user_table),
		both_formats(table_at_a_second_kernel_address),
		both_formats(set_pte_after_the_table_was_exchanged),
		both_formats(flush_tells_chunks_apart),
		both_formats(flush_of_touched_leaves),
		both_formats(flush_of_heavy_leaves),
	};

	return cmocka_run_group_tests_name("shadow_update", tests, NULL, NULL);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of mm/shadow_fault.c and mm/shadow_leaf.c: demand filling, accessed and
 * dirty marks, neighbours, error codes, permissions of all levels, entries that
 * end a guest, and the pinned stack.
 */
#include "tests/unit/shadow_test.h"

#define ADDRESS 0x08050000u	/* first of its group of sixteen */
#define STACK 0xC0400000u	/* the end of a slot */

static void map(struct test_guest *test, uint32_t address, uint64_t entry)
{
	guest_map(&test->guest, test->root, address, entry);
}

static uint64_t entry_of(struct test_guest *test, uint32_t address)
{
	return guest_entry_of(&test->guest, test->root, address);
}

static void demand_fill(void **state)
{
	struct test_guest *test = *state;
	uint32_t error = 0xFF;

	assert_int_equal(guest_access(&test->guest, ADDRESS, FAULT_USER, &error), ACCESS_FAULT);
	assert_int_equal(error, FAULT_USER);
	map(test, ADDRESS, PAGE(DATA) | USER_RW);
	assert_int_equal(use(test, ADDRESS, FAULT_USER), ACCESS_FILLED);
	assert_int_equal(use(test, ADDRESS, FAULT_USER), ACCESS_HIT);
	assert_true(entry_of(test, ADDRESS) == (PAGE(DATA) | USER_RW | PTE_A));
	assert_int_equal(use(test, ADDRESS, FAULT_USER | FAULT_WRITE), ACCESS_FILLED);
	assert_int_equal(use(test, ADDRESS, FAULT_WRITE), ACCESS_HIT);
	assert_true(entry_of(test, ADDRESS) == (PAGE(DATA) | USER_RW | USED));
	/* Written at once: one fault does for both. */
	map(test, ADDRESS + 0x20000, PAGE(FAR_DATA) | USER_RW | PTE_G | 0xE00);
	assert_int_equal(use(test, ADDRESS + 0x20000, FAULT_WRITE), ACCESS_FILLED);
	assert_true(entry_of(test, ADDRESS + 0x20000) ==
		    (PAGE(FAR_DATA) | USER_RW | USED | PTE_G | 0xE00));
}

static void reads_never_make_dirty(void **state)
{
	struct test_guest *test = *state;

	map(test, ADDRESS, PAGE(DATA) | USER_RW);
	for (int i = 0; i < 3; i++) {
		use(test, ADDRESS, FAULT_USER);
		use(test, ADDRESS, 0);
		use(test, ADDRESS, FAULT_FETCH);
		shadow_flush_all(&test->guest.shadow);
	}
	assert_false(entry_of(test, ADDRESS) & PTE_D);
	/* A write that is not permitted marks nothing. */
	map(test, ADDRESS, PAGE(DATA) | PTE_P | PTE_U);
	tell_pte(test, test->root, ADDRESS);
	assert_int_equal(use(test, ADDRESS, FAULT_WRITE), ACCESS_FAULT);
	assert_true(entry_of(test, ADDRESS) == (PAGE(DATA) | PTE_P | PTE_U));
}

static void neighbours(void **state)
{
	struct test_guest *test = *state;

	for (uint32_t i = 0; i < 32; i++)
		map(test, ADDRESS + i * PAGE_SIZE,
		    PAGE(DATA + i) | USER_RW | PTE_A | (i % 2 ? PTE_D : 0));
	map(test, ADDRESS + 2 * PAGE_SIZE, PAGE(DATA) | USER_RW);
	map(test, ADDRESS + 4 * PAGE_SIZE, PAGE(GUEST_PAGES) | USER_RW | USED);
	map(test, ADDRESS + 6 * PAGE_SIZE, PAGE(DATA) | (USER_RW & ~PTE_P) | USED);
	assert_int_equal(use(test, ADDRESS + 3 * PAGE_SIZE, 0), ACCESS_FILLED);
	for (uint32_t i = 0; i < 32; i++) {
		struct shadow_view view = shadow_look(&test->guest, ADDRESS + i * PAGE_SIZE);
		bool wanted = i < 16 && i != 2 && i != 4 && i != 6;

		assert_int_equal(view.present, wanted);
		if (wanted)
			assert_int_equal(view.writable, i % 2);
	}
	/* Nothing was marked for it. */
	assert_false(entry_of(test, ADDRESS) & PTE_D);
	assert_false(entry_of(test, ADDRESS + 2 * PAGE_SIZE) & PTE_A);
}

/* Every combination of the bits that say who may what, for every access. */
static void permissions(void **state)
{
	struct test_guest *test = *state;
	uint32_t directory;

	map(test, ADDRESS, 0);
	directory = guest_directory_at(&test->guest, test->root, ADDRESS);
	for (unsigned bits = 0; bits < 512; bits++) {
		uint64_t upper = PTE_P | (bits & 1 ? PTE_W : 0) | (bits & 2 ? PTE_U : 0);
		uint64_t entry = PTE_P | (bits & 4 ? PTE_W : 0) | (bits & 8 ? PTE_U : 0);
		uint32_t access = (bits & 16 ? FAULT_WRITE : 0) | (bits & 32 ? FAULT_USER : 0);
		uint32_t error = 0;
		bool fetch = bits & 64, permitted;

		if (fetch && access & FAULT_WRITE)
			continue;
		access |= fetch ? FAULT_FETCH : 0;
		if (test->guest.pae) {
			upper |= bits & 128 ? PTE_NX : 0;
			entry |= bits & 256 ? PTE_NX : 0;
		}
		permitted = !(access & ~(uint32_t)(upper & entry) & (FAULT_WRITE | FAULT_USER)) &&
			    !(fetch && (upper | entry) & PTE_NX);
		guest_store(&test->guest, directory,
			    (guest_load(&test->guest, directory) & PTE_FRAME) | upper);
		map(test, ADDRESS, PAGE(DATA) | entry);
		shadow_flush_all(&test->guest.shadow);
		assert_int_equal(guest_access(&test->guest, ADDRESS, access, &error),
				 permitted ? ACCESS_FILLED : ACCESS_FAULT);
		if (!permitted)
			assert_int_equal(
				error,
				FAULT_PRESENT | (test->guest.pae ? access : access & ~FAULT_FETCH));
	}
}

/* Bit 63 means nothing where there is no NX, and never enters the shadow. */
static void without_nx(void **state)
{
	struct test_guest *test;
	struct shadow_guest *guest;

	(void)state;
	test = calloc(1, sizeof(*test));
	assert_non_null(test);
	guest = &test->guest;
	native_set_nx(false);
	shadow_guest_start(guest, true, SHADOW_MIN_BUDGET);
	test->root = guest_new_root(guest);
	assert_int_equal(switch_to(test, test->root), SHADOW_DONE);
	map(test, ADDRESS, PAGE(DATA) | USER_RW | PTE_NX);
	/* shadow_look itself fails on the bit. */
	assert_int_equal(use(test, ADDRESS, FAULT_FETCH), ACCESS_FILLED);
	guest_store(guest, guest_directory_at(guest, test->root, ADDRESS),
		    guest_load(guest, guest_directory_at(guest, test->root, ADDRESS)) | PTE_NX);
	shadow_flush_all(&guest->shadow);
	assert_true(use(test, ADDRESS, FAULT_FETCH) <= ACCESS_FILLED);
	assert_true(shadow_guest_stop(guest));
	free(test);
}

/* Permitted, but no memory: a device's registers, perhaps.  Nothing is ever mapped there. */
static void beyond_memory(void **state)
{
	struct test_guest *test = *state;
	struct shadow *shadow = &test->guest.shadow;
	uint32_t error = 0;
	gpa_t gpa;

	map(test, ADDRESS, 0xFE000000ull | PTE_P | PTE_U);
	map(test, ADDRESS + PAGE_SIZE, PAGE(DATA) | USER_RW);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(use(test, ADDRESS + 0x123, FAULT_USER), ACCESS_OUTSIDE);
		assert_int_equal(gpa_value(shadow->outside), 0xFE000123);
		assert_non_null(shadow->bad);
		assert_true((shadow->bad_entry & ~PTE_A) == (0xFE000000ull | PTE_P | PTE_U));
		/* Not as a neighbour, nor when it is announced. */
		assert_true(use(test, ADDRESS + PAGE_SIZE, 0) <= ACCESS_FILLED);
		tell_pte(test, test->root, ADDRESS);
		assert_false(shadow_look(&test->guest, ADDRESS).present);
	}
	assert_true(entry_of(test, ADDRESS) & PTE_A);
	/* What is not permitted is the guest's fault first. */
	assert_int_equal(guest_access(&test->guest, ADDRESS, FAULT_WRITE, &error), ACCESS_FAULT);
	assert_int_equal(error, FAULT_PRESENT | FAULT_WRITE);
	map(test, ADDRESS, PAGE(GUEST_PAGES) | KERNEL_RW);
	assert_int_equal(shadow_translate(shadow, gva_make(ADDRESS + 5), true, &gpa),
			 SHADOW_OUTSIDE);
	assert_int_equal(gpa_value(shadow->outside), PAGE(GUEST_PAGES) + 5);
}

static void bad_entries(void **state)
{
	struct test_guest *test = *state;
	struct shadow_guest *guest = &test->guest;
	uint32_t directory;
	uint64_t good;

	map(test, ADDRESS, PAGE(DATA) | USER_RW);
	directory = guest_directory_at(guest, test->root, ADDRESS);
	good = guest_load(guest, directory);
	guest_store(guest, directory, good | PTE_PS);
	assert_int_equal(use(test, ADDRESS, 0), ACCESS_BAD);
	assert_non_null(guest->shadow.bad);
	assert_true(guest->shadow.bad_entry == (good | PTE_PS));
	guest_store(guest, directory, PAGE(GUEST_PAGES) | USER_RW);
	assert_int_equal(use(test, ADDRESS, 0), ACCESS_BAD);
	guest_store(guest, directory, good);
	if (!guest->pae)
		return;
	/* Beyond 32 bits there are not even devices. */
	map(test, ADDRESS, 1ull << 32 | USER_RW);
	assert_int_equal(use(test, ADDRESS, 0), ACCESS_BAD);
	map(test, ADDRESS, PAGE(DATA) | USER_RW);
	guest_store(guest, directory, good | 1ull << 40);
	assert_int_equal(use(test, ADDRESS, 0), ACCESS_BAD);
	guest_store(guest, directory, good);
	guest_store(guest, test->root, PAGE(GUEST_PAGES) | PTE_P);
	assert_int_equal(use(test, ADDRESS, 0), ACCESS_BAD);
	guest_store(guest, test->root, 0);
	assert_int_equal(use(test, ADDRESS, 0), ACCESS_FAULT);
}

static void directories_become_accessed(void **state)
{
	struct test_guest *test = *state;
	struct shadow_guest *guest = &test->guest;
	uint32_t directory;
	gpa_t gpa;

	map(test, ADDRESS, PAGE(DATA) | USER_RW);
	directory = guest_directory_at(guest, test->root, ADDRESS);
	assert_false(guest_load(guest, directory) & PTE_A);
	assert_int_equal(use(test, ADDRESS, 0), ACCESS_FILLED);
	assert_true(guest_load(guest, directory) & PTE_A);
	assert_false(guest_load(guest, directory) & PTE_D);
	guest_store(guest, directory, guest_load(guest, directory) & ~PTE_A);
	shadow_flush_all(&guest->shadow);
	assert_int_equal(use(test, ADDRESS, 0), ACCESS_FILLED);
	assert_true(guest_load(guest, directory) & PTE_A);
	/* Umbra's own accesses on behalf of the guest count. */
	guest_store(guest, directory, guest_load(guest, directory) & ~PTE_A);
	shadow_flush_all(&guest->shadow);
	assert_int_equal(shadow_translate(&guest->shadow, gva_make(ADDRESS), false, &gpa),
			 SHADOW_DONE);
	assert_true(guest_load(guest, directory) & PTE_A);
}

/* A leaf with many entries sleeps after a flush; its slot wakes with a mark like any other. */
static void directory_of_sleeping_leaf_becomes_accessed(void **state)
{
	struct test_guest *test = *state;
	struct shadow_guest *guest = &test->guest;
	uint32_t directory;

	for (uint32_t i = 0; i < 64; i++)
		map(test, ADDRESS + i * PAGE_SIZE, PAGE(DATA) | USER_RW | USED);
	for (uint32_t i = 0; i < 64; i++)
		use(test, ADDRESS + i * PAGE_SIZE, 0);
	directory = guest_directory_at(guest, test->root, ADDRESS);
	guest_store(guest, directory, guest_load(guest, directory) & ~PTE_A);
	shadow_flush_all(&guest->shadow);
	assert_int_equal(use(test, ADDRESS, 0), ACCESS_FILLED);
	assert_true(guest_load(guest, directory) & PTE_A);
}

static void translate(void **state)
{
	struct test_guest *test = *state;
	gpa_t gpa = gpa_make(1);

	map(test, ADDRESS, PAGE(FAR_DATA) | PTE_P);
	assert_int_equal(
		shadow_translate(&test->guest.shadow, gva_make(ADDRESS + 0xFFF), false, &gpa),
		SHADOW_DONE);
	assert_int_equal(gpa_value(gpa), PAGE(FAR_DATA) + 0xFFF);
	assert_true(entry_of(test, ADDRESS) == (PAGE(FAR_DATA) | PTE_P | PTE_A));
	assert_int_equal(shadow_translate(&test->guest.shadow, gva_make(ADDRESS), true, &gpa),
			 SHADOW_GUEST_FAULT);
	map(test, ADDRESS, PAGE(FAR_DATA) | KERNEL_RW);
	assert_int_equal(shadow_translate(&test->guest.shadow, gva_make(ADDRESS), true, &gpa),
			 SHADOW_DONE);
	assert_true(entry_of(test, ADDRESS) == (PAGE(FAR_DATA) | KERNEL_RW | USED));
	assert_int_equal(shadow_translate(&test->guest.shadow, gva_make(0xFFE00000), false, &gpa),
			 SHADOW_GUEST_FAULT);
}

/* --- the stack ----------------------------------------------------------------------- */

static enum shadow_result pin(struct test_guest *test, uint32_t top, uint32_t pages)
{
	return shadow_pin(&test->guest.shadow, gva_make(top), pages);
}

static bool writable(struct test_guest *test, uint32_t address)
{
	struct shadow_view view = shadow_look(&test->guest, address);

	return view_permits(&view, FAULT_WRITE);
}

static void pin_maps_the_stack(void **state)
{
	struct test_guest *test = *state;

	for (uint32_t i = 1; i <= 3; i++)
		map(test, STACK - i * PAGE_SIZE, PAGE(DATA + i) | KERNEL_RW);
	map(test, STACK, PAGE(DATA) | KERNEL_RW);
	/* The page-aligned end belongs to the page below it. */
	assert_int_equal(pin(test, STACK, 1), SHADOW_DONE);
	assert_true(test->guest.shadow.pinned);
	assert_true(writable(test, STACK - 1));
	assert_false(shadow_look(&test->guest, STACK).present);
	assert_false(shadow_look(&test->guest, STACK - PAGE_SIZE - 1).present);
	assert_true(entry_of(test, STACK - 1) & PTE_D);
	assert_false(entry_of(test, STACK) & PTE_A);
	assert_int_equal(pin(test, STACK - 8, 2), SHADOW_DONE);
	assert_true(writable(test, STACK - PAGE_SIZE - 1));
	assert_false(entry_of(test, STACK - 3 * PAGE_SIZE) & PTE_A);
	/* Two pages in two slots. */
	assert_int_equal(pin(test, STACK + 8, 2), SHADOW_DONE);
	assert_true(writable(test, STACK) && writable(test, STACK - 4));
	assert_int_equal(pin(test, STACK, 0), SHADOW_DONE);
}

static void pin_fails_without_stack(void **state)
{
	struct test_guest *test = *state;

	assert_int_equal(pin(test, STACK, 1), SHADOW_GUEST_FAULT);
	map(test, STACK - PAGE_SIZE, PAGE(DATA) | PTE_P);
	assert_int_equal(pin(test, STACK, 1), SHADOW_GUEST_FAULT);
	assert_false(test->guest.shadow.pinned);
	map(test, STACK - PAGE_SIZE, PAGE(GUEST_PAGES) | KERNEL_RW);
	assert_int_equal(pin(test, STACK, 1), SHADOW_OUTSIDE);
	/* Below 0, and in what is not the guest's. */
	assert_int_equal(pin(test, 0, 1), SHADOW_GUEST_FAULT);
	assert_int_equal(pin(test, 0xFFE02000, 1), SHADOW_GUEST_FAULT);
}

static void pinned_ends_with_what_it_rests_on(void **state)
{
	struct test_guest *test = *state;
	struct shadow *shadow = &test->guest.shadow;
	uint32_t page = STACK - PAGE_SIZE;

	map(test, page, PAGE(DATA) | KERNEL_RW);
	assert_int_equal(pin(test, STACK, 1), SHADOW_DONE);
	map(test, page - PAGE_SIZE, PAGE(DATA) | KERNEL_RW);
	tell_pte(test, test->root, page - PAGE_SIZE);
	assert_true(shadow->pinned);
	/* Another page, in use, is weakened. */
	assert_int_equal(use(test, page - PAGE_SIZE, FAULT_WRITE), ACCESS_FILLED);
	map(test, page - PAGE_SIZE, PAGE(DATA) | PTE_P | PTE_A);
	tell_pte(test, test->root, page - PAGE_SIZE);
	assert_true(shadow->pinned);
	/* Cleaned by the guest. */
	map(test, page, PAGE(DATA) | KERNEL_RW | PTE_A);
	tell_pte(test, test->root, page);
	assert_false(shadow->pinned);
	assert_int_equal(pin(test, STACK, 1), SHADOW_DONE);
	shadow_flush_all(shadow);
	assert_false(shadow->pinned);
	assert_int_equal(pin(test, STACK, 1), SHADOW_DONE);
	switch_to(test, new_process(test));
	assert_false(shadow->pinned);
}

/*
 * The guest takes write access away above the entry, and a fault next door is
 * where Umbra learns of it.
 */
static void pinned_ends_with_the_directory(void **state)
{
	struct test_guest *test = *state;
	uint32_t directory;

	map(test, STACK - PAGE_SIZE, PAGE(DATA) | KERNEL_RW);
	map(test, STACK - 0x20000, PAGE(DATA) | KERNEL_RW);
	assert_int_equal(pin(test, STACK, 1), SHADOW_DONE);
	directory = guest_directory_at(&test->guest, test->root, STACK - 1);
	guest_store(&test->guest, directory, guest_load(&test->guest, directory) & ~PTE_W);
	assert_int_equal(use(test, STACK - 0x20000, 0), ACCESS_FILLED);
	assert_true(writable(test, STACK - 1) || !test->guest.shadow.pinned);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		both_formats(demand_fill),
		both_formats(reads_never_make_dirty),
		both_formats(neighbours),
		both_formats(permissions),
		cmocka_unit_test(without_nx),
		both_formats(beyond_memory),
		both_formats(bad_entries),
		both_formats(directories_become_accessed),
		both_formats(directory_of_sleeping_leaf_becomes_accessed),
		both_formats(translate),
		both_formats(pin_maps_the_stack),
		both_formats(pin_fails_without_stack),
		both_formats(pinned_ends_with_what_it_rests_on),
		both_formats(pinned_ends_with_the_directory),
	};

	return cmocka_run_group_tests_name("shadow_fill", tests, NULL, NULL);
}

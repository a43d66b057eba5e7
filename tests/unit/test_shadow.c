// SPDX-License-Identifier: GPL-2.0-only
/*
 * The seven invariants of the shadow tables (mm/shadow_audit.c), a test each,
 * and that the audit sees each of them broken.
 */
#include "arch/cpu/layout.h"
#include "mm/shadow_internal.h"
#include "tests/unit/shadow_test.h"

#define USER_PAGE 0x08048000u
#define KERNEL_PAGE 0xC0123000u

static struct shadow_view look(struct test_guest *test, uint32_t address)
{
	return shadow_look(&test->guest, address);
}

/* The entry of the shadow itself, to break it. */
static uint64_t *shadow_entry(struct test_guest *test, uint32_t address)
{
	struct address_space *space = test->guest.shadow.current;

	return &space_leaf(space, address >> SLOT_SHIFT)->table[address >> PAGE_SHIFT & 511];
}

static void invariant_1_maps_the_guests_own_frame(void **state)
{
	static const uint32_t pages[] = { 0, DATA, 511, 512, FAR_DATA, GUEST_RAM_PAGES - 1,
					  GUEST_RAM_PAGES, GUEST_PAGES - 1 };
	struct test_guest *test = *state;

	for (uint32_t i = 0; i < ARRAY_SIZE(pages); i++) {
		uint32_t address = USER_PAGE + i * PAGE_SIZE;

		guest_map(&test->guest, test->root, address, PAGE(pages[i]) | USER_RW);
		assert_int_equal(
			guest_access(&test->guest, address, FAULT_WRITE | FAULT_USER, NULL),
			ACCESS_FILLED);
		assert_true(look(test, address).frame ==
			    guest_frame_of_page(&test->guest, pages[i]));
	}
	/* Below its limit: a missing page is not mapped, whether it was accessed or not. */
	guest_map(&test->guest, test->root, KERNEL_PAGE, PAGE(GUEST_PAGES) | KERNEL_RW);
	assert_int_equal(guest_access(&test->guest, KERNEL_PAGE, 0, NULL), ACCESS_OUTSIDE);
	guest_map(&test->guest, test->root, KERNEL_PAGE, PAGE(GUEST_PAGES) | KERNEL_RW | USED);
	tell_pte(test, test->root, KERNEL_PAGE);
	assert_int_equal(guest_access(&test->guest, KERNEL_PAGE, 0, NULL), ACCESS_OUTSIDE);
	assert_false(look(test, KERNEL_PAGE).present);

	shadow_flush_all(&test->guest.shadow);
	shadow_audit(&test->guest.shadow);
	*shadow_entry(test, USER_PAGE) += PAGE_SIZE;
	assert_true(native_panics(shadow_audit(&test->guest.shadow)));
}

static void invariant_2_writable_only_when_dirty(void **state)
{
	struct test_guest *test = *state;

	guest_map(&test->guest, test->root, USER_PAGE, PAGE(DATA) | USER_RW);
	assert_int_equal(guest_access(&test->guest, USER_PAGE, FAULT_USER, NULL), ACCESS_FILLED);
	assert_false(look(test, USER_PAGE).writable);
	assert_int_equal(guest_access(&test->guest, USER_PAGE, FAULT_USER | FAULT_WRITE, NULL),
			 ACCESS_FILLED);
	assert_true(look(test, USER_PAGE).writable);
	assert_true(guest_entry_of(&test->guest, test->root, USER_PAGE) ==
		    (PAGE(DATA) | USER_RW | USED));
	/* Dirty, but not writable; writable, but clean. */
	guest_map(&test->guest, test->root, USER_PAGE, PAGE(DATA) | PTE_P | PTE_U | USED);
	tell_pte(test, test->root, USER_PAGE);
	assert_false(look(test, USER_PAGE).writable);
	guest_map(&test->guest, test->root, USER_PAGE, PAGE(DATA) | USER_RW | PTE_A);
	tell_pte(test, test->root, USER_PAGE);
	assert_true(look(test, USER_PAGE).present);
	assert_false(look(test, USER_PAGE).writable);

	shadow_flush_all(&test->guest.shadow);
	shadow_audit(&test->guest.shadow);
	*shadow_entry(test, USER_PAGE) |= PTE_W;
	assert_true(native_panics(shadow_audit(&test->guest.shadow)));
}

static void invariant_3_present_only_when_accessed(void **state)
{
	struct test_guest *test = *state;

	guest_map(&test->guest, test->root, USER_PAGE, PAGE(DATA) | USER_RW);
	guest_map(&test->guest, test->root, USER_PAGE + PAGE_SIZE, PAGE(DATA) | USER_RW | PTE_D);
	tell_pte(test, test->root, USER_PAGE);
	assert_false(look(test, USER_PAGE).present);
	/* Not as a neighbour either. */
	assert_int_equal(guest_access(&test->guest, USER_PAGE, 0, NULL), ACCESS_FILLED);
	assert_false(look(test, USER_PAGE + PAGE_SIZE).present);
	assert_true(guest_entry_of(&test->guest, test->root, USER_PAGE) & PTE_A);
	assert_false(guest_entry_of(&test->guest, test->root, USER_PAGE + PAGE_SIZE) & PTE_A);
	/* The guest looks for idle pages: it clears the mark, and says so. */
	guest_map(&test->guest, test->root, USER_PAGE, PAGE(DATA) | USER_RW);
	tell_pte(test, test->root, USER_PAGE);
	assert_false(look(test, USER_PAGE).present);

	assert_int_equal(guest_access(&test->guest, USER_PAGE, 0, NULL), ACCESS_FILLED);
	shadow_flush_all(&test->guest.shadow);
	shadow_audit(&test->guest.shadow);
	guest_map(&test->guest, test->root, USER_PAGE, PAGE(DATA) | USER_RW);
	assert_true(native_panics(shadow_audit(&test->guest.shadow)));
}

static void invariant_4_user_only_at_every_level(void **state)
{
	struct test_guest *test = *state;
	uint32_t directory;

	guest_map(&test->guest, test->root, USER_PAGE, PAGE(DATA) | USER_RW);
	directory = guest_directory_at(&test->guest, test->root, USER_PAGE);
	for (unsigned bits = 0; bits < 4; bits++) {
		uint64_t upper = bits & 1 ? PTE_U : 0, entry = bits & 2 ? PTE_U : 0;

		guest_store(&test->guest, directory,
			    (guest_load(&test->guest, directory) & ~PTE_U) | upper);
		guest_map(&test->guest, test->root, USER_PAGE,
			  PAGE(DATA) | KERNEL_RW | USED | entry);
		shadow_flush_all(&test->guest.shadow);
		/* The kernel may in any case, and makes it present. */
		guest_access(&test->guest, USER_PAGE, FAULT_WRITE, NULL);
		assert_true(look(test, USER_PAGE).present);
		assert_int_equal(look(test, USER_PAGE).user, upper && entry);
	}
	shadow_audit(&test->guest.shadow);
	guest_store(&test->guest, directory, guest_load(&test->guest, directory) & ~PTE_U);
	assert_true(native_panics(shadow_audit(&test->guest.shadow)));
}

static void invariant_5_switcher_slot_is_this_cpus(void **state)
{
	struct test_guest *test = *state;
	struct shadow *shadow = &test->guest.shadow;

	for (unsigned i = 0; i < 5; i++) {
		const struct cpu_pages *cpu = test->guest.cpus[i & 1];
		const uint64_t *table = direct_map(shadow_activate(shadow, cpu));

		table = direct_map(table[3] & PTE_FRAME);
		assert_true((table[511] & PTE_FRAME) == direct_physical(cpu->guest_switcher_table));
		assert_false(table[511] & PTE_U);
		for (uint32_t slot = shadow->limit; slot < SWITCHER_SLOT; slot++)
			assert_true(table[slot % 512] == 0);
		/* Empty or not, and in a new address space. */
		if (i == 2)
			assert_int_equal(switch_to(test, new_process(test)), SHADOW_DONE);
		guest_map(&test->guest, shadow->current->root, USER_PAGE, PAGE(DATA) | USER_RW);
		guest_access(&test->guest, USER_PAGE, 0, NULL);
		shadow_flush_all(shadow);
	}
	/* The guest's own top level may say there what it likes. */
	guest_store(&test->guest,
		    guest_directory_at(&test->guest, shadow->current->root, 0xFFE00000),
		    guest_new_table(&test->guest) | USER_RW);
	for (uint32_t address = 0xFFC00000; address != 0; address += 0x1000) {
		uint32_t error = FAULT_WRITE;

		assert_int_equal(shadow_fault(shadow, gva_make(address), &error),
				 SHADOW_GUEST_FAULT);
		assert_int_equal(error, FAULT_WRITE);
	}
	assert_int_equal(tell_pte(test, test->root, 0xFFC00000), SHADOW_BAD);
	assert_int_equal(tell_pte(test, test->root, 0xFFE01000), SHADOW_BAD);

	shadow_audit(shadow);
	*space_slot(shadow->current, SWITCHER_SLOT) += PAGE_SIZE;
	assert_true(native_panics(shadow_audit(shadow)));
	*space_slot(shadow->current, SWITCHER_SLOT) -= PAGE_SIZE;
	*space_slot(shadow->current, SWITCHER_SLOT - 1) =
		*space_slot(shadow->current, SWITCHER_SLOT);
	assert_true(native_panics(shadow_audit(shadow)));
}

static void invariant_6_leaf_has_its_parents(void **state)
{
	struct test_guest *test = *state;
	struct shadow *shadow = &test->guest.shadow;
	struct shadow_leaf *leaf;
	uint32_t other, used;

	guest_map(&test->guest, test->root, KERNEL_PAGE, PAGE(DATA) | KERNEL_RW);
	assert_int_equal(guest_access(&test->guest, KERNEL_PAGE, 0, NULL), ACCESS_FILLED);
	leaf = space_leaf(shadow->current, KERNEL_PAGE >> SLOT_SHIFT);
	assert_int_equal(leaf->parents, 1);
	other = new_process(test);
	switch_to(test, other);
	assert_int_equal(leaf->parents, 2);
	shadow_flush_all(shadow);
	shadow_audit(shadow);

	leaf->parents++;
	assert_true(native_panics(shadow_audit(shadow)));
	leaf->parents--;
	shadow->used++;
	assert_true(native_panics(shadow_audit(shadow)));
	shadow->used--;

	/* One goes, then the other, and with it the leaf. */
	used = shadow->used;
	guest_store(&test->guest, guest_directory_at(&test->guest, test->root, KERNEL_PAGE), 0);
	shadow_set_pgd(shadow, gpa_make(test->root), KERNEL_PAGE >> (test->guest.pae ? 30 : 22));
	assert_int_equal(leaf->parents, 1);
	assert_int_equal(shadow->used, used);
	if (!test->guest.pae)
		guest_store(&test->guest, guest_directory_at(&test->guest, other, KERNEL_PAGE), 0);
	shadow_set_pgd(shadow, gpa_make(other), KERNEL_PAGE >> (test->guest.pae ? 30 : 22));
	/* Its table, and the piece of the index that no other leaf is in. */
	assert_int_equal(shadow->used, used - 2);
	shadow_audit(shadow);
}

static void invariant_7_stale_until_flushed_and_no_longer(void **state)
{
	struct test_guest *test = *state;

	guest_map(&test->guest, test->root, USER_PAGE, PAGE(DATA) | USER_RW | USED);
	assert_int_equal(guest_access(&test->guest, USER_PAGE, FAULT_WRITE, NULL), ACCESS_FILLED);
	/* As in a TLB: unsaid, the old page may stay.  Said, it may not. */
	guest_map(&test->guest, test->root, USER_PAGE, PAGE(DATA + 1) | USER_RW | USED);
	assert_int_equal(guest_access(&test->guest, USER_PAGE, FAULT_WRITE, NULL), ACCESS_HIT);
	assert_true(native_panics(shadow_audit(&test->guest.shadow)));
	shadow_flush_user(&test->guest.shadow);
	guest_access(&test->guest, USER_PAGE, FAULT_WRITE, NULL);
	assert_true(look(test, USER_PAGE).frame == guest_frame_of_page(&test->guest, DATA + 1));
	guest_map(&test->guest, test->root, USER_PAGE, 0);
	shadow_flush_all(&test->guest.shadow);
	assert_false(look(test, USER_PAGE).present);
	/* Nothing absent is remembered. */
	guest_map(&test->guest, test->root, USER_PAGE, PAGE(DATA) | USER_RW);
	assert_int_equal(guest_access(&test->guest, USER_PAGE, FAULT_WRITE, NULL), ACCESS_FILLED);
	shadow_flush_all(&test->guest.shadow);
	shadow_audit(&test->guest.shadow);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		both_formats(invariant_1_maps_the_guests_own_frame),
		both_formats(invariant_2_writable_only_when_dirty),
		both_formats(invariant_3_present_only_when_accessed),
		both_formats(invariant_4_user_only_at_every_level),
		both_formats(invariant_5_switcher_slot_is_this_cpus),
		both_formats(invariant_6_leaf_has_its_parents),
		both_formats(invariant_7_stale_until_flushed_and_no_longer),
	};

	return cmocka_run_group_tests_name("shadow", tests, NULL, NULL);
}

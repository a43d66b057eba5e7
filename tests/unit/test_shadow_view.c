// SPDX-License-Identifier: GPL-2.0-only
/* Tests of mm/shadow_view_page.c: it shows what there is, and changes none of it. */
#include "mm/shadow_view.h"
#include "tests/unit/shadow_test.h"

#define ADDRESS 0x08050000u

static struct page_view look(struct test_guest *test, uint32_t address)
{
	struct page_view view;

	shadow_view_page(&test->guest.shadow, gva_make(address), &view);
	return view;
}

static void page_that_is_used(void **state)
{
	struct test_guest *test = *state;
	struct page_view view;
	paddr_t frame;

	guest_map(&test->guest, test->root, ADDRESS, PAGE(DATA) | USER_RW);
	view = look(test, ADDRESS + 5);
	assert_int_equal(view.root, test->root);
	assert_true(view.above & PTE_P && !view.is_bad && !view.is_umbras);
	assert_true(view.entry == (PAGE(DATA) | USER_RW));
	assert_true(view.has_frame && guest_frame(&test->guest.memory, DATA, &frame));
	assert_true(view.frame == frame);
	assert_false(view.has_leaf);
	/* Looking neither fills nor marks. */
	assert_true(guest_entry_of(&test->guest, test->root, ADDRESS) == (PAGE(DATA) | USER_RW));
	assert_int_equal(use(test, ADDRESS, FAULT_WRITE), ACCESS_FILLED);
	view = look(test, ADDRESS);
	assert_true(view.has_leaf && view.is_awake);
	assert_true((view.shadow_entry & PTE_FRAME) == frame);
	assert_true(view.shadow_entry & PTE_W);
	assert_true(look(test, ADDRESS + PAGE_SIZE).shadow_entry == 0);
}

static void nothing_there(void **state)
{
	struct test_guest *test = *state;
	struct page_view view = look(test, 0x20000000);

	assert_true(view.above == 0 && view.entry == 0 && !view.has_frame && !view.has_leaf);
	assert_true(look(test, UINT32_MAX).is_umbras);
	/* A page that the guest does not have. */
	guest_map(&test->guest, test->root, ADDRESS, PAGE(GUEST_PAGES) | USER_RW);
	view = look(test, ADDRESS);
	assert_true(view.entry != 0);
	assert_false(view.has_frame);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		both_formats(page_that_is_used),
		both_formats(nothing_there),
	};

	return cmocka_run_group_tests_name("shadow_view", tests, NULL, NULL);
}

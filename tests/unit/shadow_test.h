/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the tests of the shadow tables have in common: a guest for each test,
 * with two-level or PAE tables, running on its first root, and nothing lost
 * when it is gone.  Included by one source file of each test program.
 */
#ifndef UMBRA_TESTS_UNIT_SHADOW_TEST_H
#define UMBRA_TESTS_UNIT_SHADOW_TEST_H

#include "tests/unit/shadow_guest.h"
#include "tests/unit/unit.h"

#include <stdlib.h>
#include <string.h>

/* Entries: mapped and used before; never touched; of a program; of the kernel. */
#define USER_RW (PTE_P | PTE_W | PTE_U)
#define KERNEL_RW (PTE_P | PTE_W)
#define USED (PTE_A | PTE_D)
#define PAGE(n) ((uint64_t)(n) << PAGE_SHIFT)

/* Pages no table uses: in the large page, and behind it. */
#define DATA 300u
#define FAR_DATA 560u

struct test_guest {
	struct shadow_guest guest;
	uint32_t root;
};

static inline int start_guest(void **state, bool pae, uint32_t budget)
{
	struct test_guest *test = calloc(1, sizeof(*test));

	if (!test)
		return -1;
	native_start(false);
	native_set_nx(true);
	shadow_guest_start(&test->guest, pae, budget);
	test->root = guest_new_root(&test->guest);
	if (!pae)
		/* What every kernel has, and PAE tables have not: flags. */
		guest_map(&test->guest, test->root, 0, 0);
	*state = test;
	return shadow_switch(&test->guest.shadow, gpa_make(test->root)) == SHADOW_DONE ? 0 : -1;
}

static inline int start_two_level(void **state)
{
	return start_guest(state, false, SHADOW_MIN_BUDGET);
}

static inline int start_pae(void **state)
{
	return start_guest(state, true, SHADOW_MIN_BUDGET);
}

static inline int stop_guest(void **state)
{
	struct test_guest *test = *state;
	bool clean = shadow_guest_stop(&test->guest);

	free(test);
	return clean ? 0 : -1;
}

/* Another address space of the guest, whose kernel half is the first one's. */
static inline uint32_t new_process(struct test_guest *test)
{
	struct shadow_guest *guest = &test->guest;
	uint32_t root = guest_new_root(guest);

	if (guest->pae)
		guest_store(guest, root + 3 * 8, guest_load(guest, test->root + 3 * 8));
	for (uint32_t i = 768; !guest->pae && i < 1024; i++)
		guest_store(guest, root + i * 4, guest_load(guest, test->root + i * 4));
	return root;
}

static inline enum shadow_result switch_to(struct test_guest *test, uint32_t root)
{
	return shadow_switch(&test->guest.shadow, gpa_make(root));
}

static inline enum shadow_result tell_pte(struct test_guest *test, uint32_t root, uint32_t address)
{
	return shadow_set_pte(&test->guest.shadow, gpa_make(root), gva_make(address));
}

static inline enum access_result use(struct test_guest *test, uint32_t address, uint32_t access)
{
	return guest_access(&test->guest, address, access, NULL);
}

static inline bool sees(struct test_guest *test, uint32_t address, uint32_t page)
{
	struct shadow_view view = shadow_look(&test->guest, address);

	return view.present && view.frame == guest_frame_of_page(&test->guest, page);
}

static inline bool sees_nothing(struct test_guest *test, uint32_t address)
{
	return !shadow_look(&test->guest, address).present;
}

/* Maps address to page in root and touches it there; ends in root. */
static inline void map_and_use(struct test_guest *test, uint32_t root, uint32_t address,
			       uint32_t page)
{
	guest_map(&test->guest, root, address, PAGE(page) | USER_RW);
	assert_int_equal(switch_to(test, root), SHADOW_DONE);
	assert_int_equal(use(test, address, FAULT_WRITE), ACCESS_FILLED);
}

/* Each test in both formats. */
#define both_formats(test)                                                                 \
	{ #test " (two-level)", test, start_two_level, stop_guest, NULL },                 \
	{ #test " (PAE)", test, start_pae, stop_guest, NULL }

#define two_level(test) cmocka_unit_test_setup_teardown(test, start_two_level, stop_guest)
#define pae(test) cmocka_unit_test_setup_teardown(test, start_pae, stop_guest)

#endif

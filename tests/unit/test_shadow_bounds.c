// SPDX-License-Identifier: GPL-2.0-only
/*
 * What one call on the shadow tables may do at most, with tables of a guest's
 * choice: a wide address space with a table in every slot, entries that have
 * nothing to do with each other, a thousand address spaces, roots that share a
 * chain.  Each call is held to SHADOW_MOST_WORK, and what was put off must be
 * done when it matters.
 */
#include "mm/shadow_internal.h"
#include "tests/unit/shadow_guest.h"
#include "tests/unit/unit.h"

#include <stdlib.h>
#include <string.h>

#define PAGES 10240u		/* of the guest: 40 MB */
#define BUDGET 4096u		/* what a guest of 3 GB gets */
#define DATA 10000u
#define ENTRIES 32u		/* in a leaf: with more it is not read at once */
#define SPACES 1100u
#define USER (PTE_P | PTE_W | PTE_U)
#define USED (PTE_A | PTE_D)

/* A machine for this file alone: with PAE tables, one table for each slot. */
static struct shadow_guest guest;
static struct shadow *const shadow = &guest.shadow;
static uint32_t most;	/* work of one call in this test */

static int start(void **state)
{
	(void)state;
	native_start(false);
	memset(&guest, 0, sizeof(guest));
	guest.frames_before = frames_free();
	native_window = calloc(PAGES, PAGE_SIZE);
	if (!native_window || guest_memory_create(&guest.memory, PAGES, 0) != 0 ||
	    frames_reserve(BUDGET) != 0)
		return -1;
	while (!guest_memory_grow(&guest.memory))
		;
	guest.memory.base = native_window;
	if (shadow_create(shadow, &guest.memory, BUDGET) != 0)
		return -1;
	shadow_set_layout(shadow, GUEST_KERNEL, 0x00400000);
	guest.cpus[0] = pages_alloc((sizeof(struct cpu_pages) + PAGE_SIZE - 1) / PAGE_SIZE);
	guest.cpus[1] = pages_alloc((sizeof(struct cpu_pages) + PAGE_SIZE - 1) / PAGE_SIZE);
	guest.pae = true;
	guest.next_page = 1;
	most = 0;
	return 0;
}

static int stop(void **state)
{
	bool clean = shadow_guest_stop(&guest);

	(void)state;
	free(native_window);
	native_window = NULL;
	return clean ? 0 : -1;
}

/* Begins a call; what it did is judged by done(). */
static struct shadow *call(void)
{
	/* A count that wraps around on the way makes no difference. */
	shadow->work = UINT32_MAX - 100;
	return shadow;
}

static void done(void)
{
	uint32_t work = shadow->work - (UINT32_MAX - 100);

	assert_true(work <= SHADOW_MOST_WORK);
	most = MAX(most, work);
}

static enum shadow_result fault(uint32_t address)
{
	uint32_t error = FAULT_USER;
	enum shadow_result result = shadow_fault(call(), gva_make(address), &error);

	done();
	return result;
}

static void switch_to(uint32_t root)
{
	enum shadow_result result;

	do {
		result = shadow_switch(call(), gpa_make(root));
		done();
	} while (result == SHADOW_AGAIN);
	assert_int_equal(result, SHADOW_DONE);
}

static void flush(bool all)
{
	(void)(all ? shadow_flush_all(call()) : shadow_flush_user(call()));
	done();
}

static bool is_mapped(uint32_t address, uint32_t page)
{
	struct shadow_view view = shadow_look(&guest, address);

	return view.present && view.frame == guest_frame_of_page(&guest, page);
}

static uint32_t address_of(uint32_t slot)
{
	return slot << SLOT_SHIFT;
}

/* An address space with a table of its own, and one page in it, in each slot of [first, end). */
static uint32_t wide_space(uint32_t first, uint32_t end)
{
	uint32_t root = guest_new_root(&guest);

	for (uint32_t slot = first; slot < end; slot++)
		guest_map(&guest, root, address_of(slot),
			  (uint64_t)DATA << PAGE_SHIFT | USER | USED);
	return root;
}

static void touch(uint32_t first, uint32_t end)
{
	for (uint32_t slot = first; slot < end; slot++)
		assert_int_equal(fault(address_of(slot)), SHADOW_DONE);
}

/* --- room ----------------------------------------------------------------------------- */

/* Each has more leaves than fit beside those of the other two. */
static void eviction_goes_in_pieces(void **state)
{
	const uint32_t slots = shadow->limit;
	uint32_t roots[3];

	(void)state;
	for (uint32_t i = 0; i < ARRAY_SIZE(roots); i++)
		roots[i] = wide_space(0, slots);
	for (uint32_t round = 0; round < 6; round++) {
		switch_to(roots[round % 3]);
		most = 0;
		touch(0, slots);
		/* Some pages for each that is needed, and not a whole address space. */
		assert_true(most < 1000);
		assert_true(is_mapped(address_of(0), DATA));
		assert_true(is_mapped(address_of(slots - 1), DATA));
		assert_true(shadow->used <= shadow->budget);
	}
	assert_true(shadow->counters.evicted > 0);
}

/* As many address spaces as there may be, with their slots all in few tables. */
static void eviction_of_shared_leaves(void **state)
{
	uint32_t middles[4], table = guest_new_table(&guest), first, wide;

	(void)state;
	for (uint32_t i = 0; i < ARRAY_SIZE(middles); i++) {
		middles[i] = guest_new_table(&guest);
		for (uint32_t k = 0; k < SLOT_ENTRIES; k++)
			guest_store(&guest, middles[i] + k * 8, table | USER | PTE_A);
	}
	guest_store(&guest, table, (uint64_t)DATA << PAGE_SHIFT | USER | USED);
	first = guest.next_page << PAGE_SHIFT;
	for (uint32_t n = 0; n < SPACES; n++) {
		if (n % 128 == 0)
			guest_new_table(&guest);
		for (uint32_t i = 0; i < 4; i++)
			guest_store(&guest, first + n * 32 + i * 8, middles[i] | PTE_P);
		switch_to(first + n * 32);
		/* In two directories all slots, in the others one. */
		touch(0, 2);
		touch(1024, 1026);
		for (uint32_t slot = 512; n % 16 == 0 && slot < 1024; slot++)
			assert_int_equal(fault(address_of(slot)), SHADOW_DONE);
	}
	wide = wide_space(0, shadow->limit);
	switch_to(wide);
	touch(0, shadow->limit);
	assert_true(is_mapped(address_of(shadow->limit - 1), DATA));
	shadow_flush_all(shadow);
}

/* The structures are used up, and the oldest has more leaves than one call takes away. */
static void an_address_space_gives_way_in_pieces(void **state)
{
	uint32_t wide = wide_space(0, shadow->limit), first = guest_new_table(&guest);
	uint32_t again = 0;
	enum shadow_result result;

	(void)state;
	switch_to(wide);
	touch(0, shadow->limit);
	for (uint32_t n = 0; n < SHADOW_MAX_SPACES + 8; n++) {
		if (n % 128 == 127)
			guest_new_table(&guest);
		do {
			uint32_t before = shadow->counters.switches;

			result = shadow_switch(call(), gpa_make(first + n * 32));
			done();
			again += result == SHADOW_AGAIN;
			assert_int_equal(shadow->counters.switches,
					 before + (result == SHADOW_DONE));
			assert_non_null(shadow->current);
		} while (result == SHADOW_AGAIN);
		assert_int_equal(result, SHADOW_DONE);
	}
	assert_true(again > 0);
	assert_null(space_find(shadow, wide));
}

static void no_chain_is_long(void **state)
{
	/* Not at a page's begin: this says that the tables are PAE's. */
	uint32_t root = PAGE_SIZE + 32, found = 0;
	struct address_space **chain = space_chain(shadow, root);

	(void)state;
	for (; found < 200; root += 32) {
		uint32_t length = 0;

		if (space_chain(shadow, root) != chain)
			continue;
		found++;
		switch_to(root);
		assert_int_equal(shadow->current->root, root);
		for (struct address_space *space = *chain; space; space = space->next)
			length++;
		assert_true(length <= 16);
	}
	assert_true(shadow->counters.evicted >= 200 - 16);
}

/* Of a guest that goes: so many pages a call, and so many leaves before. */
static void the_end_comes_in_pieces(void **state)
{
	uint32_t root = wide_space(0, shadow->limit), calls = 0, before = frames_free();
	bool gone = false;

	(void)state;
	switch_to(root);
	touch(0, shadow->limit);
	while (!gone) {
		uint32_t free = frames_free();

		gone = shadow_destroy(shadow);
		/* With the structures, which the heap has, in the end. */
		assert_true(gone || frames_free() - free <= 256);
		calls++;
	}
	assert_true(calls >= 2 * 2046 / 256);
	assert_true(frames_free() > before);
	assert_true(shadow_destroy(shadow));
	/* For the next test's end. */
	assert_int_equal(shadow_create(shadow, &guest.memory, BUDGET), 0);
}

/* --- flushes and announcements ---------------------------------------------------------- */

/* Frames a chunk apart, so that none helps to find the next; changes with round. */
static void scatter(uint32_t root, uint32_t slots, uint32_t round)
{
	for (uint32_t slot = 0; slot < slots; slot++)
		for (uint32_t k = 0; k < ENTRIES; k++)
			guest_map(&guest, root, address_of(slot) + k * PAGE_SIZE,
				  (uint64_t)((slot + k * 513 + round) % DATA) << PAGE_SHIFT | USER |
					  USED);
}

static void touch_scattered(uint32_t slots)
{
	for (uint32_t slot = 0; slot < slots; slot++)
		for (uint32_t k = 0; k < ENTRIES; k += 16)
			assert_int_equal(fault(address_of(slot) + k * PAGE_SIZE), SHADOW_DONE);
}

/* After a flush: what the CPU sees is so, and whatever it does not see can be had. */
static void check_scattered(uint32_t slots, uint32_t round)
{
	for (uint32_t slot = 0; slot < slots; slot += 7) {
		for (uint32_t k = 0; k < ENTRIES; k += 5) {
			uint32_t address = address_of(slot) + k * PAGE_SIZE;
			uint32_t page = (slot + k * 513 + round) % DATA;

			assert_true(!shadow_look(&guest, address).present ||
				    is_mapped(address, page));
			assert_int_equal(fault(address), SHADOW_DONE);
			assert_true(is_mapped(address, page));
		}
	}
}

static void flush_of_many_entries(void **state)
{
	uint32_t slots = shadow->limit, root = wide_space(0, slots), other = guest_new_root(&guest);

	(void)state;
	switch_to(root);
	scatter(root, slots, 0);
	touch_scattered(slots);
	scatter(root, slots, 1);
	flush(true);
	shadow_audit(shadow);
	check_scattered(slots, 1);
	touch_scattered(slots);
	/* The same for those that are not current: when they are switched to. */
	switch_to(other);
	scatter(root, slots, 2);
	flush(true);
	switch_to(root);
	check_scattered(slots, 2);
	touch_scattered(slots);
	scatter(root, slots, 3);
	for (uint32_t i = 0; i < 4; i++) {
		shadow_set_pgd(call(), gpa_make(root), i);
		done();
	}
	check_scattered(slots, 3);
	assert_true(most > WORK_PIECE);
}

static void flush_of_the_users_part(void **state)
{
	uint32_t slots = GUEST_KERNEL >> SLOT_SHIFT, root = wide_space(0, slots);

	(void)state;
	switch_to(root);
	scatter(root, slots, 0);
	touch_scattered(slots);
	scatter(root, slots, 1);
	flush(false);
	check_scattered(slots, 1);
}

/* A thousand address spaces with one middle table, in all four places of the top level. */
static void announcements_among_many_spaces(void **state)
{
	uint32_t middle, table = guest_new_table(&guest), other = guest_new_table(&guest), first;
	const uint32_t index = 511 - 2;

	(void)state;
	middle = guest_new_table(&guest);
	guest_store(&guest, middle + index * 8, table | USER);
	guest_store(&guest, table, (uint64_t)DATA << PAGE_SHIFT | USER);
	guest_store(&guest, other, (uint64_t)(DATA + 1) << PAGE_SHIFT | USER);
	first = guest.next_page << PAGE_SHIFT;
	for (uint32_t n = 0; n < SPACES; n++) {
		if (n % 128 == 0)
			guest_new_table(&guest);
		for (uint32_t i = 0; i < 4; i++)
			guest_store(&guest, first + n * 32 + i * 8, middle | PTE_P);
		switch_to(first + n * 32);
		for (uint32_t i = 0; i < 4 && n > SPACES - 500; i++)
			assert_int_equal(fault(address_of(i * 512 + index)), SHADOW_DONE);
	}
	guest_store(&guest, middle + index * 8, other | USER);
	assert_int_equal(shadow_set_pmd(call(), gpa_make(middle), index), SHADOW_DONE);
	done();
	for (uint32_t n = SPACES - 400; n < SPACES; n++) {
		switch_to(first + n * 32);
		for (uint32_t i = 0; i < 4; i++)
			assert_false(is_mapped(address_of(i * 512 + index), DATA));
		assert_int_equal(fault(address_of(3 * 512 + index)), SHADOW_DONE);
		assert_true(is_mapped(address_of(3 * 512 + index), DATA + 1));
	}
	/* Two tables at one kernel slot: all address spaces have to be looked at. */
	guest_store(&guest, other, 0);
	assert_int_equal(
		shadow_set_pte(call(), gpa_make(first), gva_make(address_of(3 * 512 + index))),
		SHADOW_DONE);
	done();
	for (uint32_t n = SPACES - 400; n < SPACES; n++) {
		switch_to(first + n * 32);
		assert_false(shadow_look(&guest, address_of(3 * 512 + index)).present);
	}
}

/* An address space whose middle table is its own, with a page in use at index 0 of it. */
static uint32_t own_space(uint32_t table)
{
	uint32_t root = guest_new_table(&guest), middle = guest_new_table(&guest);

	guest_store(&guest, root, middle | PTE_P);
	guest_store(&guest, middle, table | USER);
	switch_to(root);
	assert_int_equal(fault(0), SHADOW_DONE);
	return root;
}

/* SET_PMD names a table, and costs as much as there are address spaces that use that one. */
static void an_announcement_is_for_its_users(void **state)
{
	uint32_t table = guest_new_table(&guest), roots[1000], middle;

	(void)state;
	guest_store(&guest, table, (uint64_t)DATA << PAGE_SHIFT | USER | USED);
	for (uint32_t n = 0; n < ARRAY_SIZE(roots); n++)
		roots[n] = own_space(table);
	middle = (uint32_t)guest_load(&guest, roots[0]) & PAGE_MASK;
	guest_store(&guest, middle, 0);
	most = 0;
	assert_int_equal(shadow_set_pmd(call(), gpa_make(middle), 0), SHADOW_DONE);
	done();
	assert_true(most <= 2 * WORK_SPACE);
	for (uint32_t n = 0; n < ARRAY_SIZE(roots); n++) {
		switch_to(roots[n]);
		assert_int_equal(is_mapped(0, DATA), n > 0);
	}
	shadow_flush_all(shadow);
	shadow_audit(shadow);
}

#define bounded(test) cmocka_unit_test_setup_teardown(test, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		bounded(eviction_goes_in_pieces),
		bounded(eviction_of_shared_leaves),
		bounded(an_address_space_gives_way_in_pieces),
		bounded(no_chain_is_long),
		bounded(the_end_comes_in_pieces),
		bounded(flush_of_many_entries),
		bounded(flush_of_the_users_part),
		bounded(announcements_among_many_spaces),
		bounded(an_announcement_is_for_its_users),
	};

	return cmocka_run_group_tests_name("shadow_bounds", tests, NULL, NULL);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of mm/guest_share.c: a guest's memory, shared with its clones.  Each frame holds one number
 * (native_content), and a model says what each guest must see in each page, whoever wrote and in
 * whatever order guests come and go.
 */
#include "tests/unit/native/native.h"
#include "tests/unit/unit.h"

#include "lib/error.h"
#include "mm/frames.h"
#include "mm/guest_share.h"

#include <string.h>

#define PAGES 1200u		/* two chunks, if there are any, and some single frames */
#define GUESTS 8u
#define CYCLES 10000u

static struct model {
	bool exists;
	struct guest_memory memory;
	uint32_t sees[PAGES];
} guests[GUESTS];

static uint32_t before, next_value;
static unsigned times_short;

static void count_short(void)
{
	times_short++;
}

static void start(void)
{
	native_start(false);
	guest_share_set_short(count_short);
	memset(guests, 0, sizeof(guests));
	times_short = 0;
	before = frames_free();
}

static uint32_t *content(struct model *guest, uint32_t page, bool *writable)
{
	uint64_t frame;

	assert_true(guest_frame_access(&guest->memory, page, &frame));
	*writable = (frame & PTE_W) != 0;
	return native_content(frame & PTE_FRAME);
}

/* As a write by the guest, or by Umbra for it; false: no frame. */
static bool write_page(struct model *guest, uint32_t page)
{
	bool writable;

	(void)content(guest, page, &writable);
	if (!writable && !guest_memory_own(&guest->memory, page))
		return false;
	guest->sees[page] = ++next_value;
	*content(guest, page, &writable) = next_value;
	assert_true(writable);
	guest->memory.moved_count = 0;
	return true;
}

/* What each guest sees is its own; and what several see, none of them may write to. */
static void check(void)
{
	static struct { uint32_t users; bool writable; } seen[2][1 << 14];

	memset(seen, 0, sizeof(seen));
	for (unsigned i = 0; i < GUESTS; i++) {
		for (uint32_t page = 0; guests[i].exists && page < PAGES; page++) {
			bool high, writable;
			uint64_t frame;

			assert_true(guest_frame_access(&guests[i].memory, page, &frame));
			writable = frame & PTE_W;
			frame &= PTE_FRAME;
			assert_int_equal(*native_content(frame), guests[i].sees[page]);
			high = frame >= NATIVE_HIGH_START;
			assert_int_equal(native_is_hidden(frame), !high);
			frame = (frame - (high ? NATIVE_HIGH_START : 0)) >> PAGE_SHIFT;
			seen[high][frame].users++;
			seen[high][frame].writable |= writable;
		}
	}
	for (unsigned high = 0; high < 2; high++)
		for (uint32_t i = 0; i < ARRAY_SIZE(seen[high]); i++)
			assert_true(seen[high][i].users < 2 || !seen[high][i].writable);
}

static void make_first(struct model *guest)
{
	assert_int_equal(guest_memory_create(&guest->memory, PAGES, 0), 0);
	while (!guest_memory_grow(&guest->memory))
		;
	guest->exists = true;
	for (uint32_t page = 0; page < PAGES; page++)
		assert_true(write_page(guest, page));
}

static bool clone(struct model *to, struct model *from)
{
	if (guest_memory_clone(&to->memory, &from->memory) != 0)
		return false;
	memcpy(to->sees, from->sees, sizeof(to->sees));
	to->exists = true;
	return true;
}

static void end(struct model *guest)
{
	while (!guest_memory_shrink(&guest->memory))
		;
	guest->exists = false;
}

static void nothing_is_lost(void)
{
	for (unsigned i = 0; i < GUESTS; i++)
		if (guests[i].exists)
			end(&guests[i]);
	assert_int_equal(frames_free(), before - native_tables);
	assert_int_equal(native_hidden, 0);
	/* Nothing is kept back any more, either. */
	assert_int_equal(frames_promise(before - native_tables), 0);
	frames_withdraw(before - native_tables);
	assert_false(frames_are_short());
}

static void both_directions(void **state)
{
	(void)state;
	start();
	make_first(&guests[0]);
	assert_false(guests[0].memory.is_shared);
	assert_true(clone(&guests[1], &guests[0]));
	check();
	assert_true(write_page(&guests[1], 5));
	assert_true(write_page(&guests[0], 6));
	assert_true(write_page(&guests[0], PAGES - 1));
	assert_true(write_page(&guests[1], PAGES - 1));
	check();
	assert_int_equal(guests[1].memory.own, 2);
	nothing_is_lost();
}

/* A clone costs a directory, whatever it may write to later. */
static void costs_little(void **state)
{
	uint32_t free;

	(void)state;
	start();
	make_first(&guests[0]);
	free = frames_free();
	assert_true(clone(&guests[1], &guests[0]));
	assert_int_equal(frames_free(), free - 1);
	/* One page in a chunk: a table, and the page. */
	assert_true(write_page(&guests[1], 5));
	assert_int_equal(frames_free(), free - 3);
	assert_true(write_page(&guests[1], 6));
	assert_int_equal(frames_free(), free - 4);
	nothing_is_lost();
}

/* The last one that uses a frame writes to it as it is. */
static void last_user(void **state)
{
	paddr_t chunk = 0, frame = 0;

	(void)state;
	start();
	make_first(&guests[0]);
	assert_true(guest_frame(&guests[0].memory, 0, &chunk));
	assert_true(clone(&guests[1], &guests[0]));
	assert_true(clone(&guests[2], &guests[1]));
	end(&guests[0]);
	end(&guests[1]);
	check();
	assert_true(write_page(&guests[2], 0));
	assert_true(write_page(&guests[2], PAGES - 1));
	assert_true(guest_frame(&guests[2].memory, 0, &frame));
	assert_int_equal(frame, chunk);
	/* A chunk stays one. */
	assert_true(*guest_window_entry(&guests[2].memory, 0) & PTE_PS);
	check();
	nothing_is_lost();
}

/* Where a page has moved from is told, for the shadow tables. */
static void says_what_moved(void **state)
{
	paddr_t frame = 0;

	(void)state;
	start();
	make_first(&guests[0]);
	assert_true(guest_frame(&guests[0].memory, 7, &frame));
	assert_true(clone(&guests[1], &guests[0]));
	assert_true(guest_memory_own(&guests[1].memory, 7));
	assert_int_equal(guests[1].memory.moved_count, 1);
	assert_int_equal(guests[1].memory.moved[0].page, 7);
	assert_int_equal(guests[1].memory.moved[0].from, frame);
	for (uint32_t page = 0; page < MOVED_PAGES_MAX + 4; page++)
		assert_true(guest_memory_own(&guests[1].memory, page));
	assert_int_equal(guests[1].memory.moved_count, MOVED_PAGES_MAX + 4);
	guests[1].memory.moved_count = 0;
	check();
	nothing_is_lost();
}

/* Everybody else's frames are promised away: each allocation fails in turn. */
static void no_memory(void **state)
{
	uint32_t free;

	(void)state;
	start();
	make_first(&guests[0]);
	free = frames_free();
	for (uint32_t left = 0;; left++) {
		assert_int_equal(frames_promise(free - left), 0);
		if (clone(&guests[1], &guests[0])) {
			frames_withdraw(free - left);
			break;
		}
		assert_false(guests[0].memory.is_shared);
		assert_int_equal(frames_free(), left);
		frames_withdraw(free - left);
		check();
	}
	/* What is kept back serves writes, and nothing else. */
	free = frames_free();
	assert_int_equal(frames_promise(free), -E_NOMEM);
	assert_int_equal(frames_promise(free - SHARE_KEPT_FRAMES), 0);
	assert_null(page_alloc());
	for (uint32_t page = 0; page < PAGES; page++)
		if (!write_page(&guests[page % 2], page))
			assert_true(page > SHARE_KEPT_FRAMES / 2);
	assert_true(times_short > 0);
	assert_int_equal(frames_free(), 0);
	check();
	frames_withdraw(free - SHARE_KEPT_FRAMES);
	for (uint32_t page = 0; page < PAGES; page++)
		assert_true(write_page(&guests[page % 2], page));
	check();
	nothing_is_lost();
}

/* Guests clone each other, write and end, as chance has it; few_left: and memory is short. */
static void by_chance(unsigned cycles, bool few_left)
{
	uint64_t random = 0x1234567 + few_left;
	uint32_t taken = 0;

	start();
	if (few_left) {
		taken = before - PAGES - SHARE_KEPT_FRAMES - 400;
		assert_int_equal(frames_promise(taken), 0);
	}
	make_first(&guests[0]);
	for (unsigned cycle = 0; cycle < cycles; cycle++) {
		struct model *one = &guests[unit_random(&random) % GUESTS];
		struct model *other = &guests[unit_random(&random) % GUESTS];
		unsigned writes = (unsigned)(unit_random(&random) % 4);

		if (one->exists && !other->exists)
			(void)clone(other, one);
		else if (one->exists && other->exists && one != other)
			end(other);
		for (; one->exists && writes > 0; writes--)
			(void)write_page(one, (uint32_t)(unit_random(&random) % PAGES));
		if (cycle % 64 == 0)
			check();
	}
	check();
	frames_withdraw(taken);
	nothing_is_lost();
}

static void ten_thousand_cycles(void **state)
{
	(void)state;
	by_chance(CYCLES, false);
}

static void while_memory_is_short(void **state)
{
	(void)state;
	by_chance(CYCLES / 4, true);
}

/* The same where single frames need tables to leave the direct map, and no chunk is whole. */
static void in_single_frames(void **state)
{
	static paddr_t others[1 << 15];
	uint32_t count = 0, kept = 0;

	(void)state;
	start();
	while (frame_alloc(FRAME_ANY, &others[count]))
		count++;
	for (uint32_t i = 0; i < count; i++) {
		if (i % 5 != 0)
			frame_free(others[i]);
		else
			others[kept++] = others[i];
	}
	native_takes_tables = true;
	by_chance(CYCLES / 10, false);
	native_takes_tables = false;
	while (kept > 0)
		frame_free(others[--kept]);
}

/* Low chunks, of which some frames come back before others. */
static void low_chunks_in_pieces(void **state)
{
	static paddr_t others[1 << 15];
	uint32_t count = 0;

	(void)state;
	start();
	/* All of high memory is taken. */
	while (frame_alloc(FRAME_ANY, &others[count]) && others[count] >= NATIVE_HIGH_START)
		count++;
	frame_free(others[count]);
	native_takes_tables = true;
	by_chance(CYCLES / 10, false);
	native_takes_tables = false;
	while (count > 0)
		frame_free(others[--count]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_directions),
		cmocka_unit_test(costs_little),
		cmocka_unit_test(last_user),
		cmocka_unit_test(says_what_moved),
		cmocka_unit_test(no_memory),
		cmocka_unit_test(ten_thousand_cycles),
		cmocka_unit_test(while_memory_is_short),
		cmocka_unit_test(in_single_frames),
		cmocka_unit_test(low_chunks_in_pieces),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of mm/guest_window.c: a guest's memory comes and goes in pieces, each of them short,
 * and nothing of it is lost, whatever state the machine's memory is in.
 */
#include "tests/unit/native/native.h"
#include "tests/unit/unit.h"

#include "lib/error.h"
#include "mm/frames.h"
#include "mm/guest_window.h"

#include <string.h>

#define RAM_PAGES 2500u
#define DEVICE_PAGES 7u
#define PAGES (RAM_PAGES + DEVICE_PAGES)

static struct guest_memory memory;
static uint32_t before;
static unsigned locks;

static void count_lock(enum lock_rank rank)
{
	(void)rank;
	locks++;
}

static void start(void)
{
	native_start(false);
	before = frames_free();
	locks = 0;
	native_unlocked = count_lock;
	assert_int_equal(guest_memory_create(&memory, RAM_PAGES, DEVICE_PAGES), 0);
}

/* The lock of the frames is taken about once for each of them, and not more often in a piece. */
static unsigned grow(void)
{
	unsigned pieces = 1;

	for (locks = 0; !guest_memory_grow(&memory); locks = 0, pieces++)
		assert_true(locks <= 520);
	return pieces;
}

static unsigned shrink(void)
{
	unsigned pieces = 1;

	for (locks = 0; !guest_memory_shrink(&memory); locks = 0, pieces++)
		assert_true(locks <= 520);
	assert_int_equal(native_hidden, 0);
	return pieces;
}

/* Each page has a frame of its own, and the direct map has none of them. */
static void check_frames(void)
{
	static uint8_t seen[1 << 21];
	unsigned low = 0;
	paddr_t frame;

	memset(seen, 0, sizeof(seen));
	for (uint32_t page = 0; page < PAGES; page++) {
		assert_true(guest_frame(&memory, page, &frame));
		assert_true(frame >> PAGE_SHIFT < sizeof(seen));
		assert_int_equal(seen[frame >> PAGE_SHIFT]++, 0);
		low += frame < NATIVE_LOW_END;
		assert_int_equal(native_is_hidden(frame), frame < NATIVE_LOW_END);
	}
	assert_int_equal(native_hidden, low);
	assert_false(guest_frame(&memory, PAGES, &frame));
}

static void there_and_back(void **state)
{
	(void)state;
	start();
	/* Promised, and not taken yet. */
	assert_int_equal(frames_free(), before - PAGES);
	assert_int_equal(frames_promise(before - PAGES + 1), -E_NOMEM);
	grow();
	check_frames();
	assert_true(frames_free() < before - PAGES && frames_free() > before - PAGES - 20);
	shrink();
	assert_int_equal(frames_free(), before);
	assert_int_equal(frames_promise(before), 0);
	frames_withdraw(before);
	/* Once more is nothing. */
	assert_true(guest_memory_shrink(&memory));
}

/* One frame of five is somebody else's, so that no chunk is whole. */
static paddr_t others[1 << 16];
static uint32_t others_count;

static void scatter(void)
{
	uint32_t count = 0;

	others_count = 0;
	while (frame_alloc(FRAME_ANY, &others[count]))
		count++;
	for (uint32_t i = 0; i < count; i++) {
		if (i % 5 != 0)
			frame_free(others[i]);
		else
			others[others_count++] = others[i];
	}
	before = frames_free();
}

static void gather(void)
{
	while (others_count > 0)
		frame_free(others[--others_count]);
}

/* Then every page is a frame, which takes more pieces. */
static void in_single_frames(void **state)
{
	(void)state;
	start();
	shrink();
	scatter();
	assert_int_equal(guest_memory_create(&memory, RAM_PAGES, DEVICE_PAGES), 0);
	assert_true(grow() > PAGES / 600);
	check_frames();
	assert_true(shrink() > PAGES / 600);
	assert_int_equal(frames_free(), before);
	gather();
}

/* A guest that ends before it has all of its memory. */
static void given_up_halfway(void **state)
{
	(void)state;
	start();
	shrink();
	assert_int_equal(frames_free(), before);
	scatter();
	assert_int_equal(guest_memory_create(&memory, RAM_PAGES, DEVICE_PAGES), 0);
	for (unsigned i = 0; i < 2; i++)
		assert_false(guest_memory_grow(&memory));
	shrink();
	assert_int_equal(frames_free(), before);
	assert_int_equal(frames_promise(before), 0);
	frames_withdraw(before);
	gather();
}

/* A restart takes the memory that is there; device pages that were hidden come again. */
static void used_again(void **state)
{
	uint32_t free;

	(void)state;
	start();
	grow();
	guest_memory_hide_device_pages(&memory);
	free = frames_free();
	guest_memory_reuse(&memory, DEVICE_PAGES);
	assert_true(guest_memory_grow(&memory));
	assert_int_equal(frames_free(), free);
	check_frames();
	guest_memory_hide_device_pages(&memory);
	shrink();
	assert_int_equal(frames_free(), before);
}

/* Tables by which single frames leave the direct map are taken once, and were set aside. */
static void direct_tables(void **state)
{
	(void)state;
	start();
	shrink();
	scatter();
	native_takes_tables = true;
	for (unsigned round = 0; round < 2; round++) {
		assert_int_equal(guest_memory_create(&memory, RAM_PAGES * 4, 0), 0);
		while (!guest_memory_grow(&memory))
			;
		assert_true(native_hidden > 0);
		assert_true(native_tables > 0);
		shrink();
		assert_int_equal(frames_free(), before - native_tables);
		assert_int_equal(frames_promise(before - native_tables), 0);
		frames_withdraw(before - native_tables);
	}
	native_takes_tables = false;
	gather();
}

static void too_much(void **state)
{
	(void)state;
	start();
	shrink();
	assert_int_equal(guest_memory_create(&memory, before + 1, 0), -E_NOMEM);
	assert_int_equal(frames_promise(before), 0);
	frames_withdraw(before);
	assert_true(guest_memory_shrink(&memory));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(there_and_back),
		cmocka_unit_test(in_single_frames),
		cmocka_unit_test(given_up_halfway),
		cmocka_unit_test(used_again),
		cmocka_unit_test(direct_tables),
		cmocka_unit_test(too_much),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

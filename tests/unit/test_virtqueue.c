// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of drivers/virtio/virtqueue.c: the well-behaved guest first, then every
 * way of breaking the rules, each of which must break the queue, once, and
 * nothing else.
 */
#include "tests/unit/virtqueue_fixture.h"

static void test_legacy_layout(void **state)
{
	struct virtqueue_place p;

	(void)state;
	assert_int_equal(virtqueue_legacy_place(&p, gpa_make(0x100000), 256, 4096), 10246);
	assert_int_equal(gpa_value(p.descriptors), 0x100000);
	assert_int_equal(gpa_value(p.available), 0x101000);
	assert_int_equal(gpa_value(p.used), 0x102000);
	assert_int_equal(p.size, 256);
	virtqueue_legacy_place(&p, gpa_make(0x100000), 8, 4096);
	assert_int_equal(gpa_value(p.available), 0x100080);
	assert_int_equal(gpa_value(p.used), 0x101000);
}

static void test_start_refuses(void **state)
{
	static const struct virtqueue_place bad[] = {
		{ DESCRIPTORS, AVAILABLE, USED, 0 },
		{ DESCRIPTORS, AVAILABLE, USED, 6 },
		{ DESCRIPTORS, AVAILABLE, USED, 0x8001 },
		{ DESCRIPTORS + 8, AVAILABLE, USED, 8 },
		{ DESCRIPTORS, AVAILABLE + 1, USED, 8 },
		{ DESCRIPTORS, AVAILABLE, USED + 2, 8 },
		{ 0xFFFFFFF0u, AVAILABLE, USED, 8 },
		{ DESCRIPTORS, 0xFFFFFFFEu, USED, 8 },
		{ DESCRIPTORS, AVAILABLE, 0xFFFFFFFCu, 8 },
	};
	struct fixture *f = *state;

	for (unsigned i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_int_equal(virtqueue_start(&f->queue, &bad[i], false), -E_INVAL);
		assert_int_equal(virtqueue_pop(&f->queue, &f->chain), -E_INVAL);
	}
	assert_int_equal(f->times_broken, 0);
}

static void test_request(void **state)
{
	struct fixture *f = *state;
	char text[12] = { 0 };

	assert_int_equal(virtqueue_pop(&f->queue, &f->chain), 0);
	describe(f, 5, BUFFERS, 6, NEXT, 2);
	describe(f, 2, BUFFERS + 0x100, 5, NEXT, 7);
	describe(f, 7, BUFFERS + 0x200, 3, NEXT | WRITE, 0);
	describe(f, 0, BUFFERS + 0x300, 4, WRITE, 0);
	memcpy(f->memory->bytes + BUFFERS, "hello ", 6);
	memcpy(f->memory->bytes + BUFFERS + 0x100, "world", 5);
	offer(f, 5);

	assert_int_equal(virtqueue_pop(&f->queue, &f->chain), 1);
	assert_int_equal(f->chain.head, 5);
	assert_int_equal(f->chain.count, 4);
	assert_int_equal(f->chain.readable_count, 2);
	assert_int_equal(f->chain.readable, 11);
	assert_int_equal(f->chain.writable, 7);

	assert_true(virtqueue_read(&f->queue, &f->chain, 0, text, 11));
	assert_string_equal(text, "hello world");
	memset(text, 0, sizeof(text));
	assert_true(virtqueue_read(&f->queue, &f->chain, 4, text, 4));
	assert_string_equal(text, "o wo");
	assert_false(virtqueue_read(&f->queue, &f->chain, 4, text, 8));
	assert_true(virtqueue_write(&f->queue, &f->chain, 1, "abcdef", 6));
	assert_memory_equal(f->memory->bytes + BUFFERS + 0x200, "\0ab", 3);
	assert_memory_equal(f->memory->bytes + BUFFERS + 0x300, "cdef", 5);
	assert_false(virtqueue_write(&f->queue, &f->chain, 7, "x", 1));

	virtqueue_push(&f->queue, &f->chain, 7);
	assert_int_equal(fake_get16(f->memory, USED + 2), 1);
	assert_int_equal(fake_get32(f->memory, USED + 4), 5);
	assert_int_equal(fake_get32(f->memory, USED + 8), 7);
	assert_int_equal(virtqueue_pop(&f->queue, &f->chain), 0);
	assert_int_equal(f->times_broken, 0);
}

static void test_suppression(void **state)
{
	struct fixture *f = *state;

	assert_true(virtqueue_wants_interrupt(&f->queue));
	fake_put16(f->memory, AVAILABLE, 1);
	assert_false(virtqueue_wants_interrupt(&f->queue));
	virtqueue_suppress_kicks(&f->queue, true);
	assert_int_equal(fake_get16(f->memory, USED), 1);
	virtqueue_suppress_kicks(&f->queue, false);
	assert_int_equal(fake_get16(f->memory, USED), 0);
}

/* The 16-bit indices run on and wrap. */
/* From the offer until it is given back, however far the counters have come. */
static void test_under_way(void **state)
{
	struct fixture *f = *state;

	describe(f, 0, BUFFERS, 16, 0, 0);
	for (unsigned i = 0; i < 70000; i++) {
		assert_false(virtqueue_has_in_flight(&f->queue));
		offer(f, 0);
		assert_true(virtqueue_has_in_flight(&f->queue));
		assert_int_equal(virtqueue_pop(&f->queue, &f->chain), 1);
		assert_true(virtqueue_has_in_flight(&f->queue));
		virtqueue_push(&f->queue, &f->chain, 0);
	}
	offer(f, 0);
	virtqueue_stop(&f->queue);
	assert_false(virtqueue_has_in_flight(&f->queue));
}

static void test_indices_wrap(void **state)
{
	struct fixture *f = *state;

	for (unsigned i = 0; i < 70000; i++) {
		describe(f, i % SIZE, BUFFERS + i % 64, i % 5, 0, 0);
		offer(f, (uint16_t)(i % SIZE));
		assert_int_equal(virtqueue_pop(&f->queue, &f->chain), 1);
		assert_int_equal(f->chain.head, i % SIZE);
		assert_int_equal(f->chain.readable, i % 5);
		virtqueue_push(&f->queue, &f->chain, 0);
	}
	assert_int_equal(fake_get16(f->memory, USED + 2), 70000 % 65536);
	assert_int_equal(virtqueue_pop(&f->queue, &f->chain), 0);
}

static void test_whole_queue(void **state)
{
	struct fixture *f = *state;

	for (uint16_t i = 0; i < SIZE; i++)
		describe(f, i, BUFFERS, 0x100, i + 1u < SIZE ? NEXT : 0, (uint16_t)(i + 1));
	offer(f, 0);
	assert_int_equal(virtqueue_pop(&f->queue, &f->chain), 1);
	assert_int_equal(f->chain.count, SIZE);
	assert_int_equal(f->chain.readable, SIZE * 0x100);
}

static void test_loops(void **state)
{
	struct fixture *f = *state;

	describe(f, 0, BUFFERS, 1, NEXT, 1);
	describe(f, 1, BUFFERS, 1, NEXT, 0);
	offer(f, 0);
	expect_broken(f, "more than 8 descriptors");
}

static void test_self_loop(void **state)
{
	struct fixture *f = *state;

	describe(f, 4, BUFFERS, 0, NEXT | WRITE, 4);
	offer(f, 4);
	expect_broken(f, "more than 8 descriptors");
}

static void test_small_capacity(void **state)
{
	struct fixture *f = *state;

	f->chain.capacity = 1;
	describe(f, 0, BUFFERS, 1, NEXT, 1);
	describe(f, 1, BUFFERS, 1, 0, 0);
	offer(f, 0);
	expect_broken(f, "more than 1 descriptors");
}

static void test_head_out_of_range(void **state)
{
	offer(*state, SIZE);
	expect_broken(*state, "descriptor 8 is none of the table's 8");
}

static void test_next_out_of_range(void **state)
{
	struct fixture *f = *state;

	describe(f, 0, BUFFERS, 1, NEXT, 0xFFFF);
	offer(f, 0);
	expect_broken(f, "descriptor 65535 is none of the table's 8");
}

/* Not an error: without the flag the field means nothing. */
static void test_next_without_flag(void **state)
{
	struct fixture *f = *state;

	describe(f, 0, BUFFERS, 1, 0, 0xFFFF);
	offer(f, 0);
	assert_int_equal(virtqueue_pop(&f->queue, &f->chain), 1);
}

static void test_read_behind_write(void **state)
{
	struct fixture *f = *state;

	describe(f, 0, BUFFERS, 1, NEXT | WRITE, 1);
	describe(f, 1, BUFFERS, 1, 0, 0);
	offer(f, 0);
	expect_broken(f, "a buffer to read comes behind one to write");
}

static void test_index_jump(void **state)
{
	struct fixture *f = *state;

	fake_put16(f->memory, AVAILABLE + 2, SIZE + 1);
	expect_broken(f, "available index goes from 0 to 9");
}

static void test_index_goes_back(void **state)
{
	struct fixture *f = *state;

	offer(f, 0);
	assert_int_equal(virtqueue_pop(&f->queue, &f->chain), 1);
	fake_put16(f->memory, AVAILABLE + 2, 0);
	/* The fixture's check wants an untouched used ring, which is right here. */
	expect_broken(f, "available index goes from 1 to 0");
}

static void test_wild_buffers(void **state)
{
	static const struct { uint64_t address; uint32_t length; } wild[] = {
		{ 0x100000000, 1 }, { 0xFFFFFFFFFFFFFFFF, 1 }, { 0xFFFFFFFF, 2 },
		{ 0x80000000, 0x80000000 }, { 1, 0xFFFFFFFF },
	};

	for (unsigned i = 0; i < ARRAY_SIZE(wild); i++) {
		struct fixture *f;

		setup((void **)&f);
		describe(f, 0, wild[i].address, wild[i].length, WRITE, 0);
		offer(f, 0);
		expect_broken(f, "a buffer of ");
		teardown((void **)&f);
	}
	(void)state;
}

static void test_total_overflows(void **state)
{
	struct fixture *f = *state;

	describe(f, 0, 0, 0xC0000000, NEXT, 1);
	describe(f, 1, 0, 0x40000000, 0, 0);
	offer(f, 0);
	expect_broken(f, "a buffer of ");
}

/* A buffer outside memory is found when it is used. */
static void test_buffer_outside(void **state)
{
	struct fixture *f = *state;
	char byte;

	describe(f, 0, MEMORY_SIZE - 1, 2, NEXT, 1);
	describe(f, 1, 0x7FFFFFFF, 1, WRITE, 0);
	offer(f, 0);
	assert_int_equal(virtqueue_pop(&f->queue, &f->chain), 1);
	assert_true(virtqueue_read(&f->queue, &f->chain, 0, &byte, 1));
	assert_false(virtqueue_write(&f->queue, &f->chain, 0, "x", 1));
	assert_int_equal(f->times_broken, 1);
	assert_non_null(strstr(f->cause, "0x7fffffff"));
}

/* Where the pieces of a chain lie, from anywhere in it. */
static void test_pieces(void **state)
{
	struct fixture *f = *state;
	struct virtqueue_position at;
	void *where;

	describe(f, 0, BUFFERS, 10, NEXT, 1);
	describe(f, 1, BUFFERS + 0x100, 0, NEXT, 2);
	describe(f, 2, BUFFERS + 0x200, 30, NEXT, 3);
	describe(f, 3, BUFFERS + 0x300, 5, WRITE, 0);
	offer(f, 0);
	assert_int_equal(virtqueue_pop(&f->queue, &f->chain), 1);
	assert_true(virtqueue_check_buffers(&f->queue, &f->chain));
	at = virtqueue_readable_at(&f->chain, 4);
	assert_int_equal(virtqueue_next_piece(&f->queue, &f->chain, &at, 100, &where), 6);
	assert_ptr_equal(where, f->memory->bytes + BUFFERS + 4);
	assert_int_equal(virtqueue_next_piece(&f->queue, &f->chain, &at, 7, &where), 7);
	assert_ptr_equal(where, f->memory->bytes + BUFFERS + 0x200);
	assert_int_equal(virtqueue_next_piece(&f->queue, &f->chain, &at, 100, &where), 23);
	assert_ptr_equal(where, f->memory->bytes + BUFFERS + 0x207);
	assert_int_equal(virtqueue_next_piece(&f->queue, &f->chain, &at, 100, &where), 0);
	at = virtqueue_writable_at(&f->chain, 5);
	assert_int_equal(virtqueue_next_piece(&f->queue, &f->chain, &at, 1, &where), 0);
	at = virtqueue_writable_at(&f->chain, 0);
	assert_int_equal(virtqueue_next_piece(&f->queue, &f->chain, &at, 9, &where), 5);
	assert_ptr_equal(where, f->memory->bytes + BUFFERS + 0x300);
	assert_int_equal(f->times_broken, 0);
}

static void test_pieces_outside(void **state)
{
	struct fixture *f = *state;
	struct virtqueue_position at;
	void *where;

	describe(f, 0, BUFFERS, 1, NEXT, 1);
	describe(f, 1, MEMORY_SIZE - 4, 8, 0, 0);
	offer(f, 0);
	assert_int_equal(virtqueue_pop(&f->queue, &f->chain), 1);
	at = virtqueue_readable_at(&f->chain, 1);
	assert_int_equal(virtqueue_next_piece(&f->queue, &f->chain, &at, 4, &where), 4);
	assert_int_equal(f->times_broken, 0);
	assert_int_equal(virtqueue_next_piece(&f->queue, &f->chain, &at, 4, &where), 0);
	assert_int_equal(f->times_broken, 1);
	assert_non_null(strstr(f->cause, "reaches outside memory"));
}

static void test_check_buffers(void **state)
{
	struct fixture *f = *state;

	describe(f, 0, BUFFERS, 1, NEXT, 1);
	describe(f, 1, MEMORY_SIZE - 4, 5, WRITE, 0);
	offer(f, 0);
	assert_int_equal(virtqueue_pop(&f->queue, &f->chain), 1);
	assert_false(virtqueue_check_buffers(&f->queue, &f->chain));
	assert_int_equal(f->times_broken, 1);
	assert_non_null(strstr(f->cause, "a buffer at 0xfffc reaches outside memory"));
}

static void test_rings_outside(void **state)
{
	static const struct { struct virtqueue_place at; const char *words; } wild[] = {
		{ { DESCRIPTORS, MEMORY_SIZE, USED, SIZE }, "the available ring" },
		{ { DESCRIPTORS, MEMORY_SIZE - 4, USED, SIZE }, "the available ring" },
		{ { MEMORY_SIZE, AVAILABLE, USED, SIZE }, "descriptor 0" },
		{ { MEMORY_SIZE - 16, AVAILABLE, USED, SIZE }, "descriptor 1" },
	};

	for (unsigned i = 0; i < ARRAY_SIZE(wild); i++) {
		struct fixture *f;

		setup((void **)&f);
		describe(f, 0, BUFFERS, 1, 0, 0);
		fake_put16(f->memory, MEMORY_SIZE - 2, 1);
		offer(f, i == 3);
		assert_int_equal(virtqueue_start(&f->queue, &wild[i].at, false), 0);
		expect_broken(f, wild[i].words);
		teardown((void **)&f);
	}
	(void)state;
}

static void test_used_outside(void **state)
{
	struct fixture *f = *state;
	struct virtqueue_place at = { DESCRIPTORS, AVAILABLE, MEMORY_SIZE, SIZE };

	assert_int_equal(virtqueue_start(&f->queue, &at, false), 0);
	offer(f, 0);
	assert_int_equal(virtqueue_pop(&f->queue, &f->chain), 1);
	virtqueue_push(&f->queue, &f->chain, 0);
	assert_int_equal(f->times_broken, 1);
	assert_non_null(strstr(f->cause, "the used ring"));
}

#define test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_legacy_layout),
		test(test_start_refuses),
		test(test_request),
		test(test_suppression),
		test(test_under_way),
		test(test_indices_wrap),
		test(test_whole_queue),
		test(test_loops),
		test(test_self_loop),
		test(test_small_capacity),
		test(test_head_out_of_range),
		test(test_next_out_of_range),
		test(test_next_without_flag),
		test(test_read_behind_write),
		test(test_index_jump),
		test(test_index_goes_back),
		cmocka_unit_test(test_wild_buffers),
		test(test_total_overflows),
		test(test_buffer_outside),
		test(test_pieces),
		test(test_pieces_outside),
		test(test_check_buffers),
		cmocka_unit_test(test_rings_outside),
		test(test_used_outside),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

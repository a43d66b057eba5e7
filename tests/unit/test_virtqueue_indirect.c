// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of drivers/virtio/virtqueue.c with tables of descriptors, good and bad,
 * and with memory that changes while it is read.
 */
#include "tests/unit/virtqueue_fixture.h"

static void test_indirect(void **state)
{
	struct fixture *f = *state;

	describe(f, 1, BUFFERS, 1, NEXT, 6);
	describe(f, 6, TABLE, 3 * 16, INDIRECT | WRITE, 0);
	describe_in_table(f, 0, BUFFERS + 1, 2, NEXT, 2);
	describe_in_table(f, 2, BUFFERS + 3, 4, NEXT | WRITE, 1);
	describe_in_table(f, 1, BUFFERS + 7, 8, WRITE, 0);
	offer(f, 1);
	assert_int_equal(virtqueue_pop(&f->queue, &f->chain), 1);
	assert_int_equal(f->chain.head, 1);
	assert_int_equal(f->chain.count, 4);
	assert_int_equal(f->chain.readable, 3);
	assert_int_equal(f->chain.writable, 12);
}

static void test_indirect_not_agreed(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(virtqueue_start(&f->queue, &place, false), 0);
	describe(f, 0, TABLE, 16, INDIRECT, 0);
	offer(f, 0);
	expect_broken(f, "not agreed");
}

static void test_indirect_nested(void **state)
{
	struct fixture *f = *state;

	describe(f, 0, TABLE, 16, INDIRECT, 0);
	describe_in_table(f, 0, TABLE, 16, INDIRECT, 0);
	offer(f, 0);
	expect_broken(f, "inside a table");
}

static void test_indirect_with_next(void **state)
{
	struct fixture *f = *state;

	describe(f, 0, TABLE, 16, INDIRECT | NEXT, 1);
	offer(f, 0);
	expect_broken(f, "with a next one");
}

static void test_indirect_wild(void **state)
{
	static const struct { uint64_t address; uint32_t length; const char *words; } wild[] = {
		{ TABLE, 0, "table of 0 bytes" },
		{ TABLE, 17, "table of 17 bytes" },
		{ 0x100000000, 16, "at 0x100000000" },
		{ 0xFFFFFFF8, 16, "table of 16 bytes" },
		{ 0x10, 0xFFFFFFF0, "table of 4294967280 bytes" },
		{ MEMORY_SIZE - 8, 16, "descriptor 0 lies outside" },
	};

	for (unsigned i = 0; i < ARRAY_SIZE(wild); i++) {
		struct fixture *f;

		setup((void **)&f);
		describe(f, 0, wild[i].address, wild[i].length, INDIRECT, 0);
		offer(f, 0);
		expect_broken(f, wild[i].words);
		teardown((void **)&f);
	}
	(void)state;
}

static void test_indirect_next_out_of_table(void **state)
{
	struct fixture *f = *state;

	describe(f, 0, TABLE, 2 * 16, INDIRECT, 0);
	describe_in_table(f, 0, BUFFERS, 1, NEXT, 2);
	offer(f, 0);
	expect_broken(f, "descriptor 2 is none of the table's 2");
}

static void test_indirect_loop(void **state)
{
	struct fixture *f = *state;

	/* A table may be longer than the queue, a chain may not. */
	describe(f, 0, TABLE, 64 * 16, INDIRECT, 0);
	describe_in_table(f, 0, BUFFERS, 1, NEXT, 63);
	describe_in_table(f, 63, BUFFERS, 1, NEXT, 0);
	offer(f, 0);
	expect_broken(f, "more than 8 descriptors");
}

static unsigned reads_of[MEMORY_SIZE];

/* Every byte that was read turns into something worse. */
static void spoil(struct guest_memory *memory, uint32_t address, uint32_t length)
{
	for (uint32_t i = address; i < address + length; i++) {
		reads_of[i]++;
		memory->bytes[i] = 0xFF;
	}
}

static void test_memory_changes(void **state)
{
	struct fixture *f = *state;
	char text[4] = { 0 };

	memset(reads_of, 0, sizeof(reads_of));
	describe(f, 0, BUFFERS, 3, NEXT, 1);
	describe(f, 1, TABLE, 32, INDIRECT, 0);
	describe_in_table(f, 0, BUFFERS + 3, 4, NEXT | WRITE, 1);
	describe_in_table(f, 1, BUFFERS + 7, 5, WRITE, 0);
	memcpy(f->memory->bytes + BUFFERS, "abc", 3);
	offer(f, 0);
	f->memory->after_read = spoil;
	assert_int_equal(virtqueue_pop(&f->queue, &f->chain), 1);
	assert_int_equal(f->chain.readable, 3);
	assert_int_equal(f->chain.writable, 9);
	assert_true(virtqueue_read(&f->queue, &f->chain, 0, text, 3));
	assert_string_equal(text, "abc");
	for (unsigned i = 0; i < MEMORY_SIZE; i++)
		assert_true(reads_of[i] <= 1);
	/* 65535 requests at once are too many. */
	expect_broken(f, "available index goes from 1 to 65535");
}

#define test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		test(test_indirect),
		test(test_indirect_not_agreed),
		test(test_indirect_nested),
		test(test_indirect_with_next),
		cmocka_unit_test(test_indirect_wild),
		test(test_indirect_next_out_of_table),
		test(test_indirect_loop),
		test(test_memory_changes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

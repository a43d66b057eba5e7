// SPDX-License-Identifier: GPL-2.0-only
/* Tests of lib/trace_ring.c, the last one against a plain array. */
#include "lib/trace_ring.h"
#include "tests/unit/unit.h"

#include <string.h>

static struct trace_record numbered(uint32_t number)
{
	return (struct trace_record){ .time = number, .words = { number, ~number } };
}

static void add(struct trace_ring *ring, uint32_t number)
{
	struct trace_record record = numbered(number);

	trace_ring_add(ring, &record);
}

/* The records that can be read are those numbered from..to - 1. */
static void expect_records(const struct trace_ring *ring, uint32_t from, uint32_t to)
{
	uint32_t first, count = trace_ring_count(ring, &first);

	assert_int_equal(count, to - from);
	for (uint32_t i = 0; i < count; i++) {
		struct trace_record record, wanted = numbered(from + i);

		assert_true(trace_ring_copy(ring, first + i, &record));
		assert_memory_equal(&record, &wanted, sizeof(record));
	}
}

static void test_overwrites_the_oldest(void **state)
{
	struct trace_record records[4], record;
	struct trace_ring ring;

	(void)state;
	trace_ring_init(&ring, records, 4);
	expect_records(&ring, 0, 0);
	for (uint32_t i = 0; i < 3; i++)
		add(&ring, i);
	expect_records(&ring, 0, 3);
	assert_int_equal(ring.overwritten, 0);
	/* One slot is always the writer's. */
	add(&ring, 3);
	expect_records(&ring, 1, 4);
	assert_false(trace_ring_copy(&ring, 0, &record));
	for (uint32_t i = 4; i < 10; i++)
		add(&ring, i);
	expect_records(&ring, 7, 10);
	assert_int_equal(ring.overwritten, 7);
	trace_ring_clear(&ring);
	expect_records(&ring, 0, 0);
	assert_int_equal(ring.overwritten, 0);
	add(&ring, 10);
	expect_records(&ring, 10, 11);
}

static void test_an_open_record_hides_those_behind_it(void **state)
{
	struct trace_record records[8], record = numbered(1);
	struct trace_ring ring;
	uint32_t first;

	(void)state;
	trace_ring_init(&ring, records, 8);
	add(&ring, 0);
	trace_ring_open(&ring, &record);
	add(&ring, 2);
	expect_records(&ring, 0, 1);
	trace_ring_close(&ring, 4, 77);
	assert_int_equal(trace_ring_count(&ring, &first), 3);
	assert_true(trace_ring_copy(&ring, first + 1, &record));
	assert_int_equal(record.words[4], 77);
	assert_true(trace_ring_copy(&ring, first + 2, &record));
	assert_int_equal(record.words[0], 2);
}

/* An exit with more records than the ring has room for. */
static void test_an_open_record_is_overwritten(void **state)
{
	struct trace_record records[4], record = numbered(0);
	struct trace_ring ring;

	(void)state;
	trace_ring_init(&ring, records, 4);
	trace_ring_open(&ring, &record);
	for (uint32_t i = 1; i < 6; i++)
		add(&ring, i);
	trace_ring_close(&ring, 0, 1234);
	expect_records(&ring, 3, 6);
}

static void test_a_reader_that_is_late(void **state)
{
	struct trace_record records[4];
	struct trace_ring ring;
	uint32_t next = 0;

	(void)state;
	trace_ring_init(&ring, records, 4);
	add(&ring, 0);
	assert_int_equal(trace_ring_catch_up(&ring, &next), 0);
	assert_int_equal(next, 0);
	for (uint32_t i = 1; i < 6; i++)
		add(&ring, i);
	assert_int_equal(trace_ring_catch_up(&ring, &next), 3);
	assert_int_equal(next, 3);
	next = 6;
	assert_int_equal(trace_ring_catch_up(&ring, &next), 0);
	assert_int_equal(next, 6);
}

static void test_numbers_wrap_around(void **state)
{
	struct trace_record records[8];
	struct trace_ring ring;
	uint32_t next;

	(void)state;
	trace_ring_init(&ring, records, 8);
	ring.head = ring.ready = UINT32_MAX - 5;
	next = ring.head;
	for (uint32_t i = 0; i < 20; i++)
		add(&ring, i);
	expect_records(&ring, 13, 20);
	assert_int_equal(trace_ring_catch_up(&ring, &next), 13);
}

/* A reader at any moment sees whole records in their order, and misses what it is told. */
static void test_random(void **state)
{
	struct trace_record records[16], record;
	struct trace_ring ring;
	uint64_t random = 1;
	uint32_t added = 0, next = 0, expected = 0;

	(void)state;
	trace_ring_init(&ring, records, 16);
	for (int round = 0; round < 10000; round++) {
		for (uint64_t i = unit_random(&random) % 24; i > 0; i--)
			add(&ring, added++);
		expected += trace_ring_catch_up(&ring, &next);
		for (uint64_t i = unit_random(&random) % 24; i > 0 && expected < added; i--) {
			assert_true(trace_ring_copy(&ring, next++, &record));
			assert_int_equal(record.words[0], expected);
			expected++;
		}
	}
	assert_true(expected > 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_overwrites_the_oldest),
		cmocka_unit_test(test_an_open_record_hides_those_behind_it),
		cmocka_unit_test(test_an_open_record_is_overwritten),
		cmocka_unit_test(test_a_reader_that_is_late),
		cmocka_unit_test(test_numbers_wrap_around),
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

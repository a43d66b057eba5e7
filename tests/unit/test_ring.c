// SPDX-License-Identifier: GPL-2.0-only
/* Tests of lib/ring.c, the last one against a plain array. */
#include "lib/ring.h"
#include "tests/unit/unit.h"

#include <string.h>

static void test_push_and_pop(void **state)
{
	uint8_t storage[4];
	char out[8] = { 0 };
	struct ring ring;

	(void)state;
	ring_init(&ring, storage, sizeof(storage));
	assert_int_equal(ring_used(&ring), 0);
	assert_int_equal(ring_free(&ring), 4);
	assert_int_equal(ring_pop(&ring, out, 8), 0);
	assert_int_equal(ring_push(&ring, "abc", 3), 3);
	assert_int_equal(ring_pop(&ring, out, 2), 2);
	assert_memory_equal(out, "ab", 2);
	/* Goes over the end of the storage, and only three fit. */
	assert_int_equal(ring_push(&ring, "defg", 4), 3);
	assert_int_equal(ring_free(&ring), 0);
	assert_int_equal(ring_push(&ring, "x", 1), 0);
	assert_int_equal(ring_pop(&ring, out, 8), 4);
	assert_memory_equal(out, "cdef", 4);
	assert_int_equal(ring_used(&ring), 0);
}

static void test_peek_and_drop(void **state)
{
	uint8_t storage[4];
	const uint8_t *bytes;
	struct ring ring;

	(void)state;
	ring_init(&ring, storage, sizeof(storage));
	assert_int_equal(ring_peek(&ring, &bytes), 0);
	ring_push(&ring, "abc", 3);
	ring_drop(&ring, 2);
	ring_push(&ring, "def", 3);
	assert_int_equal(ring_peek(&ring, &bytes), 2);
	assert_memory_equal(bytes, "cd", 2);
	ring_drop(&ring, 2);
	assert_int_equal(ring_peek(&ring, &bytes), 2);
	assert_memory_equal(bytes, "ef", 2);
	ring_drop(&ring, 99);
	assert_int_equal(ring_used(&ring), 0);
}

static void test_no_storage(void **state)
{
	uint8_t byte;
	struct ring ring;

	(void)state;
	ring_init(&ring, &byte, 0);
	assert_int_equal(ring_push(&ring, "a", 1), 0);
	ring_drop(&ring, 1);
	assert_int_equal(ring_pop(&ring, &byte, 1), 0);
}

static void test_random(void **state)
{
	uint8_t storage[13];
	uint8_t model[sizeof(storage)];
	size_t used = 0;
	uint8_t next = 0;
	uint64_t seed = 17;
	struct ring ring;

	(void)state;
	ring_init(&ring, storage, sizeof(storage));
	for (int round = 0; round < 20000; round++) {
		uint8_t bytes[20];
		size_t count = unit_random(&seed) % sizeof(bytes);

		if (unit_random(&seed) % 2 == 0) {
			size_t room = sizeof(storage) - used;
			size_t taken = count < room ? count : room;

			for (size_t i = 0; i < count; i++)
				bytes[i] = next++;
			assert_int_equal(ring_push(&ring, bytes, count), taken);
			memcpy(model + used, bytes, taken);
			used += taken;
		} else {
			size_t popped = ring_pop(&ring, bytes, count);

			assert_int_equal(popped, count < used ? count : used);
			assert_memory_equal(bytes, model, popped);
			used -= popped;
			memmove(model, model + popped, used);
		}
		assert_int_equal(ring_used(&ring), used);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_push_and_pop),
		cmocka_unit_test(test_peek_and_drop),
		cmocka_unit_test(test_no_storage),
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

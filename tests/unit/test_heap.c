// SPDX-License-Identifier: GPL-2.0-only
/* Tests of mm/heap.c over the real frame allocator, the last one a long random run. */
#include "mm/frames.h"
#include "mm/heap.h"
#include "tests/unit/native/native.h"
#include "tests/unit/unit.h"

#include <string.h>

static int start(void **state)
{
	(void)state;
	native_start(false);
	return 0;
}

static bool is_zero(const uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (bytes[i])
			return false;
	return true;
}

static void every_size_is_zeroed_and_aligned(void **state)
{
	uint32_t before = frames_free();

	(void)state;
	for (size_t size = 1; size < 20000; size += size / 7 + 1) {
		for (size_t align = 1; align <= PAGE_SIZE; align *= 2) {
			uint8_t *first = heap_alloc_aligned(size, align);
			uint8_t *second = heap_alloc_aligned(size, align);

			assert_non_null(first);
			assert_non_null(second);
			assert_true((uintptr_t)first % align == 0 &&
				    (uintptr_t)second % align == 0);
			assert_true(is_zero(first, size) && is_zero(second, size));
			assert_true(first + size <= second || second + size <= first);
			memset(first, 0xFF, size);
			memset(second, 0xFF, size);
			heap_free(first);
			heap_free(second);
		}
	}
	assert_int_equal(frames_free(), before);
}

static void ordinary_alignment(void **state)
{
	(void)state;
	for (size_t size = 0; size < 10000; size += 13) {
		void *pointer = heap_alloc(size);

		assert_non_null(pointer);
		assert_int_equal((uintptr_t)pointer % 16, 0);
		heap_free(pointer);
	}
	heap_free(NULL);
}

static void largest_piece(void **state)
{
	uint32_t before = frames_free();
	uint8_t *pointer = heap_alloc(CHUNK_SIZE);

	(void)state;
	assert_non_null(pointer);
	assert_true(is_zero(pointer, CHUNK_SIZE));
	assert_int_equal(frames_free(), before - FRAMES_PER_CHUNK);
	heap_free(pointer);
	assert_null(heap_alloc(CHUNK_SIZE + 1));
	assert_null(heap_alloc((size_t)1 << 32));
	assert_int_equal(frames_free(), before);
}

/* Sizes that no memory has, from a product that went wrong. */
static void size_beyond_all_memory(void **state)
{
	bool panicked;
	void *volatile pointer = NULL;

	(void)state;
	panicked = native_panics(pointer = heap_alloc(SIZE_MAX));
	assert_false(panicked);
	assert_null(pointer);
}

/* A frame's next user finds it without an owner. */
static void pages_are_given_back_without_owner(void **state)
{
	uint8_t *pointer = heap_alloc(3 * PAGE_SIZE);

	(void)state;
	assert_non_null(pointer);
	heap_free(pointer);
	assert_null(frame_owner(direct_physical(pointer)));
}

static void exhaustion(void **state)
{
	static void *pointers[9000];
	uint32_t before = frames_free(), low = frames_low_free(), count = 0;

	(void)state;
	while (count < 8500 && (pointers[count] = heap_alloc(2048)) != NULL)
		count++;
	assert_int_equal(frames_low_free(), 0);
	assert_int_equal(count, low);
	assert_null(heap_alloc(1));
	assert_null(heap_alloc(5000));
	heap_free(pointers[--count]);
	/* The page of one large object holds many small ones. */
	for (uint32_t i = 0; i < PAGE_SIZE / 32 - 1; i++) {
		pointers[count] = heap_alloc(1);
		assert_non_null(pointers[count++]);
	}
	assert_null(heap_alloc(1));
	while (count > 0)
		heap_free(pointers[--count]);
	assert_int_equal(frames_free(), before);
}

/* --- the long run ------------------------------------------------------------------- */

#define PIECES 300

struct piece {
	uint8_t *at;
	size_t size;
	uint8_t fill;
};

static void check_piece(const struct piece *piece)
{
	for (size_t i = 0; i < piece->size; i++)
		assert_int_equal(piece->at[i], piece->fill);
}

static void random_run(void **state)
{
	static struct piece pieces[PIECES];
	uint32_t before = frames_free();
	uint64_t seed = 31;

	(void)state;
	for (int round = 0; round < 40000; round++) {
		struct piece *piece = &pieces[unit_random(&seed) % PIECES];
		uint64_t dice = unit_random(&seed);

		if (piece->at) {
			check_piece(piece);
			heap_free(piece->at);
			piece->at = NULL;
			continue;
		}
		piece->size = (size_t)(dice >> 8) % (dice % 8 ? 300 : 9000) + 1;
		piece->fill = (uint8_t)(dice >> 32);
		piece->at = dice % 3 ? heap_alloc(piece->size)
				     : heap_alloc_aligned(piece->size, 1u << (dice >> 40) % 13);
		assert_non_null(piece->at);
		assert_true(is_zero(piece->at, piece->size));
		memset(piece->at, piece->fill, piece->size);
	}
	for (uint32_t i = 0; i < PIECES; i++) {
		if (pieces[i].at) {
			check_piece(&pieces[i]);
			heap_free(pieces[i].at);
		}
	}
	assert_int_equal(frames_free(), before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_size_is_zeroed_and_aligned),
		cmocka_unit_test(ordinary_alignment),
		cmocka_unit_test(largest_piece),
		cmocka_unit_test(size_beyond_all_memory),
		cmocka_unit_test(pages_are_given_back_without_owner),
		cmocka_unit_test(exhaustion),
		cmocka_unit_test(random_run),
	};

	return cmocka_run_group_tests_name("heap", tests, start, NULL);
}

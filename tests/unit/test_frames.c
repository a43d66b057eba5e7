// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of mm/frames.c: where memory comes from, and a long random run against a
 * plain map of frames.
 */
#include "tests/unit/native/native.h"
#include "tests/unit/unit.h"

#include "mm/frames.c"

#include <string.h>

#define MB(n) ((paddr_t)(n) << 20)
#define LIMIT (64ull << 30)

/* The allocator as it was before the first call. */
static void start(const struct memory_range *usable, unsigned usable_count,
		  const struct memory_range *reserved, unsigned reserved_count)
{
	native_start(true);
	low_free = high_free = low_reserved = promised = low_hint = 0;
	native_unlocked = NULL;
	assert_int_equal(frames_init(usable, usable_count, reserved, reserved_count, LIMIT), 0);
}

/* Of those that nobody has been promised. */
static bool chunk_alloc(paddr_t *chunk)
{
	if (frames_promise(FRAMES_PER_CHUNK) != 0)
		return false;
	if (chunk_alloc_promised(chunk))
		return true;
	frames_withdraw(FRAMES_PER_CHUNK);
	return false;
}

static void start_ordinary(void)
{
	static const struct memory_range usable[] = { { MB(1), MB(32) },
						      { LIMIT / 2, LIMIT / 2 + MB(16) } };

	start(usable, 2, NULL, 0);
}

static void only_what_is_usable(void **state)
{
	/* Not on page boundaries, overlapping each other and the reserved ones. */
	static const struct memory_range usable[] = {
		{ MB(1) + 1, MB(2) - 1 }, { MB(8), MB(10) }, { MB(9), MB(12) }, { MB(20), MB(20) },
	};
	static const struct memory_range reserved[] = { { MB(9) + 100, MB(9) + 5000 },
							{ MB(11), MB(40) } };
	uint32_t expected = 254 + 3 * 256 - 2, total_at_start;
	paddr_t frame;
	uint32_t count = 0;

	(void)state;
	start(usable, 4, reserved, 2);
	/* Its own bookkeeping is the only thing missing. */
	total_at_start = frames_total();
	assert_true(total_at_start < expected);
	assert_int_equal(expected - total_at_start,
			 (chunk_count * (sizeof(*chunks) + sizeof(*chunk_users) +
					 FRAMES_PER_CHUNK * sizeof(*frame_users)) +
			  (uint64_t)low_chunks * FRAMES_PER_CHUNK * sizeof(void *) + PAGE_SIZE -
			  1) / PAGE_SIZE);
	while (frame_alloc(FRAME_ANY, &frame)) {
		bool first = frame >= MB(1) + PAGE_SIZE && frame < MB(2) - PAGE_SIZE;
		bool second = frame >= MB(8) && frame < MB(11) && frame != MB(9) &&
			      frame != MB(9) + PAGE_SIZE;

		assert_true(IS_ALIGNED(frame, PAGE_SIZE));
		assert_true(first || second);
		count++;
	}
	assert_int_equal(count, total_at_start);
	assert_int_equal(frames_free(), 0);
	assert_null(page_alloc());
}

static void no_room_for_itself(void **state)
{
	static const struct memory_range usable[] = { { MB(1), MB(1) + 0x3000 },
						      { MB(30), MB(31) } };
	static const struct memory_range reserved[] = { { MB(30), MB(31) } };

	(void)state;
	native_start(true);
	low_free = high_free = low_reserved = promised = 0;
	assert_int_equal(frames_init(usable, 2, reserved, 1, LIMIT), -E_NOMEM);
}

static void high_memory_first(void **state)
{
	paddr_t frame, chunk;

	(void)state;
	start_ordinary();
	assert_true(chunk_alloc(&chunk));
	assert_true(chunk >= LIMIT / 2);
	assert_true(frame_alloc(FRAME_ANY, &frame));
	assert_true(frame >= LIMIT / 2);
	assert_true(frame_alloc(FRAME_LOW, &frame));
	assert_true(frame < MB(32));
	/* Seven chunks are left above, one of them split. */
	for (int i = 0; i < 6; i++) {
		assert_true(chunk_alloc(&chunk));
		assert_true(chunk >= LIMIT / 2 && IS_ALIGNED(chunk, (paddr_t)CHUNK_SIZE));
	}
	assert_true(chunk_alloc(&chunk));
	assert_true(chunk < MB(32));
	for (int i = 0; i < 511; i++) {
		assert_true(frame_alloc(FRAME_ANY, &frame));
		assert_true(frame >= LIMIT / 2);
	}
	assert_true(frame_alloc(FRAME_ANY, &frame));
	assert_true(frame < MB(32));
}

/* What 32-bit addresses reach is the last of the high memory to go. */
static void far_memory_first(void **state)
{
	static const struct memory_range usable[] = { { MB(1), MB(32) }, { MB(2048), MB(2056) },
						      { MB(4096), MB(4100) } };
	paddr_t frame, chunk;

	(void)state;
	start(usable, 3, NULL, 0);
	assert_true(frame_alloc(FRAME_ANY, &frame));
	assert_true(frame == MB(4096));
	assert_true(chunk_alloc(&chunk));
	assert_true(chunk == MB(4098));
	for (int i = 0; i < 4; i++) {
		assert_true(chunk_alloc(&chunk));
		assert_true(chunk >= MB(2048) && chunk < MB(2056));
	}
	assert_true(chunk_alloc(&chunk));
	assert_true(chunk < MB(32));
	assert_true(frame_alloc(FRAME_ANY, &frame));
	assert_true(frame == MB(4096) + PAGE_SIZE);
}

/* Whole chunks and single frames, both ways, over borders; some ranges twice. */
static void ranges_of_any_size(void **state)
{
	static const struct memory_range usable[] = {
		{ MB(1), MB(32) }, { LIMIT - MB(8192) - PAGE_SIZE, LIMIT + MB(64) },
		{ LIMIT - MB(100), LIMIT - MB(50) },
	};
	static const struct memory_range reserved[] = {
		{ LIMIT - MB(4096) + 1, LIMIT - MB(1024) }, { LIMIT - MB(2050), LIMIT - MB(2000) },
		{ LIMIT - 5, LIMIT * 2 },
	};

	(void)state;
	start(usable, 3, reserved, 3);
	/* 8 GB and a frame, less 3 GB, less the last frame. */
	assert_int_equal(high_free, (5ull << 30) / PAGE_SIZE);
}

static void chunk_is_whole_again(void **state)
{
	paddr_t frames[FRAMES_PER_CHUNK], chunk;
	uint32_t whole = 0;

	(void)state;
	start_ordinary();
	while (chunk_alloc(&chunk))
		whole++;
	chunk_free(chunk = LIMIT / 2);
	for (uint32_t i = 0; i < FRAMES_PER_CHUNK; i++)
		assert_true(frame_alloc(FRAME_ANY, &frames[i]));
	assert_true(frames[511] >= LIMIT / 2);
	for (uint32_t i = 0; i < FRAMES_PER_CHUNK; i++) {
		assert_false(chunk_alloc(&chunk));
		frame_free(frames[(i * 37) % FRAMES_PER_CHUNK]);
	}
	assert_true(chunk_alloc(&chunk));
	assert_true(chunk == LIMIT / 2);
	assert_false(chunk_alloc(&chunk));
	assert_true(whole > 8);
	/* Twice is one time too many. */
	chunk_free(chunk);
	assert_true(native_panics(chunk_free(chunk)));
	assert_true(native_panics(frame_free(chunk)));
}

static void pages_are_zeroed(void **state)
{
	(void)state;
	start_ordinary();
	for (int round = 0; round < 3; round++) {
		uint8_t *page = page_alloc(), *run = pages_alloc(5);

		assert_non_null(page);
		assert_non_null(run);
		for (uint32_t i = 0; i < PAGE_SIZE; i++)
			assert_int_equal(page[i] | run[i] | run[4 * PAGE_SIZE + i], 0);
		memset(page, 1, PAGE_SIZE);
		memset(run, 1, 5 * PAGE_SIZE);
		page_free(page);
		pages_free(run, 5);
	}
}

static void runs(void **state)
{
	void *pages[MB(32) >> PAGE_SHIFT];
	uint32_t count = 0;

	(void)state;
	start_ordinary();
	/* A whole chunk in a row, but never more than one. */
	pages[0] = pages_alloc(FRAMES_PER_CHUNK);
	assert_non_null(pages[0]);
	assert_true(IS_ALIGNED(direct_physical(pages[0]), CHUNK_SIZE));
	pages_free(pages[0], FRAMES_PER_CHUNK);
	/* Every second frame taken: there are no two in a row. */
	while ((pages[count] = pages_alloc(1)) != NULL)
		count++;
	assert_null(pages_alloc(1));
	for (uint32_t i = 0; i < count; i++)
		if (direct_physical(pages[i]) >> PAGE_SHIFT & 1)
			page_free(pages[i]);
	assert_null(pages_alloc(2));
	assert_non_null(pages_alloc(1));
}

static void runs_have_limits(void **state)
{
	(void)state;
	start_ordinary();
	assert_true(native_panics((void)pages_alloc(FRAMES_PER_CHUNK + 1)));
	assert_true(native_panics((void)pages_alloc(0)));
}

static void reservation(void **state)
{
	uint32_t low;
	void *page;
	paddr_t frame;

	(void)state;
	start_ordinary();
	low = frames_low_free();
	assert_int_equal(frames_reserve(low + 1), -E_NOMEM);
	assert_int_equal(frames_reserve(low - 1), 0);
	assert_int_equal(frames_low_free(), low);
	assert_int_equal(frames_reserve(2), -E_NOMEM);
	/* One is left for everybody else. */
	page = page_alloc();
	assert_non_null(page);
	assert_null(page_alloc());
	assert_false(frame_alloc(FRAME_LOW, &frame));
	assert_null(pages_alloc(1));
	/* Between reserve and use and back. */
	for (uint32_t i = 0; i < low - 1; i++)
		assert_non_null(page_alloc_reserved());
	assert_int_equal(frames_low_free(), 0);
	page_free_reserved(page);
	assert_null(page_alloc());
	assert_non_null(page_alloc_reserved());
	assert_true(native_panics(page_alloc_reserved()));
	assert_true(native_panics(frames_unreserve(1)));
}

static void chunks_leave_the_reserve_alone(void **state)
{
	paddr_t chunk;
	uint32_t low;

	(void)state;
	start_ordinary();
	low = frames_low_free();
	assert_int_equal(frames_reserve(low - 2 * FRAMES_PER_CHUNK), 0);
	for (int i = 0; i < 8 + 2; i++)
		assert_true(chunk_alloc(&chunk));
	assert_false(chunk_alloc(&chunk));
	for (uint32_t i = 0; i < low - 2 * FRAMES_PER_CHUNK; i++)
		assert_non_null(page_alloc_reserved());
}

/* What was promised is there for who has the promise, whatever others ask for meanwhile. */
static void promises(void **state)
{
	uint32_t all, taken = 0;
	paddr_t frame;

	(void)state;
	start_ordinary();
	all = frames_free();
	assert_int_equal(frames_promise(all + 1), -E_NOMEM);
	assert_int_equal(frames_promise(all - 10), 0);
	assert_int_equal(frames_free(), 10);
	assert_int_equal(frames_low_free(), 10);
	assert_int_equal(frames_promise(11), -E_NOMEM);
	assert_int_equal(frames_reserve(11), -E_NOMEM);
	assert_null(pages_alloc(11));
	assert_false(chunk_alloc(&frame));
	assert_int_equal(frames_reserve(4), 0);
	for (unsigned i = 0; i < 6; i++)
		assert_true(frame_alloc(i % 2 == 0 ? FRAME_LOW : FRAME_ANY, &frame));
	assert_false(frame_alloc(FRAME_LOW, &frame));
	assert_null(page_alloc());
	/* In chunks as long as there are any. */
	for (; all - 10 - taken >= FRAMES_PER_CHUNK && chunk_alloc_promised(&frame);
	     taken += FRAMES_PER_CHUNK)
		;
	assert_true(taken > FRAMES_PER_CHUNK);
	for (; taken < all - 10; taken++)
		frame_alloc_promised(&frame);
	for (unsigned i = 0; i < 4; i++)
		assert_non_null(page_alloc_reserved());
	assert_int_equal(frames_free(), 0);
	assert_true(native_panics(frame_alloc_promised(&frame)));
	frame_free(frame);
	assert_int_equal(frames_promise(1), 0);
	assert_null(page_alloc());
	frames_withdraw(1);
	assert_non_null(page_alloc());
	assert_true(native_panics(frames_withdraw(1)));
}

/* Another CPU takes what it can whenever the lock is free. */
static unsigned stolen;

static void steal(enum lock_rank rank)
{
	paddr_t frame;

	(void)rank;
	native_unlocked = NULL;
	stolen += frame_alloc(FRAME_LOW, &frame);
	native_unlocked = steal;
}

static void use_reserve(uint32_t count)
{
	void *pages[8];

	for (int round = 0; round < 3; round++) {
		for (uint32_t i = 0; i < count; i++)
			pages[i] = page_alloc_reserved();
		for (uint32_t i = 0; i < count; i++)
			page_free_reserved(pages[i]);
	}
}

static void reserve_holds_against_another_cpu(void **state)
{
	bool panicked;

	(void)state;
	start_ordinary();
	assert_int_equal(frames_reserve(8), 0);
	while (page_alloc())
		;
	stolen = 0;
	native_unlocked = steal;
	panicked = native_panics(use_reserve(8));
	native_unlocked = NULL;
	assert_false(panicked);
	assert_int_equal(stolen, 0);
	assert_int_equal(frames_low_free(), 8);
}

static void owners_are_remembered(void **state)
{
	void *page;
	int mark;

	(void)state;
	start_ordinary();
	page = page_alloc();
	assert_null(frame_owner(direct_physical(page)));
	frame_set_owner(direct_physical(page), &mark);
	assert_ptr_equal(frame_owner(direct_physical(page)), &mark);
	frame_set_owner(direct_physical(page), NULL);
	assert_null(frame_owner(direct_physical(page)));
}

/* --- the long run -------------------------------------------------------------------------- */

#define PIECES 600

static uint8_t taken[2][MB(32) >> PAGE_SHIFT];	/* low, high: every frame's state */

struct piece {
	paddr_t start;
	uint32_t count;
	enum { NOTHING, FRAME, CHUNK, RUN, RESERVED } kind;
};

static void mark_piece(const struct piece *piece, uint8_t state)
{
	for (uint32_t i = 0; i < piece->count; i++) {
		paddr_t frame = piece->start + (paddr_t)i * PAGE_SIZE;
		bool high = frame >= LIMIT / 2;
		uint64_t index = (high ? frame - LIMIT / 2 : frame) >> PAGE_SHIFT;

		assert_true(index < (high ? MB(16) : MB(32)) >> PAGE_SHIFT);
		assert_int_equal(taken[high][index], !state);
		taken[high][index] = state;
	}
}

static bool take_piece(struct piece *piece, uint64_t dice, uint32_t reserve)
{
	void *pages = NULL;

	*piece = (struct piece){ .count = 1, .kind = FRAME };
	switch (dice % 8) {
	case 0:
		piece->kind = CHUNK;
		piece->count = FRAMES_PER_CHUNK;
		return chunk_alloc(&piece->start);
	case 1:
		piece->kind = RUN;
		piece->count = 1 + (uint32_t)(dice >> 8) % 200;
		pages = pages_alloc(piece->count);
		break;
	case 2:
		piece->kind = RESERVED;
		pages = reserve ? page_alloc_reserved() : NULL;
		break;
	default:
		return frame_alloc(dice >> 8 & 1 ? FRAME_LOW : FRAME_ANY, &piece->start);
	}
	if (pages)
		piece->start = direct_physical(pages);
	return pages != NULL;
}

static void give_piece(const struct piece *piece)
{
	if (piece->kind == CHUNK)
		chunk_free(piece->start);
	else if (piece->kind == FRAME)
		frame_free(piece->start);
	else if (piece->kind == RUN)
		pages_free(direct_map(piece->start), piece->count);
	else
		page_free_reserved(direct_map(piece->start));
}

static void random_run(void **state)
{
	struct piece pieces[PIECES];
	uint32_t used = 0, before, reserve = 300;
	uint64_t seed = 4711;

	(void)state;
	start_ordinary();
	before = frames_free();
	memset(taken, 0, sizeof(taken));
	memset(pieces, 0, sizeof(pieces));
	assert_int_equal(frames_reserve(reserve), 0);
	for (int round = 0; round < 60000; round++) {
		struct piece *piece = &pieces[unit_random(&seed) % PIECES];

		if (piece->kind == NOTHING) {
			if (!take_piece(piece, unit_random(&seed), reserve)) {
				piece->kind = NOTHING;
				continue;
			}
			mark_piece(piece, 1);
			used += piece->count;
			reserve -= piece->kind == RESERVED;
		} else {
			mark_piece(piece, 0);
			used -= piece->count;
			reserve += piece->kind == RESERVED;
			give_piece(piece);
			piece->kind = NOTHING;
		}
		assert_int_equal(frames_free(), before - used);
		assert_true(frames_low_free() >= reserve);
	}
	for (uint32_t i = 0; i < PIECES; i++)
		if (pieces[i].kind != NOTHING)
			give_piece(&pieces[i]);
	assert_int_equal(frames_free(), before);
	frames_unreserve(300);
}

/* Numbers of chunks that do not fit into 32 bits, and the end of all addresses. */
static void ranges_beyond_everything(void **state)
{
	static const struct memory_range usable[] = {
		{ UINT64_MAX - 100, UINT64_MAX }, { MB(1), MB(32) },
		{ 1ull << 53, (1ull << 53) + MB(64) }, { MB(64) - 5, UINT64_MAX },
	};
	static const struct memory_range reserved[] = { { 1ull << 53, UINT64_MAX },
							{ MB(40), UINT64_MAX } };
	static const struct memory_range all[] = { { 0, UINT64_MAX } };
	paddr_t frame;

	(void)state;
	start(usable, 4, reserved, 2);
	while (frame_alloc(FRAME_ANY, &frame))
		assert_true(frame >= MB(1) && frame < MB(32));
	assert_true((uint8_t *)chunks >= (uint8_t *)direct_map(MB(1)) &&
		    (uint8_t *)chunks <= (uint8_t *)direct_map(MB(32) - 1));
	/* Everything is reserved: nothing is found, and soon. */
	native_start(true);
	assert_int_equal(frames_init(usable, 4, all, 1, LIMIT), -E_NOMEM);
}

/* Whether it is free, used or reserved makes no difference: no device is there. */
static void memory_is_no_device(void **state)
{
	static const struct memory_range usable[] = { { MB(1), MB(32) }, { MB(8192), MB(8193) } };
	static const struct memory_range reserved[] = { { MB(4), MB(5) } };

	(void)state;
	start(usable, 2, reserved, 1);
	assert_true(frames_are_memory(MB(1), 1));
	assert_true(frames_are_memory(MB(4), 4096));
	assert_true(frames_are_memory(MB(32) - 1, 1));
	assert_true(frames_are_memory(0, MB(1) + 1));
	assert_true(frames_are_memory(MB(8000), MB(1000)));
	assert_true(frames_are_memory(MB(8000), UINT64_MAX));
	assert_false(frames_are_memory(0, MB(1)));
	assert_false(frames_are_memory(MB(32), MB(8160)));
	assert_false(frames_are_memory(0xFEC00000, 32));
	assert_false(frames_are_memory(UINT64_MAX - 3, 4));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_what_is_usable),
		cmocka_unit_test(no_room_for_itself),
		cmocka_unit_test(high_memory_first),
		cmocka_unit_test(far_memory_first),
		cmocka_unit_test(ranges_of_any_size),
		cmocka_unit_test(chunk_is_whole_again),
		cmocka_unit_test(pages_are_zeroed),
		cmocka_unit_test(runs),
		cmocka_unit_test(runs_have_limits),
		cmocka_unit_test(reservation),
		cmocka_unit_test(chunks_leave_the_reserve_alone),
		cmocka_unit_test(promises),
		cmocka_unit_test(reserve_holds_against_another_cpu),
		cmocka_unit_test(owners_are_remembered),
		cmocka_unit_test(random_run),
		cmocka_unit_test(ranges_beyond_everything),
		cmocka_unit_test(memory_is_no_device),
	};

	return cmocka_run_group_tests_name("frames", tests, NULL, NULL);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of drivers/block/disk.c and disk_transfer.c with a disk that has blocks of 4 KB:
 * requests that are not aligned to these, and what writes to the same block at once.
 */
#include "tests/unit/disk_fixture.h"

#define BLOCK 4096u
#define ASKS 8u

static uint8_t expected[sizeof(media)];
static uint32_t number;

static int setup_blocks(void **state)
{
	tags = 4;
	setup(state);
	disk.device.block_size = BLOCK;
	memcpy(expected, media, sizeof(media));
	number = 1;
	return 0;
}

static uint32_t any(uint32_t below)
{
	number = number * 1664525 + 1013904223;
	return (number >> 8) % below;
}

static void check_media(void)
{
	assert_memory_equal(media, expected, sizeof(media));
}

/* A write of random bytes at that place of memory, which expected has too. */
static int write_some(struct ask *ask, uint64_t sector, uint32_t offset, uint32_t length)
{
	for (uint32_t i = 0; i < length; i++)
		memory[offset + i] = (uint8_t)any(256);
	memcpy(expected + sector * 512, memory + offset, length);
	return submit_at(ask, BLOCK_WRITE, sector, offset, length);
}

static void aligned_goes_directly(void **state)
{
	static struct ask ask;

	(void)state;
	check_ask(&ask, submit_at(&ask, BLOCK_READ, 8, 100, 3 * BLOCK), 0);
	check_ask(&ask, write_some(&ask, 16, 200, 2 * BLOCK), 0);
	assert_int_equal(starts, 2);
	assert_int_equal(port.counters.bounced, 0);
	check_ask(&ask, submit_at(&ask, BLOCK_FLUSH, 0, 0, 0), 0);
	check_media();
}

/* Sector, length, and how many commands that takes. */
static void pieces(void **state)
{
	static const struct {
		uint32_t sector, length;
		unsigned reads, writes;
	} rows[] = {
		{ 8, 512, 1, 2 }, { 9, 512, 1, 2 }, { 15, 1024, 1, 4 }, { 9, BLOCK, 1, 4 },
		{ 9, 3584, 1, 2 }, { 8, BLOCK + 512, 1, 3 }, { 9, 3584 + BLOCK, 1, 3 },
		{ 9, 2 * BLOCK, 1, 5 }, { 9, DISK_BOUNCE_SIZE, 2, 5 },
		{ 15, DISK_BOUNCE_SIZE + 512, 2, 3 },
		{ 15, DISK_BOUNCE_SIZE + 1024, 2, 5 }, { SECTORS - 1, 512, 1, 2 },
	};
	static struct ask ask;

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		starts = 0;
		check_ask(&ask, submit_at(&ask, BLOCK_READ, rows[i].sector, 99, rows[i].length), 0);
		assert_memory_equal(memory + 99, media + rows[i].sector * 512, rows[i].length);
		assert_int_equal(starts, rows[i].reads);
		starts = 0;
		check_ask(&ask, write_some(&ask, rows[i].sector, 99, rows[i].length), 0);
		assert_int_equal(starts, rows[i].writes);
		check_media();
	}
}

static void by_chance(void **state)
{
	static struct ask ask;

	(void)state;
	for (unsigned i = 0; i < 300; i++) {
		uint32_t length = 512 * (1 + any(any(2) ? 300 : 20));
		uint32_t sector = any(SECTORS - length / 512 + 1), offset = any(4096);

		if (any(2) == 0) {
			check_ask(&ask, write_some(&ask, sector, offset, length), 0);
			check_media();
			continue;
		}
		check_ask(&ask, submit_at(&ask, BLOCK_READ, sector, offset, length), 0);
		assert_memory_equal(memory + offset, media + sector * 512, length);
	}
}

/*
 * Many at once in the same few blocks, of which each has sectors of its own; the device
 * answers in any order, and now and then it wants a reset.  Nothing that was written is lost.
 */
static void side_by_side(void **state)
{
	static struct ask asks[ASKS];

	(void)state;
	for (unsigned round = 0; round < 500; round++) {
		uint32_t sector = any(64);

		for (unsigned i = 0; i < ASKS; i++) {
			uint32_t count = any(4) == 0 ? 8 + any(16) : 1 + any(6);

			/* Some whole blocks among them. */
			if (any(3) == 0) {
				sector = (sector + 7) & ~7u;
				count = 8;
			}
			assert_int_equal(write_some(&asks[i], sector, i * 16384, count * 512),
					 BLOCK_LATER);
			sector += count + any(3);
		}
		for (bool left = true; left;) {
			deaf = any(16);
			if (any(8) == 0)
				troublemaker = (unsigned)in_flight[any(4)].sector + 1;
			disk_port_interrupt(&port);
			troublemaker = 0;
			left = false;
			for (unsigned i = 0; i < ASKS; i++)
				left |= asks[i].finished == 0;
		}
		for (unsigned i = 0; i < ASKS; i++)
			assert_int_equal(asks[i].error, 0);
		check_media();
	}
	assert_true(stops > 100);
}

/* What only reads, or has to do with other blocks, does not wait behind one that has to. */
static void others_pass(void **state)
{
	static struct ask first, second, reader, other;

	(void)state;
	assert_int_equal(write_some(&first, 8, 0, 512), BLOCK_LATER);
	assert_int_equal(write_some(&second, 9, 4096, 512), BLOCK_LATER);
	assert_int_equal(starts, 1);
	assert_int_equal(submit_at(&reader, BLOCK_READ, 10, 8192, 512), BLOCK_LATER);
	assert_int_equal(write_some(&other, 16, 12288, 512), BLOCK_LATER);
	assert_int_equal(starts, 3);
	wait_for(&first);
	wait_for(&second);
	wait_for(&reader);
	wait_for(&other);
	check_media();
}

/* A write that is given up between its two commands has not begun. */
static void cancelled(void **state)
{
	static struct ask ask, next;
	struct block_request *list[] = { &ask.request };

	(void)state;
	memset(memory, 0x77, 512);
	assert_int_equal(submit_at(&ask, BLOCK_WRITE, 9, 0, 512), BLOCK_LATER);
	disk.device.ops->cancel(&disk.device, list, 1);
	assert_int_equal(ask.finished, 0);
	check_ask(&next, write_some(&next, 10, 4096, 512), 0);
	check_media();
}

/* A block that cannot be read is not written to either. */
static void unreadable(void **state)
{
	static struct ask ask;

	(void)state;
	answer = -E_IO;
	memset(memory, 0x77, 512);
	check_ask(&ask, submit_at(&ask, BLOCK_WRITE, 9, 0, 512), -E_IO);
	assert_int_equal(starts, 1);
	answer = 0;
	check_media();
}

#define BLOCKS_TEST(name) cmocka_unit_test_setup_teardown(name, setup_blocks, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		BLOCKS_TEST(aligned_goes_directly),
		BLOCKS_TEST(pieces),
		BLOCKS_TEST(by_chance),
		BLOCKS_TEST(side_by_side),
		BLOCKS_TEST(others_pass),
		BLOCKS_TEST(cancelled),
		BLOCKS_TEST(unreadable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

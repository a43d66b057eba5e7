// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of drivers/block/disk.c, disk_transfer.c and disk_read.c: requests, and where what is
 * read and written goes.
 */
#include "tests/unit/disk_fixture.h"

static void directly(void **state)
{
	const size_t before = sizeof(media) - 4097;	/* the byte in front of the last page */
	static struct ask ask;

	(void)state;
	check_ask(&ask, submit_at(&ask, BLOCK_READ, 5, 100, 64 * 1024), 0);
	assert_memory_equal(memory + 100, media + 5 * 512, 64 * 1024);
	assert_int_equal(memory[99], 0xEE);
	assert_int_equal(memory[100 + 64 * 1024], 0xEE);
	assert_int_equal(port.counters.bounced, 0);
	assert_int_equal(starts, 1);
	assert_true(most_fragments > 16);
	memset(memory, 0x77, 4096);
	check_ask(&ask, submit_at(&ask, BLOCK_WRITE, SECTORS - 8, 0, 4096), 0);
	assert_int_equal(media[sizeof(media) - 1], 0x77);
	assert_int_equal(media[before], (uint8_t)(before * 3 + (before >> 9)));
	check_ask(&ask, submit_at(&ask, BLOCK_FLUSH, 0, 0, 0), 0);
}

/* Whatever the device cannot reach goes through the tag's buffer, in as many pieces as it takes. */
static void by_a_detour(void **state)
{
	static struct ask ask;
	const uint32_t length = 3 * DISK_BOUNCE_SIZE + 512;

	(void)state;
	for (unsigned why = 0; why < 3; why++) {
		port.limits = (struct disk_limits){ UINT64_MAX, 2, DISK_FRAGMENTS_MAX, 1 << 20 };
		if (why == 0)
			port.limits.end = 1ull << 32;
		if (why == 1)
			port.limits.fragments = 4;
		starts = 0;
		memset(memory, 0xEE, sizeof(memory));
		/* The third time the address is odd. */
		check_ask(&ask, submit_at(&ask, BLOCK_READ, 7, 4097, length), 0);
		assert_memory_equal(memory + 4097, media + 7 * 512, length);
		assert_int_equal(memory[4096], 0xEE);
		assert_int_equal(memory[4097 + length], 0xEE);
		assert_int_equal(starts, 4);
		for (uint32_t i = 0; i < length; i++)
			memory[4097 + i] = (uint8_t)(i * 7 + why);
		check_ask(&ask, submit_at(&ask, BLOCK_WRITE, 7, 4097, length), 0);
		assert_memory_equal(media + 7 * 512, memory + 4097, length);
	}
}

static void many_segments(void **state)
{
	static struct ask ask;
	uint32_t offset = 1;

	(void)state;
	ask.request.segment_count = 128;
	for (unsigned i = 0; i < 128; i++, offset += 8193)
		ask.segments[i] = (struct block_segment){ memory + offset, 4096 };
	check_ask(&ask, submit(&ask, BLOCK_READ, 0, 128 * 4096), 0);
	for (unsigned i = 0; i < 128; i++)
		assert_memory_equal(ask.segments[i].bytes, media + i * 4096, 4096);
}

static void outside(void **state)
{
	static struct ask ask;

	(void)state;
	assert_int_equal(submit_at(&ask, BLOCK_READ, SECTORS, 0, 512), -E_RANGE);
	assert_int_equal(submit_at(&ask, BLOCK_READ, SECTORS - 1, 0, 1024), -E_RANGE);
	assert_int_equal(submit_at(&ask, BLOCK_WRITE, UINT64_MAX, 0, 512), -E_RANGE);
	assert_int_equal(submit_at(&ask, BLOCK_WRITE, UINT64_MAX, 0, 1024), -E_RANGE);
	assert_int_equal(submit_at(&ask, BLOCK_READ, 0, 0, 100), -E_RANGE);
	assert_int_equal(submit_at(&ask, BLOCK_READ, 0, 0, 0), -E_RANGE);
	disk.device.read_only = true;
	assert_int_equal(submit_at(&ask, BLOCK_WRITE, 0, 0, 512), -E_RANGE);
	assert_int_equal(starts, 0);
}

static void more_than_tags(void **state)
{
	static struct ask asks[9];

	(void)state;
	for (unsigned i = 0; i < 8; i++)
		assert_int_equal(submit_at(&asks[i], BLOCK_READ, i, i * 4096, 512), BLOCK_LATER);
	assert_int_equal(starts, 2);
	assert_int_equal(submit_at(&asks[8], BLOCK_READ, 0, 0, 512), -E_NOSPC);
	for (unsigned i = 0; i < 8; i++) {
		wait_for(&asks[i]);
		assert_memory_equal(memory + i * 4096, media + i * 512, 512);
	}
}

/* Without a cache flushes are done at once; what waits behind them is not forgotten. */
static void flushes_at_once(void **state)
{
	static struct ask asks[6];

	(void)state;
	port.depth = 1;
	cacheless = true;
	for (unsigned i = 0; i < 6; i++)
		assert_int_equal(submit_at(&asks[i], i % 3 == 0 ? BLOCK_READ : BLOCK_FLUSH, 8 * i,
					   i * 4096, i % 3 == 0 ? 4096 : 0),
				 BLOCK_LATER);
	for (unsigned i = 0; i < 2; i++)
		assert_true(disk_port_interrupt(&port));
	for (unsigned i = 0; i < 6; i++)
		assert_int_equal(asks[i].finished, 1);
	assert_int_equal(starts, 2);
}

/*
 * What a handler does for a request is that request's affair, above all its detour; what is done
 * when it is submitted is in the time of who submits.
 */
static void whose_time(void **state)
{
	static struct ask asks[3];
	uint32_t sum = 0;

	(void)state;
	port.limits.end = 1ull << 32;
	port.depth = 1;
	copy_time = 10;
	assert_int_equal(submit_at(&asks[0], BLOCK_READ, 0, 0, 8192), BLOCK_LATER);
	assert_int_equal(submit_at(&asks[1], BLOCK_WRITE, 32, 65536, 4096), BLOCK_LATER);
	assert_int_equal(submit_at(&asks[2], BLOCK_WRITE, 64, 131072, 512), BLOCK_LATER);
	assert_int_equal(asks[0].request.spent, 0);
	for (unsigned i = 0; i < 3; i++)
		assert_true(disk_port_interrupt(&port));
	/* But for some looks at the clock, 1000 ns each. */
	assert_in_range(asks[0].request.spent, 81920, 81920 + 5000);
	assert_in_range(asks[1].request.spent, 40960, 40960 + 5000);
	assert_in_range(asks[2].request.spent, 5120, 5120 + 5000);
	for (unsigned i = 0; i < 3; i++)
		sum += asks[i].request.spent;
	assert_int_equal(accounted, sum);
	/* A write that need not wait is copied in the writer's own time. */
	assert_int_equal(submit_at(&asks[0], BLOCK_WRITE, 0, 0, 8192), BLOCK_LATER);
	assert_int_equal(asks[0].request.spent, 0);
	assert_int_equal(accounted, sum);
	wait_for(&asks[0]);
	assert_in_range(asks[0].request.spent, 1, 5000);
	sum += asks[0].request.spent;
	assert_int_equal(accounted, sum);
}

/* Nobody pays for a guest that is gone, but nobody else is charged either. */
static void whose_time_cancelled(void **state)
{
	static struct ask ask;
	struct block_request *list[] = { &ask.request };

	(void)state;
	assert_int_equal(submit_at(&ask, BLOCK_READ, 0, 0, 512), BLOCK_LATER);
	assert_false(disk.device.ops->cancel(&disk.device, list, 1));
	assert_true(disk_port_interrupt(&port));
	assert_int_equal(ask.request.spent, 0);
	assert_in_range(accounted, 1, 5000);
}

static void errors_of_the_medium(void **state)
{
	static struct ask ask;

	(void)state;
	answer = -E_IO;
	check_ask(&ask, submit_at(&ask, BLOCK_READ, 0, 0, 512), -E_IO);
	assert_int_equal(memory[0], 0xEE);
	assert_int_equal(port.counters.errors, 1);
	assert_int_equal(stops, 0);
	answer = 0;
	check_ask(&ask, submit_at(&ask, BLOCK_READ, 0, 0, 512), 0);
}

static void read_at_boot(void **state)
{
	uint8_t *sector = memory + 3 * 4096;

	(void)state;
	/* Partition tables can take many, all without an interrupt. */
	for (unsigned i = 0; i < 20; i++)
		assert_int_equal(disk_read_now(&disk, 9, sector), 0);
	assert_memory_equal(sector, media + 9 * 512, 512);
	assert_false(port.watch.is_polled);
	assert_int_equal(disk_read_now(&disk, SECTORS, sector), -E_RANGE);
	/* A timer from then would find what the interrupts of the first guest tell. */
	assert_true(timer_period == 0);
}

static void status(void **state)
{
	static struct ask ask;
	struct disk_status status;

	(void)state;
	check_ask(&ask, submit_at(&ask, BLOCK_READ, 0, 0, 512), 0);
	disk_port_set_polled(&port);
	disk_status(&disk, &status);
	assert_int_equal(status.state, DISK_RUNNING);
	assert_int_equal(status.counters.commands, 1);
	assert_true(status.is_polled);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		DISK_TEST(directly),
		DISK_TEST(by_a_detour),
		DISK_TEST(many_segments),
		DISK_TEST(outside),
		DISK_TEST(more_than_tags),
		DISK_TEST(flushes_at_once),
		DISK_TEST(whose_time),
		DISK_TEST(whose_time_cancelled),
		DISK_TEST(errors_of_the_medium),
		DISK_TEST(read_at_boot),
		DISK_TEST(status),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

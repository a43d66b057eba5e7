// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of the RAM disk over a pretended physical memory, in which a byte that
 * belongs to nobody ends the test.
 */
#include "drivers/block/ram_disk.h"
#include "lib/compiler.h"
#include "lib/error.h"
#include "mm/host_map.h"
#include "tests/unit/unit.h"

#include <string.h>

#define START 0x123456200ull	/* above 4 GB, and in no page by itself */
#define SECTORS 16u
#define BYTES (SECTORS * BLOCK_SECTOR_SIZE)

static uint8_t memory[BYTES];

static uint8_t *place(paddr_t address, size_t length)
{
	assert_true(address >= START && address + length <= START + BYTES);
	return memory + (address - START);
}

void physical_read(paddr_t from, void *to, size_t length)
{
	memcpy(to, place(from, length), length);
}

void physical_write(paddr_t to, const void *from, size_t length)
{
	memcpy(place(to, length), from, length);
}

static int setup(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < BYTES; i++)
		memory[i] = (uint8_t)(i * 5 + (i >> 9));
	return 0;
}

static int ask(struct ram_disk *disk, enum block_operation operation, uint64_t sector,
	       const struct block_segment *segments, unsigned count)
{
	struct block_request request = {
		.operation = operation, .sector = sector, .segments = segments,
		.segment_count = count,
	};

	for (unsigned i = 0; i < count; i++)
		request.length += segments[i].length;
	return disk->device.ops->submit(&disk->device, &request);
}

static void test_size(void **state)
{
	struct ram_disk disk;

	(void)state;
	ram_disk_init(&disk, START, BYTES, false);
	assert_int_equal(disk.device.sectors, SECTORS);
	assert_false(disk.device.read_only);
	ram_disk_init(&disk, START, BYTES - 1, true);
	assert_int_equal(disk.device.sectors, SECTORS - 1);
	assert_true(disk.device.read_only);
	ram_disk_init(&disk, START, 511, true);
	assert_int_equal(disk.device.sectors, 0);
}

static void test_read_and_write(void **state)
{
	uint8_t a[700], b[836];
	const struct block_segment segments[] = { { a, sizeof(a) }, { b, sizeof(b) } };
	struct ram_disk disk;

	(void)state;
	ram_disk_init(&disk, START, BYTES, false);
	assert_int_equal(ask(&disk, BLOCK_READ, SECTORS - 3, segments, 2), 0);
	assert_memory_equal(a, memory + BYTES - 1536, sizeof(a));
	assert_memory_equal(b, memory + BYTES - 836, sizeof(b));
	memset(a, 1, sizeof(a));
	memset(b, 2, sizeof(b));
	assert_int_equal(ask(&disk, BLOCK_WRITE, 1, segments, 2), 0);
	assert_memory_equal(memory + 512, a, sizeof(a));
	assert_memory_equal(memory + 512 + 700, b, sizeof(b));
	assert_int_equal(memory[511], (uint8_t)(511 * 5));
	assert_int_equal(memory[2048], (uint8_t)(2048 * 5 + 4));
	assert_int_equal(ask(&disk, BLOCK_FLUSH, 0, NULL, 0), 0);
}

/* The model does not let these through; the disk does not rely on it. */
static void test_refused(void **state)
{
	uint8_t bytes[1024] = { 0 };
	const struct block_segment one = { bytes, 512 }, two = { bytes, 1024 };
	struct ram_disk disk;

	(void)state;
	ram_disk_init(&disk, START, BYTES, true);
	assert_int_equal(ask(&disk, BLOCK_READ, SECTORS, &one, 1), -E_RANGE);
	assert_int_equal(ask(&disk, BLOCK_READ, SECTORS - 1, &two, 1), -E_RANGE);
	assert_int_equal(ask(&disk, BLOCK_READ, UINT64_MAX, &two, 1), -E_RANGE);
	assert_int_equal(ask(&disk, BLOCK_READ, 1ull << 55, &one, 1), -E_RANGE);
	assert_int_equal(ask(&disk, BLOCK_WRITE, 0, &one, 1), -E_RANGE);
	assert_int_equal(memory[512], (uint8_t)(512 * 5 + 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_size),
		cmocka_unit_test_setup(test_read_and_write, setup),
		cmocka_unit_test_setup(test_refused, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

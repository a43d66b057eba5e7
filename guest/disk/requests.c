// SPDX-License-Identifier: GPL-2.0-only
/*
 * What each kind of request does, and which ones are refused.
 */
#include "guest/disk/pattern.h"
#include "guest/runtime/compiler.h"
#include "guest/runtime/device.h"
#include "guest/runtime/layout.h"
#include "guest/runtime/machine.h"
#include "guest/runtime/print.h"
#include "guest/runtime/report.h"
#include "guest/runtime/string.h"

#include <stddef.h>

TEST(disk, identity)
{
	uint64_t offered, expected = FEATURES | BLOCK_INDIRECT;

	if (!disk_ready())
		return;
	offered = virtio_offered(&disk.virtio) & 0xFFFFFFFFu;
	CHECK(offered == (expected & ~BLOCK_READ_ONLY), "it offers 0x%x", (uint32_t)offered);
	CHECK(block_capacity(&disk) == SECTORS, "%u sectors", (uint32_t)block_capacity(&disk));
	CHECK(block_config(&disk, BLOCK_CONFIG_SEG_MAX) == 126, "seg_max %u",
	      block_config(&disk, BLOCK_CONFIG_SEG_MAX));
	CHECK(block_config(&disk, BLOCK_CONFIG_BLK_SIZE) == machine_number("block", BLOCK_SECTOR),
	      "blk_size %u", block_config(&disk, BLOCK_CONFIG_BLK_SIZE));
	CHECK(virtio_queue_count(&disk.virtio) == 1, "%u queues",
	      virtio_queue_count(&disk.virtio));
}

TEST(disk, reads)
{
	static const struct {
		const char *name;
		uint32_t sector, sectors;
	} rows[] = {
		{"first", 0, 1}, {"last", SECTORS - 1, 1}, {"page", SECTORS - 8, 8},
		{"odd", SECTORS - 333, 333}, {"megabyte", WRITABLE - 512, 2048},
	};

	if (!disk_ready())
		return;
	/* What tests before this one wrote is put back by them. */
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		uint32_t length = rows[i].sectors * BLOCK_SECTOR;
		uint8_t status = block_transfer(&disk, BLOCK_IN, rows[i].sector, disk_data, length);
		bool right = pattern_holds(disk_data, rows[i].sector, rows[i].sectors);

		report_case(rows[i].name, status == BLOCK_OK && right, "status %u, data %d", status,
			    right);
	}
}

/* Write something, read it back with its neighbours, put back what was there. */
static bool write_and_read(uint32_t sector, uint32_t sectors)
{
	uint32_t length = sectors * BLOCK_SECTOR;
	uint8_t *neighbour = disk_data + length;
	bool right;

	pattern_other(disk_data, length, sector);
	CHECK_BOOL(block_transfer(&disk, BLOCK_OUT, sector, disk_data, length) == BLOCK_OK,
		   "not written");
	memset(disk_data, 0, length + BLOCK_SECTOR);
	CHECK_BOOL(block_transfer(&disk, BLOCK_IN, sector, disk_data, length + BLOCK_SECTOR) ==
		   BLOCK_OK, "not read");
	right = pattern_other_holds(disk_data, length, sector) &&
		pattern_holds(neighbour, sector + sectors, 1);
	for (uint32_t i = 0; i < sectors * WORDS; i++)
		((struct disk_word *)disk_data)[i].value =
			(sector + i / WORDS) * 0x9E3779B1u + i % WORDS;
	CHECK_BOOL(block_transfer(&disk, BLOCK_OUT, sector, disk_data, length) == BLOCK_OK,
		   "not put back");
	return right;
}

TEST(disk, writes)
{
	static const struct {
		const char *name;
		uint32_t sector, sectors;
	} rows[] = {
		{"first", 0, 1}, {"page", 8, 8}, {"odd", 101, 77}, {"megabyte_less", 256, 2047},
	};

	if (!disk_ready())
		return;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		report_case(rows[i].name, write_and_read(rows[i].sector, rows[i].sectors),
			    "other data");
}

TEST(disk, flush)
{
	if (!disk_ready())
		return;
	CHECK(block_carry_out(&disk, BLOCK_FLUSH, 0, NULL, 0) == BLOCK_OK, "refused");
	/* And when the feature was not accepted. */
	CHECK(block_start(&disk, 0), "no start");
	CHECK(block_carry_out(&disk, BLOCK_FLUSH, 0, NULL, 0) == BLOCK_OK, "refused without");
}

/* The guest's name, a dash, the disk's name, and zeroes. */
TEST(disk, serial)
{
	char name[16], expected[BLOCK_ID_SIZE + 1] = "";
	uint32_t length;

	(void)machine_word("name", name, sizeof(name));
	length = format_text(expected, sizeof(expected), "%s-vda", name);
	if (!disk_ready())
		return;
	CHECK(block_transfer(&disk, BLOCK_GET_ID, 0, disk_data, BLOCK_ID_SIZE) == BLOCK_OK,
	      "refused");
	CHECK(memcmp(disk_data, expected, BLOCK_ID_SIZE) == 0 && disk_data[BLOCK_ID_SIZE] == 0xEE,
	      "it is %s", (const char *)disk_data);
	CHECK(block_open(&disk, 1, FEATURES), "no second disk");
	memset(disk_data, 0xEE, BLOCK_ID_SIZE);
	CHECK(block_transfer(&disk, BLOCK_GET_ID, 0, disk_data, length) == BLOCK_OK, "refused");
	CHECK(memcmp(disk_data, name, length - 4) == 0 &&
	      memcmp(disk_data + length - 4, "-vdb\xEE", 5) == 0, "the second's is %s",
	      (const char *)disk_data);
}

TEST(disk, unknown_types)
{
	static const uint32_t types[] = {2, 3, 6, 7, 9, 100, 0x7FFFFFFF};

	if (!disk_ready())
		return;
	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		const struct virtqueue_buffer buffer = {phys_of(disk_data), BLOCK_SECTOR};
		uint8_t status = block_carry_out(&disk, types[i], 0, &buffer, 1);

		CHECK(status == BLOCK_UNSUPPORTED, "type %u: status %u", types[i], status);
	}
	CHECK(pattern_filled(disk_data, BLOCK_SECTOR, 0xEE), "something was read");
}

/* Nothing is done of a request that is not all right. */
TEST(disk, refused)
{
	static const struct {
		const char *name;
		uint64_t sector;
		uint32_t length;
	} rows[] = {
		{"behind", SECTORS, 512},	  {"over_the_end", SECTORS - 1, 1024},
		{"far", 1ull << 32, 512},	  {"wraps", UINT64_MAX, 1024},
		{"wraps_bytes", 1ull << 55, 512}, {"byte", 16, 1},
		{"byte_less", 16, 511},		  {"byte_more", 16, 4097},
	};

	if (!disk_ready())
		return;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		uint8_t read = block_transfer(&disk, BLOCK_IN, rows[i].sector, disk_data,
					      rows[i].length);
		bool kept = pattern_filled(disk_data, 8192, 0xEE);
		uint8_t written = block_transfer(&disk, BLOCK_OUT, rows[i].sector, disk_data,
						 rows[i].length);

		report_case(rows[i].name, read == BLOCK_ERROR && written == BLOCK_ERROR && kept,
			    "statuses %u and %u, kept %d", read, written, kept);
	}
	CHECK(block_transfer(&disk, BLOCK_IN, 16, disk_data, 8192) == BLOCK_OK &&
	      pattern_holds(disk_data, 16, 16), "something was written");
	CHECK(block_transfer(&disk, BLOCK_IN, SECTORS - 1, disk_data, 512) == BLOCK_OK &&
	      pattern_holds(disk_data, SECTORS - 1, 1), "the last sector was written");
}

TEST(disk, read_only)
{
	CHECK(block_open(&disk, 1, FEATURES), "no second disk");
	CHECK((virtio_offered(&disk.virtio) & BLOCK_READ_ONLY) != 0, "it does not say so");
	CHECK(block_capacity(&disk) == SECTORS_READ_ONLY, "%u sectors",
	      (uint32_t)block_capacity(&disk));
	memset(disk_data, 0x11, 4096);
	CHECK(block_transfer(&disk, BLOCK_OUT, 0, disk_data, 4096) == BLOCK_ERROR, "it is written");
	CHECK(block_carry_out(&disk, BLOCK_FLUSH, 0, NULL, 0) == BLOCK_OK, "no flush");
	CHECK(block_transfer(&disk, BLOCK_IN, 0, disk_data, 4096) == BLOCK_OK, "not read");
	CHECK(pattern_holds(disk_data, 0, 8), "it was written");
	CHECK(!block_open(&disk, 2, FEATURES), "there is a third disk");
}

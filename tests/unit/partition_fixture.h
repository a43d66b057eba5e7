/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A small disk in memory and what writes partition tables there, for the tests
 * and the fuzzer of drivers/block/partition_table.h.
 */
#ifndef UMBRA_TESTS_UNIT_PARTITION_FIXTURE_H
#define UMBRA_TESTS_UNIT_PARTITION_FIXTURE_H

#include "drivers/block/partition_table.h"
#include "lib/bytes.h"
#include "lib/crc32.h"
#include "lib/error.h"

#include <string.h>

#define FAKE_SECTORS 2048u

static uint8_t fake_disk[FAKE_SECTORS][512];
static uint64_t fake_bad = UINT64_MAX;	/* a sector that cannot be read */
static unsigned fake_reads;

static int fake_read(void *context, uint64_t sector, void *buffer)
{
	(void)context;
	fake_reads++;
	if (sector == fake_bad)
		return -E_IO;
	if (sector >= FAKE_SECTORS)
		memset(buffer, 0, 512);
	else
		memcpy(buffer, fake_disk[sector], 512);
	return 0;
}

static inline void put_mbr(uint32_t sector, unsigned index, uint8_t type, uint32_t first,
			   uint32_t sectors)
{
	uint8_t *entry = fake_disk[sector] + 446 + 16 * index;

	entry[4] = type;
	store_le32(entry + 8, first);
	store_le32(entry + 12, sectors);
	store_le16(fake_disk[sector] + 510, 0xAA55);
}

static inline void put_gpt_entry(uint32_t array, unsigned index, uint64_t first, uint64_t last)
{
	uint8_t *entry = &fake_disk[array][0] + 128 * index;

	memset(entry, 0x5A, 16);
	store_le64(entry + 32, first);
	store_le64(entry + 40, last);
}

/* Sums both parts up again, as they are. */
static inline void put_gpt_sums(uint32_t place)
{
	uint8_t *header = fake_disk[place];
	uint64_t array = load_le64(header + 72);
	uint64_t bytes = (uint64_t)load_le32(header + 80) * load_le32(header + 84);

	if (array < FAKE_SECTORS && bytes <= (FAKE_SECTORS - array) * 512)
		store_le32(header + 88, crc32(0, fake_disk[array], bytes));
	store_le32(header + 16, 0);
	store_le32(header + 16, crc32(0, header, 92));
}

static inline void put_gpt_header(uint32_t place, uint32_t array, uint32_t count)
{
	uint8_t *header = fake_disk[place];

	memcpy(header, "EFI PART", 8);
	store_le32(header + 8, 0x00010000);
	store_le32(header + 12, 92);
	store_le64(header + 24, place);
	store_le64(header + 40, 34);
	store_le64(header + 48, FAKE_SECTORS - 34);
	store_le64(header + 72, array);
	store_le32(header + 80, count);
	store_le32(header + 84, 128);
	put_gpt_sums(place);
}

#endif

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzzer of partition tables: the first byte says how many sectors the disk has
 * and whether sums are put right, the rest are its first sectors.  What comes out
 * must lie inside the disk, and reading it must end.
 */
#include "tests/fuzz/fuzz.h"
#include "tests/unit/partition_fixture.h"

#define READS_MAX 3000u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct partition_table table;
	uint64_t sectors;

	if (size < 1)
		return 0;
	sectors = data[0] & 0x40 ? UINT64_MAX >> (data[0] & 0x3F) : (data[0] & 0x3Fu) + 1;
	memset(fake_disk, 0, sizeof(fake_disk));
	memcpy(fake_disk, data + 1, size - 1 < sizeof(fake_disk) ? size - 1 : sizeof(fake_disk));
	if (data[0] & 0x80)
		put_gpt_sums(1);
	fake_reads = 0;
	REQUIRE(partition_table_read(&table, sectors, fake_read, NULL) == 0);
	REQUIRE(fake_reads <= READS_MAX && table.count <= PARTITIONS_MAX);
	for (unsigned i = 0; i < table.count; i++) {
		const struct partition_entry *entry = &table.list[i];

		REQUIRE(entry->number >= 1 && entry->sectors > 0 && entry->first < sectors);
		REQUIRE(entry->sectors <= sectors - entry->first);
	}
	return 0;
}

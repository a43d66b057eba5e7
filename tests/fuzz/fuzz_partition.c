// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzzer of partition tables: the first byte says how many sectors the disk has
 * and whether sums are put right, the second how large its blocks are, the rest are its
 * first sectors.  What comes out must lie inside the disk, each number once, and reading
 * it must end.
 */
#include "tests/fuzz/fuzz.h"
#include "tests/unit/partition_fixture.h"

#include <stdbool.h>

#define READS_MAX 17000u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct partition_table table;
	bool seen[PARTITIONS_MAX + 1] = { false };
	uint64_t sectors;
	unsigned shift;

	if (size < 2)
		return 0;
	shift = data[1] % 4u;
	sectors = data[0] & 0x40 ? UINT64_MAX >> (data[0] & 0x3F) : (data[0] & 0x3Fu) + 1;
	memset(fake_disk, 0, sizeof(fake_disk));
	memcpy(fake_disk, data + 2, size - 2 < sizeof(fake_disk) ? size - 2 : sizeof(fake_disk));
	if (data[0] & 0x80)
		put_gpt_sums(1u << shift);
	fake_reads = 0;
	REQUIRE(partition_table_read(&table, sectors, 512u << shift, fake_read, NULL) == 0);
	REQUIRE(fake_reads <= READS_MAX && table.count <= PARTITIONS_MAX);
	for (unsigned i = 0; i < table.count; i++) {
		const struct partition_entry *entry = &table.list[i];

		REQUIRE(entry->number >= 1 && entry->number <= PARTITIONS_MAX &&
			!seen[entry->number]);
		seen[entry->number] = true;
		REQUIRE(entry->sectors > 0 && entry->first < sectors);
		REQUIRE(entry->sectors <= sectors - entry->first);
	}
	return 0;
}

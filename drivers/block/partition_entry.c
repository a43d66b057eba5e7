// SPDX-License-Identifier: GPL-2.0-only
/*
 * One entry of an MBR or of the chain of an extended partition, and one partition
 * that is taken into the table.  For the readers of MBR, chain and GPT.
 */
#include "drivers/block/partition_internal.h"

#include "lib/bytes.h"

struct mbr_entry mbr_entry(const struct table_reader *reader, const uint8_t *sector, unsigned index)
{
	const uint8_t *entry = mbr_entry_at(sector, index);

	return (struct mbr_entry){
		.type = entry[MBR_OS_TYPE],
		.first = (uint64_t)load_le32(entry + MBR_STARTING_LBA) * reader->unit,
		.sectors = (uint64_t)load_le32(entry + MBR_SIZE_IN_LBA) * reader->unit,
	};
}

bool mbr_is_extended(const struct mbr_entry *entry)
{
	return entry->type == OS_TYPE_EXTENDED || entry->type == OS_TYPE_EXTENDED_LBA ||
	       entry->type == OS_TYPE_EXTENDED_LINUX;
}

void partition_warn(struct table_reader *reader, unsigned number, const char *warning)
{
	if (reader->table->warning)
		return;
	reader->table->warning = warning;
	reader->table->warning_number = number;
}

void partition_add(struct table_reader *reader, unsigned number, uint64_t first, uint64_t sectors,
		   uint64_t link)
{
	struct partition_table *table = reader->table;

	if (first >= reader->sectors) {
		partition_warn(reader, number, "it begins behind the end of the disk");
		return;
	}
	if (sectors > reader->sectors - first) {
		partition_warn(reader, number, "it is cut where the disk ends");
		sectors = reader->sectors - first;
	}
	/* Each number comes once, so there is room. */
	table->list[table->count++] = (struct partition_entry){ number, first, sectors, link };
}

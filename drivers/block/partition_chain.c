// SPDX-License-Identifier: GPL-2.0-only
/*
 * The chain of an extended partition.  Each link is a sector with four entries:
 * partitions, whose places count from the link, and the next link, which counts from
 * the start of the extended partition.  Which entries count, and in which order, follows
 * Linux (block/partitions/msdos.c), for the sake of the numbers; the links may lie
 * anywhere on the disk and in any order.
 */
#include "drivers/block/partition_internal.h"

#include "lib/bytes.h"

#include <stddef.h>

#define ENTRIES_TRUSTED 2u	/* the others may hold rubbish */

/* Links without a partition, one after the other: as many as Linux follows. */
#define EMPTY_LINKS_MAX 100u

/* All links of a table; several times what its numbers suffice for.  Linux has no such limit. */
#define LINKS_MAX 1024u

struct chain {
	const struct mbr_entry *extended;
	uint64_t at, sectors;	/* of this link, by the entry that named it */
	unsigned table_start;	/* its partitions in the table begin here */
	unsigned *number;	/* of the next partition */
	unsigned empty;		/* links since the last partition */
};

/* Was a partition of this chain described by that link?  Then the chain is a circle. */
static bool is_circle(const struct table_reader *reader, const struct chain *chain)
{
	const struct partition_table *table = reader->table;

	for (unsigned i = chain->table_start; i < table->count; i++)
		if (table->list[i].link == chain->at)
			return true;
	return false;
}

static bool is_trusted(const struct chain *chain, unsigned index, const struct mbr_entry *entry)
{
	const struct mbr_entry *extended = chain->extended;

	return index < ENTRIES_TRUSTED ||
	       (entry->first + entry->sectors <= chain->sectors &&
		chain->at + entry->first >= extended->first &&
		chain->at + entry->first + entry->sectors <= extended->first + extended->sectors);
}

/* No sum overflows: entries have 32 bits, times the few sectors of a block. */
static void add_partitions(struct table_reader *reader, struct chain *chain, const uint8_t *sector)
{
	for (unsigned i = 0; i < MBR_ENTRY_COUNT && *chain->number <= PARTITIONS_MAX; i++) {
		struct mbr_entry entry = mbr_entry(reader, sector, i);

		if (entry.sectors == 0 || mbr_is_extended(&entry) || !is_trusted(chain, i, &entry))
			continue;
		partition_add(reader, (*chain->number)++, chain->at + entry.first, entry.sectors,
			      chain->at);
		chain->empty = 0;
	}
}

/* False at the end of the chain. */
static bool follow(const struct table_reader *reader, struct chain *chain, const uint8_t *sector)
{
	for (unsigned i = 0; i < MBR_ENTRY_COUNT; i++) {
		struct mbr_entry entry = mbr_entry(reader, sector, i);

		if (entry.sectors == 0 || !mbr_is_extended(&entry))
			continue;
		chain->at = chain->extended->first + entry.first;
		chain->sectors = entry.sectors;
		return true;
	}
	return false;
}

/* NULL, or why this link is not read. */
static const char *find_stop(struct table_reader *reader, struct chain *chain)
{
	if (*chain->number > PARTITIONS_MAX)
		return "it has more logical partitions than there are numbers";
	if (chain->empty++ == EMPTY_LINKS_MAX || reader->links++ == LINKS_MAX)
		return "its chain of logical partitions goes on for too long without any";
	if (chain->at >= reader->sectors)
		return "its chain of logical partitions leads beyond the end of the disk";
	if (is_circle(reader, chain)) {
		/* Linux follows the circle until the numbers run out. */
		*chain->number = PARTITIONS_MAX + 1;
		return "its chain of logical partitions leads in a circle";
	}
	return NULL;
}

int partition_read_chain(struct table_reader *reader, const struct mbr_entry *extended,
			 unsigned *number)
{
	struct chain chain = {
		.extended = extended, .at = extended->first, .sectors = extended->sectors,
		.table_start = reader->table->count, .number = number,
	};
	uint8_t sector[SECTOR_SIZE];

	do {
		const char *stop = find_stop(reader, &chain);
		int error;

		if (!stop) {
			error = reader->read(reader->context, chain.at, sector);
			if (error)
				return error;
			if (load_le16(sector + MBR_SIGNATURE) != MBR_SIGNATURE_VALUE)
				stop = "its chain of logical partitions leads to no link";
		}
		if (stop) {
			partition_warn(reader, 0, stop);
			return 0;
		}
		add_partitions(reader, &chain, sector);
	} while (follow(reader, &chain, sector));
	return 0;
}

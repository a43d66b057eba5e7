// SPDX-License-Identifier: GPL-2.0-only
/*
 * The MBR: four entries, of which one may lead to a chain of more.  A protective
 * MBR says that there is a GPT instead (UEFI 2.8, 5.2.3).
 */
#include "drivers/backend/partition_internal.h"

#include "lib/bytes.h"
#include "lib/checked.h"

#define ENTRIES 446u
#define ENTRY_SIZE 16u
#define ENTRY_COUNT 4u
#define ENTRY_ACTIVE 0x80	/* of its first byte, whose other bits are 0 */
#define ENTRY_TYPE 4u
#define ENTRY_FIRST 8u
#define ENTRY_SECTORS 12u
#define SIGNATURE 510u
#define SIGNATURE_VALUE 0xAA55u

#define TYPE_NONE 0x00
#define TYPE_EXTENDED 0x05
#define TYPE_EXTENDED_LBA 0x0F
#define TYPE_EXTENDED_LINUX 0x85
#define TYPE_PROTECTIVE 0xEE

#define FIRST_LOGICAL 5u

struct mbr_entry {
	uint8_t type;
	uint32_t first, sectors;
};

static struct mbr_entry entry_of(const uint8_t *sector, unsigned index)
{
	const uint8_t *entry = sector + ENTRIES + index * ENTRY_SIZE;

	return (struct mbr_entry){ entry[ENTRY_TYPE], load_le32(entry + ENTRY_FIRST),
				   load_le32(entry + ENTRY_SECTORS) };
}

/* A boot sector without a table has the signature too, and code where the entries would be. */
static bool is_table(const uint8_t *sector)
{
	for (unsigned i = 0; i < ENTRY_COUNT; i++)
		if (sector[ENTRIES + i * ENTRY_SIZE] & ~ENTRY_ACTIVE)
			return false;
	return load_le16(sector + SIGNATURE) == SIGNATURE_VALUE;
}

static bool is_extended(const struct mbr_entry *entry)
{
	return entry->type == TYPE_EXTENDED || entry->type == TYPE_EXTENDED_LBA ||
	       entry->type == TYPE_EXTENDED_LINUX;
}

void partition_add(struct table_reader *reader, unsigned number, uint64_t first, uint64_t sectors)
{
	struct partition_table *table = reader->table;

	if (sectors == 0 || !range_inside(first, sectors, reader->sectors)) {
		table->warning = "a partition does not lie inside the disk";
		return;
	}
	if (table->count == PARTITIONS_MAX) {
		table->warning = "there are more partitions than Umbra takes";
		return;
	}
	table->list[table->count++] = (struct partition_entry){ number, first, sectors };
}

/* Adds what a sector of the chain describes, and returns the place of the next; 0 at the end. */
static uint64_t read_link(struct table_reader *reader, const struct mbr_entry *extended,
			  const uint8_t *sector, uint64_t at, unsigned *number)
{
	uint64_t next = 0;

	for (unsigned i = 0; i < ENTRY_COUNT; i++) {
		struct mbr_entry entry = entry_of(sector, i);

		if (is_extended(&entry))
			next = entry.first;
		else if (entry.type != TYPE_NONE)
			partition_add(reader, (*number)++, at + entry.first, entry.sectors);
	}
	/* Links count from the start of the extended partition and stay inside it. */
	return next < extended->sectors && next != 0 ? extended->first + next : 0;
}

/*
 * The chain of an extended partition.  Each link is to lie behind the one before it,
 * so that a chain in a circle ends; tools write them so.
 */
static int read_extended(struct table_reader *reader, const struct mbr_entry *extended,
			 unsigned *number)
{
	uint8_t sector[SECTOR_SIZE];
	uint64_t at = extended->first;

	for (unsigned links = 0; links < PARTITIONS_MAX; links++) {
		uint64_t next;
		int error;

		if (at >= reader->sectors)
			break;
		error = reader->read(reader->context, at, sector);
		if (error)
			return error;
		if (!is_table(sector))
			break;
		next = read_link(reader, extended, sector, at, number);
		if (next == 0)
			return 0;
		if (next <= at)
			break;
		at = next;
	}
	reader->table->warning = "the chain of logical partitions is damaged";
	return 0;
}

static int read_mbr(struct table_reader *reader, const uint8_t *sector)
{
	unsigned number = FIRST_LOGICAL;
	int error = 0;

	reader->table->kind = PARTITION_TABLE_MBR;
	for (unsigned i = 0; i < ENTRY_COUNT; i++) {
		struct mbr_entry entry = entry_of(sector, i);

		if (entry.type != TYPE_NONE && !is_extended(&entry))
			partition_add(reader, i + 1, entry.first, entry.sectors);
	}
	for (unsigned i = 0; i < ENTRY_COUNT && !error; i++) {
		struct mbr_entry entry = entry_of(sector, i);

		if (is_extended(&entry))
			error = read_extended(reader, &entry, &number);
	}
	return error;
}

int partition_table_read(struct partition_table *table, uint64_t sectors, partition_read_t *read,
			 void *context)
{
	struct table_reader reader = { table, sectors, read, context };
	uint8_t sector[SECTOR_SIZE];
	int error;

	*table = (struct partition_table){ .kind = PARTITION_TABLE_NONE };
	if (sectors == 0)
		return 0;
	error = read(context, 0, sector);
	if (error || !is_table(sector))
		return error;
	for (unsigned i = 0; i < ENTRY_COUNT; i++)
		if (entry_of(sector, i).type == TYPE_PROTECTIVE)
			return partition_read_gpt(&reader);
	return read_mbr(&reader, sector);
}

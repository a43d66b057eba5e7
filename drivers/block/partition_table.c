// SPDX-License-Identifier: GPL-2.0-only
/*
 * The first sector of a disk: which kind of table it has, and the four entries of an
 * MBR.  A protective entry says that there is a GPT instead (UEFI 2.8, 5.2.3).
 */
#include "drivers/block/partition_internal.h"

#include "lib/bytes.h"
#include "lib/compiler.h"
#include "lib/div64.h"
#include "lib/string.h"

#define ENTRY_ACTIVE 0x80	/* of its first byte, whose other bits are 0 */
#define ENTRY_TYPE 4u
#define ENTRY_FIRST 8u
#define ENTRY_SECTORS 12u

#define TYPE_EXTENDED 0x05
#define TYPE_EXTENDED_LBA 0x0F
#define TYPE_EXTENDED_LINUX 0x85
#define TYPE_PROTECTIVE 0xEE
#define PROTECTIVE_FIRST 1u	/* where the header of the GPT is */

/*
 * Disks of AIX have a mark where others have code, and may have the MBR's signature, but
 * no table of its kind: unless Linux has made one there, or there is no AIX volume.
 */
#define AIX_MARK "\xC9\xC2\xD4\xC1"
#define AIX_VOLUME_SECTOR 7u
#define AIX_VOLUME_MARK "_LVM"

#define FIRST_LOGICAL 5u

static const uint8_t *entry_at(const uint8_t *sector, unsigned index)
{
	return sector + MBR_ENTRIES + (size_t)index * MBR_ENTRY_SIZE;
}

struct mbr_entry mbr_entry(const struct table_reader *reader, const uint8_t *sector, unsigned index)
{
	const uint8_t *entry = entry_at(sector, index);

	return (struct mbr_entry){
		.type = entry[ENTRY_TYPE],
		.first = (uint64_t)load_le32(entry + ENTRY_FIRST) * reader->unit,
		.sectors = (uint64_t)load_le32(entry + ENTRY_SECTORS) * reader->unit,
	};
}

bool mbr_is_extended(const struct mbr_entry *entry)
{
	return entry->type == TYPE_EXTENDED || entry->type == TYPE_EXTENDED_LBA ||
	       entry->type == TYPE_EXTENDED_LINUX;
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

/* A boot sector without a table has the signature too, and code where the entries would be. */
static bool is_table(const uint8_t *sector)
{
	for (unsigned i = 0; i < MBR_ENTRY_COUNT; i++)
		if (*entry_at(sector, i) & ~ENTRY_ACTIVE)
			return false;
	return true;
}

static bool has_type(const uint8_t *sector, uint8_t type)
{
	for (unsigned i = 0; i < MBR_ENTRY_COUNT; i++)
		if (entry_at(sector, i)[ENTRY_TYPE] == type)
			return true;
	return false;
}

/* Other entries may stand beside it: a hybrid of both kinds is a GPT. */
static bool is_protective(const uint8_t *sector)
{
	for (unsigned i = 0; i < MBR_ENTRY_COUNT; i++)
		if (entry_at(sector, i)[ENTRY_TYPE] == TYPE_PROTECTIVE &&
		    load_le32(entry_at(sector, i) + ENTRY_FIRST) == PROTECTIVE_FIRST)
			return true;
	return false;
}

static bool is_aix(const struct table_reader *reader, const uint8_t *sector)
{
	static const uint8_t linux_types[] = {
		0x82, 0x83, 0x8E, 0xFD, TYPE_EXTENDED, TYPE_EXTENDED_LBA, TYPE_EXTENDED_LINUX,
	};
	uint8_t volume[SECTOR_SIZE];

	if (memcmp(sector, AIX_MARK, 4) != 0 || reader->sectors <= AIX_VOLUME_SECTOR)
		return false;
	for (unsigned i = 0; i < ARRAY_SIZE(linux_types); i++)
		if (has_type(sector, linux_types[i]))
			return false;
	return reader->read(reader->context, AIX_VOLUME_SECTOR, volume) == 0 &&
	       memcmp(volume, AIX_VOLUME_MARK, 4) == 0;
}

/* A type of 0 does not make an entry unused, as Linux has it: only having no sectors does. */
static int read_entries(struct table_reader *reader, const uint8_t *sector)
{
	unsigned number = FIRST_LOGICAL;
	int error = 0;

	reader->table->kind = PARTITION_TABLE_MBR;
	for (unsigned i = 0; i < MBR_ENTRY_COUNT && !error; i++) {
		struct mbr_entry entry = mbr_entry(reader, sector, i);

		if (entry.sectors == 0)
			continue;
		if (mbr_is_extended(&entry))
			error = partition_read_chain(reader, &entry, &number);
		else
			partition_add(reader, i + 1, entry.first, entry.sectors, 0);
	}
	return error;
}

static int read_mbr(struct table_reader *reader, const uint8_t *sector)
{
	if (is_aix(reader, sector) || !is_table(sector))
		return 0;
	if (has_type(sector, TYPE_PROTECTIVE)) {
		partition_warn(reader, 0, "its protective entry does not begin at block 1, so that "
					  "neither its GPT nor its MBR counts");
		return 0;
	}
	return read_entries(reader, sector);
}

int partition_table_read(struct partition_table *table, uint64_t sectors, unsigned block_size,
			 partition_read_t *read, void *context)
{
	struct table_reader reader = {
		.table = table, .sectors = sectors, .unit = block_size / SECTOR_SIZE,
		.read = read, .context = context,
	};
	uint64_t blocks = div_u64_u32(sectors, reader.unit, NULL);
	uint8_t sector[SECTOR_SIZE];
	int error;

	*table = (struct partition_table){ .kind = PARTITION_TABLE_NONE };
	if (blocks == 0)
		return 0;
	reader.last_block = blocks - 1;
	error = read(context, 0, sector);
	if (error || load_le16(sector + MBR_SIGNATURE) != MBR_SIGNATURE_VALUE)
		return error;
	return is_protective(sector) ? partition_read_gpt(&reader) : read_mbr(&reader, sector);
}

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

#define BOOT_INDICATOR_ACTIVE 0x80	/* the other bits of that byte are 0 */

#define OS_TYPE_GPT_PROTECTIVE 0xEE
#define GPT_HEADER_LBA 1u

/*
 * Disks of AIX have a mark where others have code, and may have the MBR's signature, but
 * no table of its kind: unless Linux has made one there, or there is no AIX volume.
 */
#define AIX_MARK "\xC9\xC2\xD4\xC1"
#define AIX_VOLUME_SECTOR 7u
#define AIX_VOLUME_MARK "_LVM"

#define FIRST_LOGICAL 5u

/* A boot sector without a table has the signature too, and code where the entries would be. */
static bool is_table(const uint8_t *sector)
{
	for (unsigned i = 0; i < MBR_ENTRY_COUNT; i++)
		if (*mbr_entry_at(sector, i) & ~BOOT_INDICATOR_ACTIVE)
			return false;
	return true;
}

static bool has_type(const uint8_t *sector, uint8_t type)
{
	for (unsigned i = 0; i < MBR_ENTRY_COUNT; i++)
		if (mbr_entry_at(sector, i)[MBR_OS_TYPE] == type)
			return true;
	return false;
}

/* Other entries may stand beside it: a hybrid of both kinds is a GPT. */
static bool is_protective(const uint8_t *sector)
{
	for (unsigned i = 0; i < MBR_ENTRY_COUNT; i++)
		if (mbr_entry_at(sector, i)[MBR_OS_TYPE] == OS_TYPE_GPT_PROTECTIVE &&
		    load_le32(mbr_entry_at(sector, i) + MBR_STARTING_LBA) == GPT_HEADER_LBA)
			return true;
	return false;
}

static bool is_aix(const struct table_reader *reader, const uint8_t *sector)
{
	static const uint8_t linux_types[] = {
		0x82, 0x83, 0x8E, 0xFD,
		OS_TYPE_EXTENDED, OS_TYPE_EXTENDED_LBA, OS_TYPE_EXTENDED_LINUX,
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
	if (has_type(sector, OS_TYPE_GPT_PROTECTIVE)) {
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

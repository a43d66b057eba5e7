// SPDX-License-Identifier: GPL-2.0-only
/*
 * GPT (UEFI 2.8, 5.3.2 and 5.3.3): a header and an array of entries, both with a
 * checksum, and both a second time at the end of the disk.
 */
#include "drivers/backend/partition_internal.h"

#include "lib/bytes.h"
#include "lib/compiler.h"
#include "lib/crc32.h"
#include "lib/string.h"

#define HEADER_SIGNATURE "EFI PART"
#define HEADER_LENGTH 12u
#define HEADER_CRC 16u
#define HEADER_PLACE 24u
#define HEADER_ENTRIES 72u
#define HEADER_COUNT 80u
#define HEADER_ENTRY_SIZE 84u
#define HEADER_ENTRIES_CRC 88u
#define HEADER_MIN 92u

#define ENTRY_FIRST 32u
#define ENTRY_LAST 40u
#define ENTRY_SIZE_MIN 128u
#define TYPE_SIZE 16u

/* 128 entries are usual.  Longer tables exist on paper only, and cost as many reads. */
#define ENTRIES_MAX 1024u

struct gpt {
	uint64_t entries;	/* the first sector of the array */
	uint32_t count, entry_size, crc;
};

/* False when the sector does not hold a header for that place. */
static bool parse_header(uint8_t *sector, uint64_t place, struct gpt *gpt)
{
	uint32_t length = load_le32(sector + HEADER_LENGTH);
	uint32_t crc = load_le32(sector + HEADER_CRC);

	if (memcmp(sector, HEADER_SIGNATURE, 8) != 0 || length < HEADER_MIN || length > SECTOR_SIZE)
		return false;
	store_le32(sector + HEADER_CRC, 0);
	if (crc32(0, sector, length) != crc || load_le64(sector + HEADER_PLACE) != place)
		return false;
	gpt->entries = load_le64(sector + HEADER_ENTRIES);
	gpt->count = load_le32(sector + HEADER_COUNT);
	gpt->entry_size = load_le32(sector + HEADER_ENTRY_SIZE);
	gpt->crc = load_le32(sector + HEADER_ENTRIES_CRC);
	/* A power of two from 128 on; of those only 128, 256 and 512 do not cross sectors. */
	return gpt->count <= ENTRIES_MAX &&
	       (gpt->entry_size == 128 || gpt->entry_size == 256 || gpt->entry_size == 512);
}

static void add_entry(struct table_reader *reader, unsigned number, const uint8_t *entry)
{
	static const uint8_t unused[TYPE_SIZE];
	uint64_t first = load_le64(entry + ENTRY_FIRST), last = load_le64(entry + ENTRY_LAST);

	if (memcmp(entry, unused, TYPE_SIZE) == 0)
		return;
	/* The last sector belongs to it; where it wraps or comes first, there is none. */
	partition_add(reader, number, first, last >= first && last != UINT64_MAX ? last - first + 1 : 0);
}

static void add_sector(struct table_reader *reader, const struct gpt *gpt, uint32_t index,
		       const uint8_t *sector)
{
	uint32_t in_sector = SECTOR_SIZE / gpt->entry_size;

	for (uint32_t i = 0; i < in_sector && index + i < gpt->count; i++)
		add_entry(reader, index + i + 1, sector + (size_t)i * gpt->entry_size);
}

/*
 * Goes through the array; with add, its entries go into the table, else they are
 * only summed up.  1 when the sum is right, 0 when not, or an error of read().
 */
static int read_entries(struct table_reader *reader, const struct gpt *gpt, bool add)
{
	uint8_t sector[SECTOR_SIZE];
	uint32_t in_sector = SECTOR_SIZE / gpt->entry_size, crc = 0;

	for (uint32_t index = 0; index < gpt->count; index += in_sector) {
		uint32_t entries = MIN(in_sector, gpt->count - index);
		uint64_t place = gpt->entries + index / in_sector;
		int error;

		if (place < gpt->entries || place >= reader->sectors)
			return 0;
		error = reader->read(reader->context, place, sector);
		if (error)
			return error;
		crc = crc32(crc, sector, (size_t)entries * gpt->entry_size);
		if (add)
			add_sector(reader, gpt, index, sector);
	}
	return crc == gpt->crc;
}

/* 1 when the table whose header is at place was good and is read, 0 when it is not good. */
static int read_copy(struct table_reader *reader, uint64_t place)
{
	uint8_t sector[SECTOR_SIZE];
	struct gpt gpt;
	int result = reader->read(reader->context, place, sector);

	if (result)
		return result;
	if (!parse_header(sector, place, &gpt))
		return 0;
	result = read_entries(reader, &gpt, false);
	return result == 1 ? read_entries(reader, &gpt, true) : result;
}

int partition_read_gpt(struct table_reader *reader)
{
	struct partition_table *table = reader->table;
	int result;

	table->kind = PARTITION_TABLE_GPT;
	result = reader->sectors > 1 ? read_copy(reader, 1) : 0;
	if (result == 1)
		return 0;
	/* The first copy may be on bad sectors: that is what the second is for. */
	table->count = 0;
	result = read_copy(reader, reader->sectors - 1);
	if (result < 0)
		return result;
	if (result != 1)
		table->count = 0;
	table->warning = result == 1 ? "the first copy of the partition table is damaged"
				     : "the partition table is damaged, and so is its copy";
	return 0;
}

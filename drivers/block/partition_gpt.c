// SPDX-License-Identifier: GPL-2.0-only
/*
 * GPT (UEFI 2.8, 5.3.2 and 5.3.3): a header and an array of entries, both with a
 * checksum, and both a second time at the end of the disk.  What makes them good
 * follows Linux (block/partitions/efi.c).
 */
#include "drivers/block/partition_internal.h"

#include "lib/bytes.h"
#include "lib/compiler.h"
#include "lib/crc32.h"
#include "lib/string.h"

#define GPT_SIGNATURE "EFI PART"
#define GPT_HEADER_SIZE 12u
#define GPT_HEADER_CRC32 16u
#define GPT_MY_LBA 24u
#define GPT_FIRST_USABLE_LBA 40u
#define GPT_LAST_USABLE_LBA 48u
#define GPT_PARTITION_ENTRY_LBA 72u
#define GPT_NUMBER_OF_PARTITION_ENTRIES 80u
#define GPT_SIZE_OF_PARTITION_ENTRY 84u
#define GPT_PARTITION_ENTRY_ARRAY_CRC32 88u
#define GPT_HEADER_SIZE_MIN 92u

#define ENTRY_STARTING_LBA 32u
#define ENTRY_ENDING_LBA 40u
#define ENTRY_SIZE 128u		/* Linux knows no other */
#define ENTRIES_IN_SECTOR (SECTOR_SIZE / ENTRY_SIZE)
#define ENTRY_TYPE_GUID_SIZE 16u

/* Longer arrays are no table to Linux either (kmalloc has an end there). */
#define ARRAY_SIZE_MAX (4u << 20)

struct gpt {
	uint64_t my_lba;	/* block of the header */
	uint64_t entry_lba;	/* first block of the array */
	uint32_t count, array_crc;
};

/* --- the header --------------------------------------------------------------------- */

/*
 * The CRC of the header, whose size was checked, with zero in the place of the CRC itself.  1 when
 * it is right, 0 when not, or an error of read().
 */
static int check_crc(const struct table_reader *reader, uint64_t place, uint8_t *sector)
{
	uint32_t left = load_le32(sector + GPT_HEADER_SIZE);
	uint32_t wanted = load_le32(sector + GPT_HEADER_CRC32);
	uint32_t crc = 0;

	store_le32(sector + GPT_HEADER_CRC32, 0);
	for (uint64_t at = place * reader->unit;; at++) {
		uint32_t here = MIN(left, SECTOR_SIZE);
		int error;

		crc = crc32(crc, sector, here);
		left -= here;
		if (left == 0)
			return crc == wanted;
		error = reader->read(reader->context, at + 1, sector);
		if (error)
			return error;
	}
}

/* Checks what Linux checks of a header, except the CRC. */
static bool parse_header(const struct table_reader *reader, const uint8_t *sector, struct gpt *gpt)
{
	uint32_t length = load_le32(sector + GPT_HEADER_SIZE);
	uint64_t first = load_le64(sector + GPT_FIRST_USABLE_LBA);
	uint64_t last = load_le64(sector + GPT_LAST_USABLE_LBA);

	gpt->entry_lba = load_le64(sector + GPT_PARTITION_ENTRY_LBA);
	gpt->count = load_le32(sector + GPT_NUMBER_OF_PARTITION_ENTRIES);
	gpt->array_crc = load_le32(sector + GPT_PARTITION_ENTRY_ARRAY_CRC32);
	return memcmp(sector, GPT_SIGNATURE, 8) == 0 && length >= GPT_HEADER_SIZE_MIN &&
	       length <= reader->unit * SECTOR_SIZE &&
	       load_le64(sector + GPT_MY_LBA) == gpt->my_lba && first <= last &&
	       last <= reader->last_block && gpt->entry_lba <= reader->last_block &&
	       gpt->count > 0 && gpt->count <= ARRAY_SIZE_MAX / ENTRY_SIZE &&
	       load_le32(sector + GPT_SIZE_OF_PARTITION_ENTRY) == ENTRY_SIZE;
}

/* --- the array ---------------------------------------------------------------------- */

static void add_entry(struct table_reader *reader, unsigned number, const uint8_t *entry)
{
	static const uint8_t unused[ENTRY_TYPE_GUID_SIZE];
	uint64_t first = load_le64(entry + ENTRY_STARTING_LBA);
	uint64_t last = load_le64(entry + ENTRY_ENDING_LBA);

	if (number > PARTITIONS_MAX || memcmp(entry, unused, ENTRY_TYPE_GUID_SIZE) == 0)
		return;
	/* The ending block is part of it.  Linux takes one that ends before it begins. */
	if (first > reader->last_block || last > reader->last_block)
		partition_warn(reader, number, "it does not lie inside the disk");
	else if (last < first)
		partition_warn(reader, number, "it ends before it begins");
	else
		partition_add(reader, number, first * reader->unit,
			      (last - first + 1) * reader->unit, 0);
}

/* Takes the array into the table.  1 when its CRC is right, 0 when not, or an error of read(). */
static int read_entries(struct table_reader *reader, const struct gpt *gpt)
{
	uint64_t place = gpt->entry_lba * reader->unit;
	uint8_t sector[SECTOR_SIZE];
	uint32_t crc = 0;

	for (uint32_t index = 0; index < gpt->count; index += ENTRIES_IN_SECTOR, place++) {
		uint32_t here = MIN(ENTRIES_IN_SECTOR, gpt->count - index);
		int error;

		if (place >= reader->sectors)
			return 0;
		error = reader->read(reader->context, place, sector);
		if (error)
			return error;
		crc = crc32(crc, sector, (size_t)here * ENTRY_SIZE);
		for (uint32_t i = 0; i < here; i++)
			add_entry(reader, index + i + 1, sector + (size_t)i * ENTRY_SIZE);
	}
	return crc == gpt->array_crc;
}

/* --- both copies ---------------------------------------------------------------------- */

static int read_header(struct table_reader *reader, struct gpt *gpt)
{
	uint8_t sector[SECTOR_SIZE];
	int error = reader->read(reader->context, gpt->my_lba * reader->unit, sector);

	if (error)
		return error;
	return parse_header(reader, sector, gpt) ? check_crc(reader, gpt->my_lba, sector) : 0;
}

/*
 * 1 when the table whose header is in that block was good and is read; 0 when it is not
 * good, or an error of read(): then nothing of it is in the table.
 */
static int read_copy(struct table_reader *reader, uint64_t place)
{
	struct partition_table *table = reader->table;
	struct gpt gpt = { .my_lba = place };
	int result = read_header(reader, &gpt);

	if (result == 1)
		result = read_entries(reader, &gpt);
	if (result != 1) {
		table->count = 0;
		table->warning = NULL;
	}
	return result;
}

/*
 * The second copy is for a first one that is damaged or on bad sectors.  Linux uses it only if told
 * to (option gpt), fdisk always.
 */
int partition_read_gpt(struct table_reader *reader)
{
	struct partition_table *table = reader->table;
	int result;

	table->kind = PARTITION_TABLE_GPT;
	if (reader->last_block == 0) {
		partition_warn(reader, 0, "it has no room for the partition table that it claims");
		return 0;
	}
	if (read_copy(reader, 1) == 1)
		return 0;
	result = read_copy(reader, reader->last_block);
	table->warning = result == 1 ? "the first copy of its partition table is damaged"
				     : "its partition table is damaged, and so is the copy";
	table->warning_number = 0;
	return MIN(result, 0);
}

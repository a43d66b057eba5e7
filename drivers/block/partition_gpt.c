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

#define HEADER_SIGNATURE "EFI PART"
#define HEADER_LENGTH 12u
#define HEADER_CRC 16u
#define HEADER_PLACE 24u
#define HEADER_FIRST_USABLE 40u
#define HEADER_LAST_USABLE 48u
#define HEADER_ENTRIES 72u
#define HEADER_COUNT 80u
#define HEADER_ENTRY_SIZE 84u
#define HEADER_ENTRIES_CRC 88u
#define HEADER_MIN 92u

#define ENTRY_FIRST 32u
#define ENTRY_LAST 40u
#define ENTRY_SIZE 128u		/* Linux knows no other */
#define ENTRIES_IN_SECTOR (SECTOR_SIZE / ENTRY_SIZE)
#define TYPE_SIZE 16u

/* Longer arrays are no table to Linux either (kmalloc has an end there). */
#define ARRAY_SIZE_MAX (4u << 20)

struct gpt {
	uint64_t place;		/* block of the header */
	uint64_t entries;	/* first block of the array */
	uint32_t count, crc;
};

/* --- the header --------------------------------------------------------------------- */

/* The sum over the header, whose length was checked, without the field that holds it: 1 when right. */
static int check_sum(const struct table_reader *reader, uint64_t place, uint8_t *sector)
{
	uint32_t left = load_le32(sector + HEADER_LENGTH), wanted = load_le32(sector + HEADER_CRC);
	uint32_t crc = 0;

	store_le32(sector + HEADER_CRC, 0);
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

/* What Linux asks of a header, beside its sum. */
static bool parse_header(const struct table_reader *reader, const uint8_t *sector, struct gpt *gpt)
{
	uint32_t length = load_le32(sector + HEADER_LENGTH);
	uint64_t first = load_le64(sector + HEADER_FIRST_USABLE);
	uint64_t last = load_le64(sector + HEADER_LAST_USABLE);

	gpt->entries = load_le64(sector + HEADER_ENTRIES);
	gpt->count = load_le32(sector + HEADER_COUNT);
	gpt->crc = load_le32(sector + HEADER_ENTRIES_CRC);
	return memcmp(sector, HEADER_SIGNATURE, 8) == 0 && length >= HEADER_MIN &&
	       length <= reader->unit * SECTOR_SIZE &&
	       load_le64(sector + HEADER_PLACE) == gpt->place && first <= last &&
	       last <= reader->last_block && gpt->entries <= reader->last_block && gpt->count > 0 &&
	       gpt->count <= ARRAY_SIZE_MAX / ENTRY_SIZE &&
	       load_le32(sector + HEADER_ENTRY_SIZE) == ENTRY_SIZE;
}

/* --- the array ---------------------------------------------------------------------- */

static void add_entry(struct table_reader *reader, unsigned number, const uint8_t *entry)
{
	static const uint8_t unused[TYPE_SIZE];
	uint64_t first = load_le64(entry + ENTRY_FIRST), last = load_le64(entry + ENTRY_LAST);

	if (number > PARTITIONS_MAX || memcmp(entry, unused, TYPE_SIZE) == 0)
		return;
	/* The last block belongs to it.  Linux leaves these out too, but for those that end first. */
	if (first > reader->last_block || last > reader->last_block)
		partition_warn(reader, number, "it does not lie inside the disk");
	else if (last < first)
		partition_warn(reader, number, "it ends before it begins");
	else
		partition_add(reader, number, first * reader->unit,
			      (last - first + 1) * reader->unit, 0);
}

/* Takes the array into the table.  1 when its sum is right, 0 when not, or an error of read(). */
static int read_entries(struct table_reader *reader, const struct gpt *gpt)
{
	uint64_t place = gpt->entries * reader->unit;
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
	return crc == gpt->crc;
}

/* --- both copies ---------------------------------------------------------------------- */

static int read_header(struct table_reader *reader, struct gpt *gpt)
{
	uint8_t sector[SECTOR_SIZE];
	int error = reader->read(reader->context, gpt->place * reader->unit, sector);

	if (error)
		return error;
	return parse_header(reader, sector, gpt) ? check_sum(reader, gpt->place, sector) : 0;
}

/*
 * 1 when the table whose header is in that block was good and is read; 0 when it is not
 * good, or an error of read(): then nothing of it is in the table.
 */
static int read_copy(struct table_reader *reader, uint64_t place)
{
	struct partition_table *table = reader->table;
	struct gpt gpt = { .place = place };
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
 * The first copy may be on bad sectors, or damaged: that is what the second is for.  Linux takes
 * that one only if told to (its word gpt), and fdisk always does.
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

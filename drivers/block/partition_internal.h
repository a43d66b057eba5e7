/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Between the files that read partition tables: partition_table.c, which knows the
 * first sector, has partition_chain.c or partition_gpt.c read what else there is, and
 * all take what they find into the table with partition_entry.c.
 */
#ifndef UMBRA_DRIVERS_BLOCK_PARTITION_INTERNAL_H
#define UMBRA_DRIVERS_BLOCK_PARTITION_INTERNAL_H

#include "drivers/block/partition_table.h"

#include <stdbool.h>
#include <stddef.h>

#define SECTOR_SIZE 512u

/* A sector of an MBR, or of the chain of an extended partition (UEFI 2.8, 5.2.1). */
#define MBR_ENTRIES 446u
#define MBR_ENTRY_SIZE 16u
#define MBR_ENTRY_COUNT 4u
#define MBR_SIGNATURE 510u
#define MBR_SIGNATURE_VALUE 0xAA55u

/* Fields of an entry, whose first byte is the boot indicator (UEFI 2.8, table 5-2). */
#define MBR_OS_TYPE 4u
#define MBR_STARTING_LBA 8u
#define MBR_SIZE_IN_LBA 12u

#define OS_TYPE_EXTENDED 0x05
#define OS_TYPE_EXTENDED_LBA 0x0F
#define OS_TYPE_EXTENDED_LINUX 0x85

/* A disk whose table is being read. */
struct table_reader {
	struct partition_table *table;
	uint64_t sectors;
	unsigned unit;		/* sectors in a unit of the table: a block of the disk */
	uint64_t last_block;
	unsigned links;		/* sectors of chains that were read so far */
	partition_read_t *read;
	void *context;
};

/* One of the four entries, in sectors of 512 bytes, whatever the table counts in. */
struct mbr_entry {
	uint8_t type;
	uint64_t first, sectors;
};

/* The bytes of the entry number index, 0 to 3, of a sector. */
static inline const uint8_t *mbr_entry_at(const uint8_t *sector, unsigned index)
{
	return sector + MBR_ENTRIES + (size_t)index * MBR_ENTRY_SIZE;
}

/* --- partition_entry.c -------------------------------------------------------------- */

/* index: 0 to 3. */
struct mbr_entry mbr_entry(const struct table_reader *reader, const uint8_t *sector,
			   unsigned index);

/* Is it an extended partition, which contains logical ones? */
bool mbr_is_extended(const struct mbr_entry *entry);

/*
 * Keeps a warning for the disk's owner, if it is the first.  number is the partition's, 0 for the
 * whole table.
 */
void partition_warn(struct table_reader *reader, unsigned number, const char *warning);

/*
 * Adds a partition to the table, in sectors.  One that reaches beyond the end of the disk is cut,
 * and one that begins there is left out, with a warning. link: where a logical one's entry is, else
 * 0.
 */
void partition_add(struct table_reader *reader, unsigned number, uint64_t first, uint64_t sectors,
		   uint64_t link);

/* --- partition_chain.c ---------------------------------------------------------------- */

/*
 * Reads the chain that begins at an extended partition and numbers what it describes
 * from *number on.  0, or an error of read().
 */
int partition_read_chain(struct table_reader *reader, const struct mbr_entry *extended,
			 unsigned *number);

/* --- partition_gpt.c ------------------------------------------------------------------ */

/* Fills the table from a GPT; 0, or an error of read(). */
int partition_read_gpt(struct table_reader *reader);

#endif

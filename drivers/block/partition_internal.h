/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Between the files that read partition tables.
 */
#ifndef UMBRA_DRIVERS_BLOCK_PARTITION_INTERNAL_H
#define UMBRA_DRIVERS_BLOCK_PARTITION_INTERNAL_H

#include "drivers/block/partition_table.h"

#include <stdbool.h>

#define SECTOR_SIZE 512u

/* A sector of an MBR, or of the chain of an extended partition (UEFI 2.8, 5.2.1). */
#define MBR_ENTRIES 446u
#define MBR_ENTRY_SIZE 16u
#define MBR_ENTRY_COUNT 4u
#define MBR_SIGNATURE 510u
#define MBR_SIGNATURE_VALUE 0xAA55u

/* A disk whose table is being read. */
struct table_reader {
	struct partition_table *table;
	uint64_t sectors;
	unsigned unit;		/* sectors in what the table counts: a block of the disk */
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

/* index: 0 to 3. */
struct mbr_entry mbr_entry(const struct table_reader *reader, const uint8_t *sector, unsigned index);

/* Is it a container of others, whatever number that container has: types 5, 0x0F, 0x85? */
bool mbr_is_extended(const struct mbr_entry *entry);

/*
 * Something that whoever owns the disk should know; the first is kept.  number is the
 * partition's, 0 for the whole table.
 */
void partition_warn(struct table_reader *reader, unsigned number, const char *warning);

/*
 * Takes a partition into the table, in sectors.  Of one that reaches beyond the end of
 * the disk what is there is taken, and one that begins there is left out, with a warning.
 * link: where a logical one's entry is, else 0.
 */
void partition_add(struct table_reader *reader, unsigned number, uint64_t first, uint64_t sectors,
		   uint64_t link);

/*
 * Reads the chain that begins at an extended partition and numbers what it describes
 * from *number on.  0, or an error of read().
 */
int partition_read_chain(struct table_reader *reader, const struct mbr_entry *extended,
			 unsigned *number);

/* Fills the table from a GPT; 0, or an error of read(). */
int partition_read_gpt(struct table_reader *reader);

#endif

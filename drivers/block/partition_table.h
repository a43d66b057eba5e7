/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Partition tables of PCs: the MBR with its extended partitions, and GPT (UEFI 2.8, 5.2 and 5.3).
 * A partition has the number that Linux gives it, also in odd or broken tables, so that users find
 * the same number in both.  Pure: sectors are read by a function of the caller's.  What a table
 * says may be anything; what comes out lies inside the disk.
 */
#ifndef UMBRA_DRIVERS_BLOCK_PARTITION_TABLE_H
#define UMBRA_DRIVERS_BLOCK_PARTITION_TABLE_H

#include <stdint.h>

/* The highest number that there is; Linux's too (DISK_MAX_PARTS is one more). */
#define PARTITIONS_MAX 255

enum partition_table_kind { PARTITION_TABLE_NONE, PARTITION_TABLE_MBR, PARTITION_TABLE_GPT };

struct partition_entry {
	unsigned number;	/* 1 to PARTITIONS_MAX; logical ones of an MBR from 5 */
	uint64_t first, sectors;	/* of 512 bytes; not 0, inside the disk */
	uint64_t link;		/* the sector that describes a logical one, else 0 */
};

struct partition_table {
	enum partition_table_kind kind;
	unsigned count;
	struct partition_entry list[PARTITIONS_MAX];	/* in the order of the table */
	/* A warning for the disk's owner, or NULL. */
	const char *warning;
	unsigned warning_number;	/* of the partition that it is about; 0: the table */
};

/* Reads the 512 bytes of a sector; 0 or negative. */
typedef int partition_read_t(void *context, uint64_t sector, void *buffer);

/*
 * Reads the table of a disk of so many sectors of 512 bytes, whose blocks have block_size bytes, a
 * power of two from 512 to 4096; tables count in these.  An error of read() is returned, with what
 * was found before it in the table; of a damaged table the usable part is there, and warning is
 * set.  The number of sectors that are read is bounded (17000).
 */
int partition_table_read(struct partition_table *table, uint64_t sectors, unsigned block_size,
			 partition_read_t *read, void *context);

#endif

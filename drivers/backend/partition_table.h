/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Partition tables of PCs: the MBR with its extended partitions, and GPT (UEFI
 * 2.8, 5.3).  Pure: sectors are read by a function of the caller's.  What a table
 * says may be anything; what comes out lies inside the disk.
 */
#ifndef UMBRA_DRIVERS_BACKEND_PARTITION_TABLE_H
#define UMBRA_DRIVERS_BACKEND_PARTITION_TABLE_H

#include <stdint.h>

#define PARTITIONS_MAX 64

enum partition_table_kind { PARTITION_TABLE_NONE, PARTITION_TABLE_MBR, PARTITION_TABLE_GPT };

struct partition_entry {
	unsigned number;	/* from 1; logical ones of an MBR from 5 */
	uint64_t first, sectors;	/* not 0, inside the disk */
};

struct partition_table {
	enum partition_table_kind kind;
	unsigned count;
	struct partition_entry list[PARTITIONS_MAX];	/* in the order of the table */
	/* Something that whoever owns the disk should know, or NULL. */
	const char *warning;
};

/* Reads the 512 bytes of a sector; 0 or negative. */
typedef int partition_read_t(void *context, uint64_t sector, void *buffer);

/*
 * Reads the table of a disk of so many sectors.  An error of read() is handed
 * back; a table that is damaged leaves out what cannot be used and sets warning.
 * The number of sectors that are read is bounded.
 */
int partition_table_read(struct partition_table *table, uint64_t sectors, partition_read_t *read,
			 void *context);

#endif

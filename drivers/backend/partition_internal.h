/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Between the files that read partition tables.
 */
#ifndef UMBRA_DRIVERS_BACKEND_PARTITION_INTERNAL_H
#define UMBRA_DRIVERS_BACKEND_PARTITION_INTERNAL_H

#include "drivers/backend/partition_table.h"

#define SECTOR_SIZE 512u

/* A disk whose table is being read. */
struct table_reader {
	struct partition_table *table;
	uint64_t sectors;
	partition_read_t *read;
	void *context;
};

/*
 * Takes a partition into the table.  One that is empty or does not lie inside the
 * disk, or for which there is no room, is left out with a warning.
 */
void partition_add(struct table_reader *reader, unsigned number, uint64_t first, uint64_t sectors);

/* Fills the table from a GPT; 0, or an error of read(). */
int partition_read_gpt(struct table_reader *reader);

#endif

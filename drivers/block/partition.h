/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A block device that is a range of another one: a partition, or a whole disk for a user who must
 * not write to it.
 */
#ifndef UMBRA_DRIVERS_BLOCK_PARTITION_H
#define UMBRA_DRIVERS_BLOCK_PARTITION_H

#include "drivers/block/block_device.h"

struct partition {
	struct block_device device;
	struct block_device *parent;
	uint64_t first;
};

/*
 * Makes a device of sectors sectors from first on, which lie inside parent; parent outlives it.  It
 * may be read-only although parent is not.  A request beyond the range, or to write to what is read
 * only, fails and does not reach parent.
 */
void partition_init(struct partition *partition, struct block_device *parent, uint64_t first,
		    uint64_t sectors, bool read_only);

#endif

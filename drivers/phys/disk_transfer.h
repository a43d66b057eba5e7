/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A request on its way through a port.  Between disk.c and disk_transfer.c.
 */
#ifndef UMBRA_DRIVERS_PHYS_DISK_TRANSFER_H
#define UMBRA_DRIVERS_PHYS_DISK_TRANSFER_H

#include "drivers/phys/disk.h"

struct disk_transfer {
	struct list_node node;		/* waiting or unused */
	struct disk *disk;
	struct block_request *request;
	bool cancelled;			/* nobody wants to hear of it any more */
	uint64_t patience;		/* if so: until then the device may go on with it */
	bool bounced;			/* goes through the slot's buffer, piece by piece */
	unsigned blame;			/* for resets, as disk.c counts it */
	uint32_t done;			/* bytes */
	unsigned count;
	struct disk_fragment fragments[DISK_FRAGMENTS_MAX];

	/* Under way: */
	struct disk_command command;
	struct disk_fragment bounce;	/* command.fragments, if bounced */
};

/*
 * Prepares transfer for request: finds its memory, which must be in the direct map
 * or in the guest window loaded on this CPU.  -E_RANGE when it is in too many
 * pieces.
 */
int disk_transfer_prepare(struct disk_transfer *transfer, struct disk *disk,
			  struct block_request *request);

/* Fills transfer->command with the next part of the work, for that slot. */
void disk_transfer_next(struct disk_transfer *transfer, unsigned slot);

/* The command in slot went well: what was read goes where it belongs.  True when all is done. */
bool disk_transfer_advance(struct disk_transfer *transfer, unsigned slot);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A request in a port, which carries it out piece by piece, and how it is cut into pieces.  Between
 * disk.c, disk_recover.c and disk_transfer.c.
 */
#ifndef UMBRA_DRIVERS_BLOCK_DISK_TRANSFER_H
#define UMBRA_DRIVERS_BLOCK_DISK_TRANSFER_H

#include "drivers/block/disk.h"

/*
 * The part of a transfer that one or two commands do: some blocks of the disk, of which bytes from
 * skip on belong to the request.  One that modifies has a part of a block to write: the block is
 * read into the tag's bounce buffer, changed there, and written.
 */
struct disk_piece {
	uint64_t sector;
	uint32_t length;		/* bytes, whole blocks; 0 for a flush */
	uint32_t skip, take;		/* bytes */
	bool modifies;
};

struct disk_transfer {
	struct list_node node;		/* waiting or unused */
	struct disk *disk;
	struct block_request *request;
	bool cancelled;			/* done() of its request is not to be called */
	uint64_t patience;		/* time_ns() until which the device may go on with it */
	uint64_t put_off;		/* patience, once it was put off (arch/cpu/time_limit.h) */
	bool bounced;			/* goes through the tag's bounce buffer, piece by piece: */
	unsigned blame;			/* for resets: DISK_BLAME_... of disk_internal.h */
	uint32_t done;			/* bytes */
	unsigned count;
	struct disk_fragment fragments[DISK_FRAGMENTS_MAX];

	/* In flight: */
	struct disk_piece piece;
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

/* Does it write to a disk of large blocks?  Only such transfers can be in each other's way. */
static inline bool disk_transfer_may_conflict(const struct disk_transfer *transfer)
{
	return transfer->request->operation == BLOCK_WRITE &&
	       transfer->disk->device.block_size != BLOCK_SECTOR_SIZE;
}

/*
 * Must the transfer's next piece wait until the other transfer's current or earlier piece is done?
 * If one modifies a block that the other writes to, the other's data would be lost.
 */
bool disk_transfer_conflicts(const struct disk_transfer *transfer,
			     const struct disk_transfer *other);

/* Fills transfer->command with the next piece of the work, to be started under that tag. */
void disk_transfer_next(struct disk_transfer *transfer, unsigned tag);

/*
 * The command under that tag succeeded.  True when it read a block that is to be modified: then
 * transfer->command is the writing of that block, which goes on under the same tag.
 */
bool disk_transfer_modify(struct disk_transfer *transfer, unsigned tag);

/*
 * The piece under that tag is done: copies data that was read to the request.  True when all of the
 * request is done.
 */
bool disk_transfer_advance(struct disk_transfer *transfer, unsigned tag);

#endif

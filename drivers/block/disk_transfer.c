// SPDX-License-Identifier: GPL-2.0-only
/*
 * Finds the physical memory of a request, and uses the bounce buffer for devices that cannot reach
 * it, or whose blocks are larger than the request's alignment. Physical addresses are found when
 * the request is submitted: by the time it finishes, another guest's memory may be in this CPU's
 * window.  For disk.c.
 */
#include "drivers/block/disk_transfer.h"

#include "lib/compiler.h"
#include "lib/error.h"
#include "mm/host_map.h"

static bool add_fragment(struct disk_transfer *transfer, paddr_t address, uint32_t length)
{
	struct disk_fragment *end = transfer->fragments + transfer->count;

	if (transfer->count > 0 && end[-1].address + end[-1].length == address) {
		end[-1].length += length;
		return true;
	}
	if (transfer->count == DISK_FRAGMENTS_MAX)
		return false;
	*end = (struct disk_fragment){ address, length };
	transfer->count++;
	return true;
}

static bool add_segment(struct disk_transfer *transfer, const struct block_segment *segment)
{
	const uint8_t *bytes = segment->bytes;
	uint32_t left = segment->length;

	while (left > 0) {
		size_t run;
		paddr_t address = host_physical(bytes, &run);
		uint32_t length = run < left ? (uint32_t)run : left;

		if (!add_fragment(transfer, address, length))
			return false;
		bytes += length;
		left -= length;
	}
	return true;
}

static bool reaches(const struct disk_limits *limits, const struct disk_transfer *transfer)
{
	if (transfer->count > limits->fragments || transfer->request->length > limits->bytes)
		return false;
	for (unsigned i = 0; i < transfer->count; i++) {
		const struct disk_fragment *fragment = &transfer->fragments[i];

		if (!IS_ALIGNED(fragment->address, (paddr_t)limits->alignment) ||
		    !IS_ALIGNED(fragment->length, limits->alignment) ||
		    !range_inside(fragment->address, fragment->length, limits->end))
			return false;
	}
	return true;
}

static bool is_aligned(const struct disk *disk, const struct block_request *request)
{
	uint32_t block = disk->device.block_size;

	return IS_ALIGNED(request->length, block) &&
	       IS_ALIGNED(request->sector, (uint64_t)(block >> BLOCK_SECTOR_SHIFT));
}

int disk_transfer_prepare(struct disk_transfer *transfer, struct disk *disk,
			  struct block_request *request)
{
	transfer->disk = disk;
	transfer->request = request;
	transfer->cancelled = false;
	transfer->blame = 0;
	transfer->done = 0;
	transfer->count = 0;
	for (unsigned i = 0; i < request->segment_count; i++)
		if (!add_segment(transfer, &request->segments[i]))
			return -E_RANGE;
	transfer->bounced = !reaches(&disk->port->limits, transfer) ||
			    (request->operation != BLOCK_FLUSH && !is_aligned(disk, request));
	return 0;
}

/* Copies between the buffer and length bytes of the request, from where it is. */
static void copy(struct disk_transfer *transfer, uint8_t *buffer, uint32_t length, bool to_buffer)
{
	uint32_t skip = transfer->done;

	for (unsigned i = 0; i < transfer->count && length > 0; i++) {
		const struct disk_fragment *fragment = &transfer->fragments[i];
		uint32_t here = fragment->length > skip ? fragment->length - skip : 0;

		here = MIN(here, length);
		if (to_buffer)
			physical_read(fragment->address + skip, buffer, here);
		else
			physical_write(fragment->address + skip, buffer, here);
		skip -= MIN(skip, fragment->length);
		buffer += here;
		length -= here;
	}
}

/* --- pieces ------------------------------------------------------------------------------ */

/* A piece by the bounce buffer: as many blocks as fit, or the one of which a part is written. */
static void cut_for_bounce(const struct disk_transfer *transfer, struct disk_piece *piece)
{
	uint32_t block = transfer->disk->device.block_size, left = piece->length;

	piece->skip = (uint32_t)(piece->sector << BLOCK_SECTOR_SHIFT) & (block - 1);
	piece->modifies = transfer->request->operation == BLOCK_WRITE &&
			  (piece->skip != 0 || left < block);
	piece->take = MIN(left, (piece->modifies ? block : DISK_BOUNCE_SIZE) - piece->skip);
	/* The end of a write that is not a whole block is a piece of its own. */
	if (transfer->request->operation == BLOCK_WRITE && !piece->modifies)
		piece->take &= ~(block - 1);
	piece->sector -= piece->skip >> BLOCK_SECTOR_SHIFT;
	piece->length = (piece->skip + piece->take + block - 1) & ~(block - 1);
}

static struct disk_piece next_piece(const struct disk_transfer *transfer)
{
	const struct block_request *request = transfer->request;
	uint32_t left = request->length - transfer->done;
	struct disk_piece piece = {
		.sector = request->sector + (transfer->done >> BLOCK_SECTOR_SHIFT),
		.length = left, .take = left,
	};

	if (transfer->bounced)
		cut_for_bounce(transfer, &piece);
	return piece;
}

bool disk_transfer_conflicts(const struct disk_transfer *transfer,
			     const struct disk_transfer *other)
{
	struct disk_piece mine, its;

	if (!disk_transfer_may_conflict(transfer) || !disk_transfer_may_conflict(other) ||
	    transfer->disk != other->disk)
		return false;
	/* This also holds for a transfer in flight: everything before its next piece is done. */
	mine = next_piece(transfer);
	its = next_piece(other);
	return (mine.modifies || its.modifies) &&
	       ranges_overlap(mine.sector, mine.length >> BLOCK_SECTOR_SHIFT, its.sector,
			      its.length >> BLOCK_SECTOR_SHIFT);
}

/* Copies the piece from the request to the tag's bounce buffer, or back. */
static void copy_piece(struct disk_transfer *transfer, unsigned tag, bool to_buffer)
{
	uint8_t *buffer = transfer->disk->port->bounce[tag];

	copy(transfer, buffer + transfer->piece.skip, transfer->piece.take, to_buffer);
}

void disk_transfer_next(struct disk_transfer *transfer, unsigned tag)
{
	struct disk_command *command = &transfer->command;

	transfer->piece = next_piece(transfer);
	*command = (struct disk_command){
		.disk = transfer->disk,
		.operation = transfer->piece.modifies ? BLOCK_READ : transfer->request->operation,
		.sector = transfer->piece.sector,
		.length = transfer->piece.length,
		.fragments = transfer->fragments,
		.count = transfer->count,
	};
	if (!transfer->bounced)
		return;
	transfer->bounce.address = transfer->disk->port->bounce_address[tag];
	transfer->bounce.length = command->length;
	command->fragments = &transfer->bounce;
	command->count = 1;
	if (command->operation == BLOCK_WRITE)
		copy_piece(transfer, tag, true);
}

bool disk_transfer_modify(struct disk_transfer *transfer, unsigned tag)
{
	if (!transfer->piece.modifies || transfer->command.operation == BLOCK_WRITE)
		return false;
	copy_piece(transfer, tag, true);
	transfer->command.operation = BLOCK_WRITE;
	return true;
}

bool disk_transfer_advance(struct disk_transfer *transfer, unsigned tag)
{
	if (transfer->bounced && transfer->request->operation == BLOCK_READ)
		copy_piece(transfer, tag, false);
	transfer->done += transfer->piece.take;
	return transfer->done == transfer->request->length;
}

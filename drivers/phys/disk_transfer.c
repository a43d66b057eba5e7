// SPDX-License-Identifier: GPL-2.0-only
/*
 * The memory of a request: where it physically is, and the detour for devices
 * that cannot reach it.  The guest's window may be another's by the time a
 * request finishes, so addresses are found out once, at the start.
 */
#include "drivers/phys/disk_transfer.h"

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
	transfer->bounced = !reaches(&disk->port->limits, transfer);
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

void disk_transfer_next(struct disk_transfer *transfer, unsigned slot)
{
	const struct block_request *request = transfer->request;
	const struct disk_port *port = transfer->disk->port;
	struct disk_command *command = &transfer->command;

	command->disk = transfer->disk;
	command->operation = request->operation;
	command->sector = request->sector + (transfer->done >> BLOCK_SECTOR_SHIFT);
	command->length = request->length - transfer->done;
	command->fragments = transfer->fragments;
	command->count = transfer->count;
	if (!transfer->bounced)
		return;
	command->length = MIN(command->length, DISK_BOUNCE_SIZE);
	transfer->bounce.address = port->bounce_address[slot];
	transfer->bounce.length = command->length;
	command->fragments = &transfer->bounce;
	command->count = 1;
	if (command->operation == BLOCK_WRITE)
		copy(transfer, port->bounce[slot], command->length, true);
}

bool disk_transfer_advance(struct disk_transfer *transfer, unsigned slot)
{
	const struct disk_command *command = &transfer->command;

	if (transfer->bounced && command->operation == BLOCK_READ)
		copy(transfer, transfer->disk->port->bounce[slot], command->length, false);
	transfer->done += command->length;
	return transfer->done == transfer->request->length;
}

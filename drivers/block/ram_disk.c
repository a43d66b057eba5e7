// SPDX-License-Identifier: GPL-2.0-only
/*
 * Disks in memory: each segment of a request is one copy.
 */
#include "drivers/block/ram_disk.h"

#include "lib/compiler.h"
#include "lib/error.h"
#include "mm/host_map.h"

static void copy_segments(paddr_t at, const struct block_request *request)
{
	for (unsigned i = 0; i < request->segment_count; i++) {
		const struct block_segment *segment = &request->segments[i];

		if (request->operation == BLOCK_READ)
			physical_read(at, segment->bytes, segment->length);
		else
			physical_write(at, segment->bytes, segment->length);
		at += segment->length;
	}
}

/* The range was checked before; checked again, since a mistake would reach other memory. */
static int ram_disk_submit(struct block_device *device, struct block_request *request)
{
	const struct ram_disk *disk = container_of(device, struct ram_disk, device);

	if (request->operation == BLOCK_FLUSH)
		return 0;
	if (!block_has_range(device, request->sector, request->length) ||
	    (device->read_only && request->operation != BLOCK_READ))
		return -E_RANGE;
	copy_segments(disk->start + (request->sector << BLOCK_SECTOR_SHIFT), request);
	return 0;
}

void ram_disk_init(struct ram_disk *disk, paddr_t start, uint64_t bytes, bool read_only)
{
	static const struct block_device_ops ops = { .submit = ram_disk_submit };

	disk->device = (struct block_device){
		.ops = &ops,
		.block_size = BLOCK_SECTOR_SIZE,
		.sectors = bytes >> BLOCK_SECTOR_SHIFT,
		.read_only = read_only,
	};
	disk->start = start;
}

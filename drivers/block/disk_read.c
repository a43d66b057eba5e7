// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reading sectors while Umbra comes up, with interrupts off: for partition tables.
 */
#include "drivers/block/disk_internal.h"

#include "arch/cpu/time_limit.h"
#include "lib/compiler.h"

struct read_now {
	struct block_request request;
	bool finished;
	int error;
};

static void read_done(struct block_request *request, int error)
{
	struct read_now *now = container_of(request, struct read_now, request);

	now->error = error;
	now->finished = true;
}

int disk_read_now(struct disk *disk, uint64_t sector, void *buffer)
{
	struct block_segment segment = { buffer, BLOCK_SECTOR_SIZE };
	struct read_now now = {
		.request = {
			.operation = BLOCK_READ, .sector = sector, .length = BLOCK_SECTOR_SIZE,
			.segments = &segment, .segment_count = 1, .done = read_done,
		},
	};
	int error = disk_reserve(disk, 1);

	if (error)
		return error;
	disk->port->is_read_now = true;
	error = disk->device.ops->submit(&disk->device, &now.request);
	if (error == BLOCK_LATER) {
		struct time_limit forever = time_limit(UINT64_MAX / 2);

		/*
		 * The loop ends: a port that does not answer is given up, as long as the clock
		 * runs.
		 */
		while (!now.finished) {
			disks_tick();
			(void)time_limit_is_over(&forever);
		}
		error = now.error;
		/* No interrupt could arrive here, so none counts as missing. */
		irq_watch_raised(&disk->port->watch);
	}
	disk->port->is_read_now = false;
	disk_unreserve(disk, 1);
	return error;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ranges of block devices.  A request's sector is changed and the request passed on, so no requests
 * are kept here.
 */
#include "drivers/block/partition.h"

#include "lib/compiler.h"
#include "lib/error.h"

static int partition_submit(struct block_device *device, struct block_request *request)
{
	const struct partition *partition = container_of(device, struct partition, device);

	/* A flush is for the whole disk, which does no harm. */
	if (request->operation == BLOCK_FLUSH)
		return partition->parent->ops->submit(partition->parent, request);
	if (!block_has_range(device, request->sector, request->length) ||
	    (device->read_only && request->operation != BLOCK_READ))
		return -E_RANGE;
	/* No overflow: the range lies inside the partition, and that inside the parent. */
	request->sector += partition->first;
	return partition->parent->ops->submit(partition->parent, request);
}

static bool partition_cancel(struct block_device *device, struct block_request *const *list,
			     unsigned count)
{
	const struct partition *partition = container_of(device, struct partition, device);

	return partition->parent->ops->cancel(partition->parent, list, count);
}

void partition_init(struct partition *partition, struct block_device *parent, uint64_t first,
		    uint64_t sectors, bool read_only)
{
	static const struct block_device_ops ops = { partition_submit, partition_cancel };

	partition->device = (struct block_device){
		.ops = &ops,
		.sectors = sectors,
		.block_size = parent->block_size,
		.read_only = read_only || parent->read_only,
	};
	partition->parent = parent;
	partition->first = first;
}

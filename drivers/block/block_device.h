/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The interface of everything that has sectors, and its requests.  Disks, partitions and disks in
 * memory implement it; the model of a guest's disk and the reader of partition tables use it.  A
 * request may be carried out at once or finish later, in any order.
 */
#ifndef UMBRA_DRIVERS_BLOCK_BLOCK_DEVICE_H
#define UMBRA_DRIVERS_BLOCK_BLOCK_DEVICE_H

#include "lib/checked.h"

#include <stdbool.h>
#include <stdint.h>

#define BLOCK_SECTOR_SHIFT 9
#define BLOCK_SECTOR_SIZE 512u

/* Umbra uses no disks with other block sizes. */
#define BLOCK_LARGE_SIZE 4096u

struct block_device;

enum block_operation {
	BLOCK_READ,
	BLOCK_WRITE,
	BLOCK_FLUSH,	/* what was written outlives a loss of power; no sectors or segments */
};

/* A part of a request's memory, in Umbra's address space; any length, any alignment. */
struct block_segment {
	void *bytes;
	uint32_t length;
};

struct block_request {
	enum block_operation operation;
	uint64_t sector;		/* the first; once submitted, the device's to change */
	uint32_t length;		/* bytes of all segments, a multiple of BLOCK_SECTOR_SIZE */
	const struct block_segment *segments;
	unsigned segment_count;
	/*
	 * Nanoseconds that handlers of interrupts and timers spent on the request after submit.
	 * Valid when done is called; the guest that made the request is charged for them.
	 */
	uint32_t spent;
	/*
	 * For a request that finishes later: called once, perhaps from an interrupt
	 * handler and perhaps before submit returns.  error is 0 or negative.
	 */
	void (*done)(struct block_request *request, int error);
};

/* What submit returns when request->done will be called. */
#define BLOCK_LATER 1

struct block_device_ops {
	/*
	 * Carries out a request, whose range lies inside the device: 0 when it is done, a negative
	 * error when it failed, or BLOCK_LATER.  The request and its segments stay as they are
	 * until then.  On the CPU that has the guest's window loaded if the segments lie in it.
	 */
	int (*submit)(struct block_device *device, struct block_request *request);

	/*
	 * Cancels those of the count requests in list that were to finish later; the others may be
	 * finished, or were never submitted.  When this returns, done is not called any more, and
	 * no call of it is in flight.  True when the requests and their memory are not accessed any
	 * more.  False while the device still works on one: then it must be called again after a
	 * millisecond or so, with the same list. Does not wait.  A device that goes on with one for
	 * seconds is stopped, for all that use it: this is for the end of a guest.  NULL for a
	 * device that never says BLOCK_LATER.
	 */
	bool (*cancel)(struct block_device *device, struct block_request *const *list,
		       unsigned count);
};

struct block_device {
	const struct block_device_ops *ops;
	uint64_t sectors;		/* a multiple of a block's */
	/*
	 * What it reads and writes at once, 512 or 4096 bytes, and what partition tables on it
	 * count in.  Requests need not be aligned to it, but those that are cost less.
	 */
	uint32_t block_size;
	bool read_only;
};

/* Do length bytes, a multiple of the sector's, from sector on lie inside? */
static inline bool block_has_range(const struct block_device *device, uint64_t sector,
				   uint32_t length)
{
	return range_inside(sector, length >> BLOCK_SECTOR_SHIFT, device->sectors);
}

#endif

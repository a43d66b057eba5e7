/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The virtio block device (virtio 1.0, 5.2; its legacy form is the same but for
 * what the transport does): one queue of requests, joined to anything with
 * sectors.  Data goes straight between the guest's memory and the disk.
 *
 * What a request asks for beyond the disk, in parts of sectors, or of a disk
 * that is only read, is answered with an I/O error, and nothing is read or
 * written.  A request that cannot even be answered breaks the queue.
 */
#ifndef UMBRA_DRIVERS_VIRTIO_VIRTIO_BLOCK_H
#define UMBRA_DRIVERS_VIRTIO_VIRTIO_BLOCK_H

#include "drivers/block/block_device.h"
#include "drivers/virtio/device.h"
#include "lib/compiler.h"

#define VIRTIO_BLOCK_ID_SIZE 20u	/* of a serial number; a shorter one ends with a NUL */

/* Requests that can be in flight at a disk that finishes them later. */
#define VIRTIO_BLOCK_REQUESTS 8

enum virtio_block_state {
	VIRTIO_BLOCK_FREE,
	VIRTIO_BLOCK_READY,	/* to be submitted or answered */
	VIRTIO_BLOCK_IN_FLIGHT,	/* waits for the disk */
	VIRTIO_BLOCK_ABANDONED,	/* the same, but the device was reset since */
};

/* A request of the guest's.  A large one is put to the disk in pieces, one after the other. */
struct virtio_block_request {
	struct virtio_block *block;
	enum virtio_block_state state;
	struct virtqueue_chain chain;
	uint8_t status;			/* the answer so far */
	enum block_operation operation;
	bool pending;			/* more is to be submitted: */
	uint64_t sector;		/* from here */
	uint32_t left;			/* so many bytes */
	struct virtqueue_position at;	/* from or to here in the chain */
	uint32_t filled;		/* bytes of the writable part that are written */

	struct block_request piece;
	int error;			/* of the piece, once it is finished */
	bool finished;			/* set on the disk's CPU, read on the guest's */
	struct virtqueue_buffer buffers[VIRTIO_QUEUE_SIZE];
	struct block_segment segments[VIRTIO_QUEUE_SIZE];
};

struct virtio_block {
	struct virtio_device device;
	struct virtqueue queue;
	struct block_device *disk;
	void (*wake)(void *context, uint32_t spent);
	void *context;
	uint8_t id[VIRTIO_BLOCK_ID_SIZE];
	struct virtio_blk_config config;
	uint32_t busy;			/* bit i: requests[i] is not free */
	bool answered;			/* some, in this call */
	struct virtio_block_request requests[VIRTIO_BLOCK_REQUESTS];
};

/*
 * Makes block->device ready for a transport.  name is for messages, id the
 * serial number (cut where it is too long).  wake is called when a request has
 * finished later and device.ops->service is due: as block_request.done, from
 * anywhere, with what the guest owes for it to those whose time it took, in
 * nanoseconds.  name, disk and what context points to outlive the device, which
 * must be closed before it is freed.
 */
void virtio_block_init(struct virtio_block *block, const char *name, struct block_device *disk,
		       const char *id, void (*wake)(void *context, uint32_t spent), void *context);

/*
 * Gives up all requests, as block_device_ops.cancel: when it returns, wake is not called any
 * more, and no call is in flight.  True when the disk is done with all of them, and the device
 * and the guest's memory may be freed; else it is to be called again, and does not wait.
 */
bool __must_check virtio_block_close(struct virtio_block *block);

#endif

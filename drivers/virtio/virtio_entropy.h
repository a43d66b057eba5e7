/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The virtio entropy device (virtio 1.0, 5.4): fills the buffers of its one queue with random bytes
 * from a function that always has some.
 */
#ifndef UMBRA_DRIVERS_VIRTIO_VIRTIO_ENTROPY_H
#define UMBRA_DRIVERS_VIRTIO_VIRTIO_ENTROPY_H

#include "drivers/virtio/device.h"

#include <stddef.h>

/* A request is given no more than this; the rest of a larger buffer stays as it is (5.4.6.2). */
#define ENTROPY_REQUEST_MAX 4096u

struct virtio_entropy {
	struct virtio_device device;
	struct virtqueue queue;
	void (*fill)(void *context, void *bytes, size_t size);
	void *context;
	struct virtqueue_buffer buffers[VIRTIO_QUEUE_SIZE];
};

/*
 * Makes entropy->device ready for a transport.  fill writes all of size bytes; it
 * and what context points to outlive the device.
 */
void virtio_entropy_init(struct virtio_entropy *entropy,
			 void (*fill)(void *context, void *bytes, size_t size), void *context);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The interface between virtio device models and transports.
 *
 * All calls happen on the CPU that runs the guest, between two entries to it.
 * One call does a bounded amount of work, however much the guest asks for; what
 * is left makes more_work true, and service goes on with it.
 */
#ifndef UMBRA_DRIVERS_VIRTIO_DEVICE_H
#define UMBRA_DRIVERS_VIRTIO_DEVICE_H

#include "drivers/virtio/virtqueue.h"
#include "lib/virtio_spec.h"

#include <stdbool.h>
#include <stdint.h>

#define VIRTIO_QUEUE_SIZE 256u	/* of every queue that Umbra offers */

struct virtio_device;

/* What a device model does. */
struct virtio_device_ops {
	/* Forgets all requests in flight.  Its queues are not live, now or after. */
	void (*reset)(struct virtio_device *device);

	/*
	 * After a reset: has the back end stopped using the guest's memory for requests from
	 * before?  Until then the guest does not see the end of the reset, but it may start the
	 * device again all the same.  NULL when the back end never uses guest memory later.
	 */
	bool (*is_at_rest)(struct virtio_device *device);

	/* features is final and the queues in use are live.  NULL when there is nothing to do. */
	void (*start)(struct virtio_device *device);

	/* The guest has kicked queue. */
	void (*kick)(struct virtio_device *device, unsigned queue);

	/* Called when the back end has something for the device, or more_work is true. */
	void (*service)(struct virtio_device *device);

	/*
	 * Has every request in flight come to an end, so that the guest can be cloned?  NULL when
	 * none ever keeps it from that.
	 */
	bool (*is_quiet)(const struct virtio_device *device);

	/*
	 * Goes on where from is, a quiet device of the same kind of the guest that is cloned;
	 * features and queues are copied already.  is_running: its driver has started it.  NULL
	 * when there is nothing else to copy.
	 */
	void (*clone)(struct virtio_device *device, const struct virtio_device *from,
		      bool is_running);

	/*
	 * The guest writes length bytes at offset, all inside config_size, whatever
	 * the status is.  False: not now, the guest is to try again.  NULL when the
	 * device ignores it.  The device page does not notice such writes.
	 */
	bool (*config_write)(struct virtio_device *device, unsigned offset, const uint8_t *bytes,
			     unsigned length);
};

struct virtio_device {
	/* Set by the device model. */
	const char *name;		/* for messages, outlives the device */
	uint16_t id;
	const struct virtio_device_ops *ops;
	uint64_t offered;		/* feature bits */
	uint64_t offered_modern;	/* and these, by transports of virtio 1.0 */
	const uint8_t *config;		/* config space, may be NULL when it has 0 bytes */
	unsigned config_size;
	struct virtqueue *queues;
	unsigned queue_count;
	bool more_work;

	/* Set by the transport. */
	uint64_t features;		/* offered and accepted */
	void (*interrupt)(struct virtio_device *device, unsigned queue);
	void *transport;
};

static inline bool virtio_device_is_at_rest(struct virtio_device *device)
{
	return !device->ops->is_at_rest || device->ops->is_at_rest(device);
}

static inline bool virtio_device_is_quiet(const struct virtio_device *device)
{
	return !device->ops->is_quiet || device->ops->is_quiet(device);
}

/* For transports: the device, which they have attached, goes on where from is. */
static inline void virtio_device_clone(struct virtio_device *device,
				       const struct virtio_device *from, bool is_running)
{
	device->features = from->features;
	device->more_work = from->more_work;
	for (unsigned i = 0; i < device->queue_count; i++)
		virtqueue_clone(&device->queues[i], &from->queues[i]);
	if (device->ops->clone)
		device->ops->clone(device, from, is_running);
}

/* Tells the guest that requests of queue were given back, if it wants to know. */
static inline void virtio_device_interrupt(struct virtio_device *device, unsigned queue)
{
	if (virtqueue_wants_interrupt(&device->queues[queue]))
		device->interrupt(device, queue);
}

#endif

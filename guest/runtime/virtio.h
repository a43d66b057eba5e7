/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A virtio device on whichever transport the guest's generation has: the device
 * page, or PCI. For drivers, which need not know.
 */
#ifndef UMBRA_GUEST_RUNTIME_VIRTIO_H
#define UMBRA_GUEST_RUNTIME_VIRTIO_H

#include "guest/runtime/device.h"
#include "guest/runtime/virtio_pci.h"
#include "guest/runtime/virtqueue.h"

#include <stdbool.h>

struct virtio {
	struct device record;           /* on the device page */
	struct virtio_pci pci;
};

/* Find the first device of a type, or the one of that number, from 0. */
bool virtio_open(struct virtio *virtio, enum lguest_device_type type);
bool virtio_open_number(struct virtio *virtio, enum lguest_device_type type, unsigned int number);

/* How many queues it has. */
unsigned int virtio_queue_count(const struct virtio *virtio);

/* The features that it offers; VIRTIO_PCI_VERSION_1 is one of them on PCI. */
uint64_t virtio_offered(const struct virtio *virtio);

/*
 * Reset it, accept those of its features that are in wanted (and version 1 on
 * PCI), and start it with queues 0 to count - 1 empty. A queue is all zero
 * before the first time. False when the device refuses, or has fewer queues.
 */
bool virtio_start(const struct virtio *virtio, uint64_t wanted, struct virtqueue *queues,
		  unsigned int count);

/* Reset it, and leave it so: it does not look at its queues any more. */
void virtio_stop(const struct virtio *virtio);

/* A byte of its configuration space; offset must be inside. */
uint8_t virtio_config(const struct virtio *virtio, uint32_t offset);

/* Say that an interrupt was taken, before its cause is looked for. */
void virtio_acknowledge(const struct virtio *virtio);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The driver's side of a virtqueue (virtio 1.0, section 2.4; on the device page
 * in its legacy layout). The caller keeps interrupts off.
 */
#ifndef UMBRA_GUEST_RUNTIME_VIRTQUEUE_H
#define UMBRA_GUEST_RUNTIME_VIRTQUEUE_H

#include "guest/lguest_abi.h"

#include <stdbool.h>
#include <stdint.h>

#define VIRTQUEUE_NEXT 1u
#define VIRTQUEUE_WRITE 2u
#define VIRTQUEUE_NO_INTERRUPT 1u
#define VIRTQUEUE_NO_NOTIFY 1u

struct virtqueue_descriptor {
	uint64_t address;
	uint32_t length;
	uint16_t flags;
	uint16_t next;
};

struct virtqueue_available {
	uint16_t flags;
	uint16_t index;
	uint16_t ring[];
};

struct virtqueue_used {
	uint16_t flags;
	uint16_t index;
	struct {
		uint32_t id;
		uint32_t length;
	} ring[];
};

struct virtqueue {
	struct lguest_vqconfig config;
	volatile struct virtqueue_descriptor *descriptors;
	volatile struct virtqueue_available *available;
	volatile struct virtqueue_used *used;
	uint16_t seen;                  /* used entries taken so far */
	uint16_t index;                 /* of the queue in its device, for PCI */
	volatile uint8_t *notify;       /* where to write it; NULL: on the device page */
};

/* Map the ring that config of the device page names; the device must have been reset. */
void virtqueue_init(struct virtqueue *queue, const struct lguest_vqconfig *config);

/* Bytes of a ring with that many descriptors on the device page. */
uint32_t virtqueue_size(uint32_t descriptors);

/*
 * Offer a buffer under descriptor number id (below config.num), for the device
 * to write into or to read. The id must not be in use. The device is not told.
 */
void virtqueue_offer(struct virtqueue *queue, uint16_t id, uint32_t physical, uint32_t length,
		     bool device_writes);

struct virtqueue_buffer {
	uint32_t physical;
	uint32_t length;
};

/*
 * Offer one request of several buffers, first those that the device reads, under
 * descriptors id, id + 1 and so on (all below config.num, none in use).
 */
void virtqueue_offer_chain(struct virtqueue *queue, uint16_t id,
			   const struct virtqueue_buffer *buffers, unsigned int reads,
			   unsigned int writes);

/* Tell the device. */
void virtqueue_kick(const struct virtqueue *queue);

/* Take the next finished buffer: its id and how much was written into it. False when none. */
bool virtqueue_take(struct virtqueue *queue, uint32_t *id, uint32_t *length);

#endif

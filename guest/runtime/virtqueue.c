// SPDX-License-Identifier: GPL-2.0-only
/*
 * The driver's side of a virtqueue. State lives in struct virtqueue,
 * which the driver owns.
 */
#include "guest/runtime/virtqueue.h"

#include "guest/runtime/compiler.h"
#include "guest/runtime/device.h"
#include "guest/runtime/hypercall.h"
#include "guest/runtime/layout.h"

#include <stddef.h>

/* Offset of the used part: behind flags, index, ring and used_event, on a page border. */
static uint32_t used_offset(uint32_t descriptors)
{
	uint32_t end = descriptors * (uint32_t)sizeof(struct virtqueue_descriptor) +
		       (3 + descriptors) * 2;

	return (end + LGUEST_RING_ALIGN - 1) & ~(LGUEST_RING_ALIGN - 1);
}

uint32_t virtqueue_size(uint32_t descriptors)
{
	return used_offset(descriptors) + 3 * 2 + descriptors * 8;
}

void virtqueue_init(struct virtqueue *queue, const struct lguest_vqconfig *config)
{
	uint8_t *base = device_map(config->pfn * PAGE_SIZE, virtqueue_size(config->num));

	queue->config = *config;
	queue->descriptors = (void *)base;
	queue->available = (void *)(base + config->num * sizeof(struct virtqueue_descriptor));
	queue->used = (void *)(base + used_offset(config->num));
	queue->seen = 0;
	queue->notify = NULL;
}

static void announce(struct virtqueue *queue, uint16_t id)
{
	uint16_t index = queue->available->index;

	queue->available->ring[index % queue->config.num] = id;
	/* The device looks at the entry once the index passes it. */
	compiler_barrier();
	queue->available->index = (uint16_t)(index + 1);
}

void virtqueue_offer_chain(struct virtqueue *queue, uint16_t id,
			   const struct virtqueue_buffer *buffers, unsigned int reads,
			   unsigned int writes)
{
	unsigned int count = reads + writes;

	for (unsigned int i = 0; i < count; i++) {
		volatile struct virtqueue_descriptor *descriptor = &queue->descriptors[id + i];

		descriptor->address = buffers[i].physical;
		descriptor->length = buffers[i].length;
		descriptor->flags = (uint16_t)((i < reads ? 0 : VIRTQUEUE_WRITE) |
					       (i + 1 < count ? VIRTQUEUE_NEXT : 0));
		descriptor->next = (uint16_t)(id + i + 1);
	}
	announce(queue, id);
}

void virtqueue_offer(struct virtqueue *queue, uint16_t id, uint32_t physical, uint32_t length,
		     bool device_writes)
{
	const struct virtqueue_buffer buffer = { physical, length };

	virtqueue_offer_chain(queue, id, &buffer, !device_writes, device_writes);
}

void virtqueue_kick(const struct virtqueue *queue)
{
	if (queue->notify != NULL)
		*(volatile uint16_t *)(volatile void *)queue->notify = queue->index;
	else
		hypercall_notify(queue->config.pfn * PAGE_SIZE);
}

bool virtqueue_take(struct virtqueue *queue, uint32_t *id, uint32_t *length)
{
	uint16_t slot = (uint16_t)(queue->seen % queue->config.num);

	if (queue->used->index == queue->seen)
		return false;
	/* Pairs with the device, which writes the entry before the index. */
	compiler_barrier();
	*id = queue->used->ring[slot].id;
	*length = queue->used->ring[slot].length;
	queue->seen++;
	return true;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Driver of the virtio entropy device (virtio 1.0, section 5.4). Owns a small
 * buffer that the device writes to; there is one request at a time.
 */
#include "guest/runtime/entropy.h"

#include "guest/runtime/irq.h"
#include "guest/runtime/layout.h"
#include "guest/runtime/string.h"
#include "guest/runtime/virtio.h"

#define BUFFER_SIZE 256u

static struct virtio device;
static struct virtqueue queue;
static uint8_t buffer[BUFFER_SIZE];

/* Whoever waits for the buffer looks after each interrupt. */
static void entropy_interrupt(struct trap_frame *frame)
{
	(void)frame;
	virtio_acknowledge(&device);
}

bool entropy_start(void)
{
	if (!virtio_open(&device, LGUEST_DEVICE_ENTROPY) || !virtio_start(&device, 0, &queue, 1))
		return false;
	irq_attach(queue.config.irq, entropy_interrupt);
	return true;
}

uint32_t entropy_request(const struct virtqueue_buffer *buffers, unsigned int count)
{
	uint32_t word = irq_save();
	uint32_t id, length;

	virtqueue_offer_chain(&queue, 0, buffers, 0, count);
	virtqueue_kick(&queue);
	while (!virtqueue_take(&queue, &id, &length)) {
		irq_wait();
		(void)irq_save();
	}
	irq_restore(word);
	return length;
}

void entropy_read(void *bytes, uint32_t size)
{
	uint8_t *to = bytes;

	while (size > 0) {
		uint32_t wanted = size < BUFFER_SIZE ? size : BUFFER_SIZE;
		struct virtqueue_buffer part = {phys_of(buffer), wanted};
		uint32_t got = entropy_request(&part, 1);

		if (got > wanted)
			got = wanted;
		memcpy(to, buffer, got);
		to += got;
		size -= got;
	}
	memset(buffer, 0, sizeof(buffer));
}

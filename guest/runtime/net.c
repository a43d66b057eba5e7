// SPDX-License-Identifier: GPL-2.0-only
/*
 * The driver. Owns the device, its queues, and the memory of the receive
 * buffers; what is sent is read where it is.
 */
#include "guest/runtime/net.h"

#include "guest/runtime/hypercall.h"
#include "guest/runtime/irq.h"
#include "guest/runtime/layout.h"
#include "guest/runtime/machine.h"
#include "guest/runtime/pages.h"
#include "guest/runtime/string.h"
#include "guest/runtime/timer.h"
#include "guest/runtime/virtio.h"

#include <stddef.h>

#define POOL_SIZE 0x80000u
#define CONFIG_STATUS 6u
#define SEND_SLOTS 64u                  /* two descriptors each */

enum { RECEIVE, SEND, QUEUES };

static struct virtio device;
static struct virtqueue queues[QUEUES];
static uint64_t features;
static uint32_t header_size;
static uint8_t address[NET_ADDRESS_SIZE];

static uint8_t *pool;
static uint32_t buffer_size;

static struct net_header send_headers[SEND_SLOTS];
static uint32_t queued;                 /* since the last flush */

static void net_interrupt(struct trap_frame *frame)
{
	(void)frame;
	virtio_acknowledge(&device);
}

/* Frames in a row: nobody has given any back yet, or this panics. */
static uint8_t *make_pool(void)
{
	uint32_t start = page_alloc();

	for (uint32_t size = PAGE_SIZE; size < POOL_SIZE; size += PAGE_SIZE)
		if (page_alloc() != start + size)
			machine_panic("frames of the receive buffers do not lie in a row");
	return virt_of(start);
}

static void offer_buffer(uint32_t id)
{
	virtqueue_offer(&queues[RECEIVE], (uint16_t)id, phys_of(pool + id * buffer_size),
			buffer_size, true);
}

bool net_start(uint64_t wanted, uint32_t size, uint32_t count)
{
	if (!virtio_open(&device, LGUEST_DEVICE_NET) || size * count > POOL_SIZE)
		return false;
	if (pool == NULL)
		pool = make_pool();
	if (!virtio_start(&device, wanted, queues, QUEUES) || count > queues[RECEIVE].config.num)
		return false;
	features = virtio_offered(&device) & wanted;
	header_size = (features & NET_MRG_RXBUF) || !device_page_exists ? 12 : 10;
	for (uint32_t i = 0; i < NET_ADDRESS_SIZE; i++)
		address[i] = virtio_config(&device, i);
	for (unsigned int i = 0; i < QUEUES; i++)
		irq_attach(queues[i].config.irq, net_interrupt);
	/* Whoever sends waits for the device anyway. */
	queues[SEND].available->flags = VIRTQUEUE_NO_INTERRUPT;
	queued = 0;
	buffer_size = size;
	for (uint32_t i = 0; i < count; i++)
		offer_buffer(i);
	virtqueue_kick(&queues[RECEIVE]);
	return true;
}

uint64_t net_features(void)
{
	return features;
}

uint32_t net_header_size(void)
{
	return header_size;
}

const uint8_t *net_address(void)
{
	return address;
}

bool net_link(void)
{
	return (virtio_config(&device, CONFIG_STATUS) & 1) != 0;
}

void net_queue(const struct net_header *header, const void *frame, uint32_t length)
{
	static const struct net_header none;
	struct net_header *slot = &send_headers[queued];
	const struct virtqueue_buffer buffers[] = {
		{phys_of(slot), header_size}, {phys_of(frame), length}
	};

	*slot = header != NULL ? *header : none;
	virtqueue_offer_chain(&queues[SEND], (uint16_t)(2 * queued), buffers, 2, 0);
	queued++;
}

void net_flush(void)
{
	uint32_t id, length;

	virtqueue_kick(&queues[SEND]);
	while (queued > 0) {
		if (virtqueue_take(&queues[SEND], &id, &length))
			queued--;
		else
			hypercall_flush_async();
	}
}

void net_send(const struct net_header *header, const void *frame, uint32_t length)
{
	net_queue(header, frame, length);
	net_flush();
}

/* Copies what buffer id holds behind skip bytes to *at, moves that on, offers the buffer again. */
static void take_buffer(uint32_t id, uint32_t skip, uint32_t written, uint8_t *frame, uint32_t *at)
{
	uint32_t size = written > skip ? written - skip : 0;

	if (size > NET_FRAME_MAX - *at)
		machine_panic("a frame of more than %u bytes", NET_FRAME_MAX);
	memcpy(frame + *at, pool + id * buffer_size + skip, size);
	*at += size;
	offer_buffer(id);
}

bool net_receive(struct net_header *header, uint8_t *frame, uint32_t *length)
{
	uint32_t id, written;

	if (!virtqueue_take(&queues[RECEIVE], &id, &written))
		return false;
	header->buffers = 1;
	memcpy(header, pool + id * buffer_size, header_size);
	*length = 0;
	take_buffer(id, header_size, written, frame, length);
	for (uint32_t i = 1; i < header->buffers; i++) {
		if (!virtqueue_take(&queues[RECEIVE], &id, &written))
			machine_panic("%u of %u buffers of a frame", i, header->buffers);
		take_buffer(id, 0, written, frame, length);
	}
	if (!(queues[RECEIVE].used->flags & VIRTQUEUE_NO_NOTIFY))
		virtqueue_kick(&queues[RECEIVE]);
	return true;
}

bool net_wait(struct net_header *header, uint8_t *frame, uint32_t *length, uint32_t ms)
{
	uint32_t end = clock_ms() + ms;

	while (!net_receive(header, frame, length)) {
		int32_t left = (int32_t)(end - clock_ms());

		if (left <= 0)
			return false;
		timer_arm((uint32_t)left * NS_PER_MS);
		irq_wait();
		(void)irq_save();
	}
	return true;
}

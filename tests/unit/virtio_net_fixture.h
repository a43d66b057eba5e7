/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * For tests of the virtio network device: two of them on one switch, each with a
 * guest's memory of its own, and the hands of both drivers.  Included by one
 * source file of each test program, in which the device finds drivers/net/network.c as it is here.
 */
#ifndef UMBRA_TESTS_UNIT_VIRTIO_NET_FIXTURE_H
#define UMBRA_TESTS_UNIT_VIRTIO_NET_FIXTURE_H

#include "drivers/virtio/virtio_net.h"
#include "lib/compiler.h"
#include "tests/unit/fake_guest_memory.h"
#include "tests/unit/net_frames.h"
#include "tests/unit/unit.h"

#include <stdlib.h>
#include <string.h>

#define NEXT 1
#define WRITE 2

#define MEMORY_SIZE 0x400000u
#define RINGS 0x1000u			/* three pages a queue, legacy layout */
#define SEND_BUFFERS 0x10000u		/* one frame at a time */
#define RECEIVE_BUFFERS 0x100000u

#define MODERN BIT64(VIRTIO_F_VERSION_1)
#define F(name) BIT64(VIRTIO_NET_F_##name)
#define SEND_ALL (F(CSUM) | F(HOST_TSO4) | F(HOST_TSO6) | F(HOST_ECN) | F(HOST_UFO))
#define RECEIVE_ALL (F(GUEST_CSUM) | F(GUEST_TSO4) | F(GUEST_TSO6) | F(GUEST_ECN) | F(GUEST_UFO))

struct side {
	struct guest_memory *memory;
	struct virtio_net net;
	struct network_port at;		/* of no network */
	struct virtqueue_place place[VIRTIO_NET_QUEUES];
	uint16_t available[VIRTIO_NET_QUEUES];
	unsigned interrupts[VIRTIO_NET_QUEUES];
	unsigned ready;
	unsigned times_broken;
	unsigned unflushed, flushes;	/* frames since the last flush, and how many of those */
	uint32_t buffer_size;		/* of receive buffers */
	uint16_t taken;			/* receive buffers looked at */
};

struct fixture {
	struct ethernet_switch *ethernet;
	struct side sides[2];
};

bool network_send(struct network_port *at, struct switch_source *source)
{
	container_of(at, struct side, at)->unflushed++;
	return switch_port_send(at->port, source, 0);
}

void network_flush(struct network_port *at)
{
	struct side *side = container_of(at, struct side, at);

	assert_true(side->unflushed > 0);
	side->unflushed = 0;
	side->flushes++;
}

struct switch_frame *network_first(struct network_port *at)
{
	return switch_port_first(at->port);
}

void network_take(struct network_port *at, bool received)
{
	switch_port_take(at->port, received);
}

void network_open(struct network_port *at, bool open)
{
	switch_port_open(at->port, open);
}

static inline void side_ready(void *context)
{
	((struct side *)context)->ready++;
}

static inline void side_interrupt(struct virtio_device *device, unsigned queue)
{
	((struct side *)device->transport)->interrupts[queue]++;
}

static inline void side_broken(void *context, const char *cause)
{
	assert_non_null(strstr(cause, "net queue "));
	((struct side *)context)->times_broken++;
}

static inline void side_create(struct fixture *f, struct side *side, uint8_t number)
{
	const uint8_t address[] = { 2, 0, 0, 0, 0, number };

	side->memory = fake_guest_memory_create(MEMORY_SIZE);
	assert_int_equal(switch_port_create(f->ethernet, "side", address, side_ready, side,
					    &side->at.port), 0);
	virtio_net_init(&side->net, address, &side->at);
	side->net.device.interrupt = side_interrupt;
	side->net.device.transport = side;
}

/* As a transport does: a start with empty rings. */
static inline void side_start(struct side *side, uint64_t features)
{
	struct virtio_device *device = &side->net.device;

	assert_int_equal(features & ~(device->offered | MODERN), 0);
	device->ops->reset(device);
	memset(side->memory->bytes + RINGS, 0, VIRTIO_NET_QUEUES * 0x3000);
	device->features = features;
	for (unsigned i = 0; i < VIRTIO_NET_QUEUES; i++) {
		virtqueue_init(&side->net.queues[i], "net", i, side->memory, side_broken, side);
		virtqueue_legacy_place(&side->place[i], gpa_make(RINGS + i * 0x3000), 256, 4096);
		assert_int_equal(virtqueue_start(&side->net.queues[i], &side->place[i], false), 0);
		side->available[i] = 0;
	}
	side->taken = 0;
	device->ops->start(device);
}

static inline int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	f->ethernet = ethernet_switch_create("test");
	side_create(f, &f->sides[0], 1);
	side_create(f, &f->sides[1], 2);
	*state = f;
	return 0;
}

static inline int teardown(void **state)
{
	struct fixture *f = *state;

	for (unsigned i = 0; i < 2; i++) {
		switch_port_destroy(f->sides[i].at.port);
		fake_guest_memory_free(f->sides[i].memory);
	}
	ethernet_switch_destroy(f->ethernet);
	free(f);
	return 0;
}

/* --- a driver's hand ------------------------------------------------------------------ */

static inline void describe(struct side *side, unsigned queue, unsigned index, uint64_t buffer,
			    uint32_t length, uint16_t flags, uint16_t next)
{
	fake_put_descriptor(side->memory, gpa_value(side->place[queue].descriptors) + index * 16,
			    buffer, length, flags, next);
}

static inline void offer(struct side *side, unsigned queue, uint16_t head)
{
	uint32_t ring = gpa_value(side->place[queue].available);

	fake_put16(side->memory, ring + 4 + side->available[queue] % 256u * 2, head);
	fake_put16(side->memory, ring + 2, ++side->available[queue]);
}

static inline void kick(struct side *side, unsigned queue)
{
	side->net.device.ops->kick(&side->net.device, queue);
}

static inline void service(struct side *side)
{
	side->net.device.ops->service(&side->net.device);
}

static inline uint16_t used(const struct side *side, unsigned queue)
{
	return fake_get16(side->memory, gpa_value(side->place[queue].used) + 2);
}

static inline bool kicks_suppressed(const struct side *side, unsigned queue)
{
	return fake_get16(side->memory, gpa_value(side->place[queue].used)) & 1;
}

/* Offers a frame as two buffers, header and bytes, without a kick. */
static inline void put_frame(struct side *side, const uint8_t *frame, uint32_t length,
			     const struct net_offload *offload)
{
	uint8_t *header = side->memory->bytes + SEND_BUFFERS;

	memset(header, 0, 12);
	if (offload)
		net_offload_store(offload, header);
	memcpy(side->memory->bytes + SEND_BUFFERS + 64, frame, length);
	describe(side, VIRTIO_NET_TRANSMITQ, 0, SEND_BUFFERS, side->net.header_size, NEXT, 1);
	describe(side, VIRTIO_NET_TRANSMITQ, 1, SEND_BUFFERS + 64, length, 0, 0);
	offer(side, VIRTIO_NET_TRANSMITQ, 0);
}

static inline void send_frame(struct side *side, const uint8_t *frame, uint32_t length,
			      const struct net_offload *offload)
{
	put_frame(side, frame, length, offload);
	kick(side, VIRTIO_NET_TRANSMITQ);
}

/* Offers receive buffers of size bytes, those numbered from first on, without a kick. */
static inline void give_buffers(struct side *side, unsigned first, unsigned count, uint32_t size)
{
	side->buffer_size = size;
	for (unsigned i = first; i < first + count; i++) {
		describe(side, VIRTIO_NET_RECEIVEQ, i % 256, RECEIVE_BUFFERS + i % 256 * size, size,
			 WRITE, 0);
		offer(side, VIRTIO_NET_RECEIVEQ, (uint16_t)(i % 256));
	}
}

/* Takes the next frame from the receive queue: its length without header, or -1 for none. */
static inline int take_frame(struct side *side, uint8_t *frame, struct net_offload *offload)
{
	uint32_t ring = gpa_value(side->place[VIRTIO_NET_RECEIVEQ].used);
	uint32_t skip = side->net.header_size;
	unsigned count = 1;
	int length = 0;

	if (side->taken == used(side, VIRTIO_NET_RECEIVEQ))
		return -1;
	for (unsigned i = 0; i < count; i++) {
		uint32_t entry = ring + 4 + side->taken++ % 256u * 8;
		uint32_t id = fake_get32(side->memory, entry);
		uint32_t written = fake_get32(side->memory, entry + 4);
		const uint8_t *from =
			side->memory->bytes + RECEIVE_BUFFERS + id * side->buffer_size;

		assert_true(written <= side->buffer_size && written >= skip);
		if (i == 0) {
			net_offload_load(offload, from);
			offload->header_length = (uint16_t)(from[2] + from[3] * 256);
			if (side->net.header_size == 12)
				count = from[10] + from[11] * 256u;
			assert_true(count > 0);
			assert_true(count == 1 || side->net.is_mergeable);
		}
		memcpy(frame + length, from + skip, written - skip);
		length += (int)(written - skip);
		skip = 0;
	}
	return length;
}

#define test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

#endif

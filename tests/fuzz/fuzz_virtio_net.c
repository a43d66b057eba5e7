// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzzer of the network device: two guests on a switch write what they like into
 * their memory, rings included, and call when they like.  Nothing but their own
 * memory changes, and what one is given has facts that are true of it.
 *
 * Input: u8 each: features of the one and of the other; then records of u8 what
 * (bit 0: which guest), u16 where, u8 length, and so many bytes.
 */
#include "drivers/virtio/virtio_net.h"
#include "lib/bytes.h"
#include "tests/unit/fake_guest_memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REQUIRE(condition)								\
	do {										\
		if (!(condition)) {							\
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);	\
			abort();							\
		}									\
	} while (0)

#define MEMORY_SIZE 0x6000u
#define QUEUE_SIZE 16u
#define RINGS 0x1000u		/* a page a queue */
#define RECORD 4u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct side {
	struct guest_memory *memory;
	struct virtio_net net;
	struct network_port at;
	uint64_t features;
	bool broken;
};

bool network_send(struct network_port *at, struct switch_source *source)
{
	return switch_port_send(at->port, source, 0);
}

void network_flush(struct network_port *at)
{
	(void)at;
}

struct switch_frame *network_first(struct network_port *at)
{
	struct switch_frame *frame = switch_port_first(at->port);

	if (frame) {
		struct net_offload offload = frame->offload;

		REQUIRE(net_offload_needs(&offload) < NET_NOBODY);
		REQUIRE(net_offload_check(&offload, frame->bytes, frame->length));
	}
	return frame;
}

void network_take(struct network_port *at, bool received)
{
	switch_port_take(at->port, received);
}

void network_open(struct network_port *at, bool open)
{
	switch_port_open(at->port, open);
}

static void side_ready(void *context)
{
	(void)context;
}

static void interrupt(struct virtio_device *device, unsigned queue)
{
	REQUIRE(device->queues[queue].live);
}

static void broken(void *context, const char *cause)
{
	struct side *side = context;

	REQUIRE(strlen(cause) > 0);
	side->broken = true;
}

static void side_start(struct side *side)
{
	struct virtio_device *device = &side->net.device;

	device->ops->reset(device);
	device->features = side->features;
	for (unsigned i = 0; i < VIRTIO_NET_QUEUES; i++) {
		uint32_t ring = RINGS + i * PAGE_SIZE;
		struct virtqueue_place place = {
			.descriptors = gpa_make(ring), .available = gpa_make(ring + 0x400),
			.used = gpa_make(ring + 0x800), .size = QUEUE_SIZE,
		};

		memset(side->memory->bytes + ring, 0, PAGE_SIZE);
		virtqueue_init(&side->net.queues[i], "net", i, side->memory, broken, side);
		REQUIRE(virtqueue_start(&side->net.queues[i], &place, true) == 0);
	}
	device->ops->start(device);
}

/* The interesting features in one byte. */
static uint64_t features_of(uint8_t bits)
{
	uint64_t features = BIT64(VIRTIO_NET_F_CSUM) | BIT64(VIRTIO_NET_F_HOST_TSO4) |
			    BIT64(VIRTIO_NET_F_HOST_TSO6) | BIT64(VIRTIO_NET_F_HOST_ECN) |
			    BIT64(VIRTIO_NET_F_HOST_UFO);

	if (bits & 1)
		features |= BIT64(VIRTIO_NET_F_MRG_RXBUF);
	if (bits & 2)
		features |= BIT64(VIRTIO_F_VERSION_1);
	if (bits & 4)
		features |= BIT64(VIRTIO_NET_F_GUEST_CSUM);
	if (bits & 8)
		features |= BIT64(VIRTIO_NET_F_GUEST_TSO4) | BIT64(VIRTIO_NET_F_GUEST_ECN);
	if (bits & 16)
		features |= BIT64(VIRTIO_NET_F_GUEST_TSO6) | BIT64(VIRTIO_NET_F_GUEST_UFO);
	return features;
}

static void act(struct side *side, const uint8_t *record, const uint8_t *bytes, uint8_t length)
{
	struct virtio_device *device = &side->net.device;
	gpa_t gpa = gpa_make(load_le16(record + 1));

	/* A dead guest does nothing. */
	if (side->broken)
		return;
	switch (record[0] >> 1 & 7) {
	case 0:
		device->ops->kick(device, VIRTIO_NET_TRANSMITQ);
		break;
	case 1:
		device->ops->kick(device, VIRTIO_NET_RECEIVEQ);
		break;
	case 2:
		device->ops->service(device);
		break;
	case 3:
		side_start(side);
		break;
	default:
		if (!guest_write(side->memory, gpa, bytes, length))
			device->ops->service(device);
	}
}

static void side_create(struct ethernet_switch *ethernet, struct side *side, uint8_t number,
			uint8_t features)
{
	const uint8_t address[] = { 2, 0, 0, 0, 0, number };

	memset(side, 0, sizeof(*side));
	side->memory = fake_guest_memory_create(MEMORY_SIZE);
	side->features = features_of(features);
	REQUIRE(switch_port_create(ethernet, "side", address, side_ready, side, &side->at.port) ==
		0);
	virtio_net_init(&side->net, address, &side->at);
	side->net.device.interrupt = interrupt;
	side_start(side);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct side sides[2];
	struct ethernet_switch *ethernet;

	if (size < 2)
		return 0;
	ethernet = ethernet_switch_create("fuzz");
	for (uint8_t i = 0; i < 2; i++)
		side_create(ethernet, &sides[i], i, data[i]);
	data += 2;
	size -= 2;
	while (size >= RECORD) {
		uint8_t length = (uint8_t)MIN(data[3], size - RECORD);

		act(&sides[data[0] & 1], data, data + RECORD, length);
		data += RECORD + length;
		size -= RECORD + length;
	}
	for (unsigned i = 0; i < 2; i++) {
		switch_port_destroy(sides[i].at.port);
		fake_guest_memory_free(sides[i].memory);
	}
	ethernet_switch_destroy(ethernet);
	return 0;
}

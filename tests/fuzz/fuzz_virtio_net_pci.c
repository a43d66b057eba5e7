// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzzer of the rings of virtio network devices: the input is what the device writes
 * into them, between steps of the driver.  Whatever that is, a frame lies in its
 * buffer, and no buffer is in two places.
 */
#include "drivers/net/virtio_net_pci.c"
#include "tests/fuzz/fuzz.h"
#include "tests/unit/fake_virtio_net.h"

static struct virtio_port *port;

static void receive(struct net_device *device)
{
	const uint8_t *bytes;
	uint32_t length;
	enum net_received result = device->ops->receive(device, &bytes, &length);

	if (result == NET_FRAME) {
		REQUIRE(bytes >= device->receive_memory + HEADER_SIZE && length > 0);
		REQUIRE((size_t)(bytes - device->receive_memory) % NET_BUFFER_SIZE == HEADER_SIZE);
		REQUIRE(length <= NET_BUFFER_SIZE - HEADER_SIZE);
		REQUIRE(bytes + length <= device->receive_memory + NET_RING_SIZE * NET_BUFFER_SIZE);
	}
	if (result == NET_FRAME || result == NET_DAMAGED)
		device->ops->give_back(device);
	if (result == NET_NONSENSE)
		REQUIRE(device->ops->start(device) == 0);
}

static void send(struct net_device *device)
{
	uint8_t *buffer = device->ops->send_buffer(device);

	if (!buffer)
		return;
	REQUIRE((size_t)(buffer - device->send_memory) < NET_RING_SIZE * NET_BUFFER_SIZE);
	memset(buffer, 0, WIRE_FRAME_TAGGED_MAX);
	device->ops->send(device, WIRE_FRAME_TAGGED_MAX);
}

static void check(const struct virtio_port *of)
{
	bool is_free[NET_RING_SIZE] = { false };

	REQUIRE(of->free_count + of->send.offered == of->send.size);
	for (unsigned i = 0; i < of->free_count; i++) {
		REQUIRE(!is_free[of->free[i]] && !of->send.has[of->free[i]]);
		is_free[of->free[i]] = true;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fake_virtio_net_reset();
	fake_queue_max[0] = fake_queue_max[1] = 8;
	if (virtio_net_pci_driver.attach(&fake_pci_device) != 0)
		return 0;
	port = port_of(fake_device);
	REQUIRE(fake_device->ops->start(fake_device) == 0);
	for (; size >= 4; data += 4, size -= 4) {
		struct ring *ring = data[0] & 1 ? &port->send : &port->receive;
		unsigned place = ring->memory->used.idx % ring->size;

		/* Lengths of all sizes, and ids that are mostly right. */
		ring->memory->used.ring[place].len = (uint32_t)data[1] << (data[0] >> 4);
		ring->memory->used.ring[place].id = data[2] < 16 ? data[2] : data[2] * 0x1010101u;
		ring->memory->used.idx = (uint16_t)(ring->memory->used.idx + data[3] % 3);
		if (data[0] & 2)
			send(fake_device);
		if (data[0] & 4)
			receive(fake_device);
		if (fake_device->ops->reclaim(fake_device) < 0)
			REQUIRE(fake_device->ops->start(fake_device) == 0);
		check(port);
	}
	free(port);
	return 0;
}

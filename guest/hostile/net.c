// SPDX-License-Identifier: GPL-2.0-only
/*
 * Attacks on the network device and on the switch behind it, on either
 * transport. What they send goes to all, so guests on the same network see it.
 */
#include "guest/hostile/attack.h"
#include "guest/runtime/layout.h"
#include "guest/runtime/machine.h"
#include "guest/runtime/net.h"
#include "guest/runtime/string.h"
#include "guest/runtime/virtio.h"

#include <stddef.h>

#define FRAME_SIZE 2048u

static uint8_t frame[FRAME_SIZE];

/* All offloads agreed on, so that every header means something. */
static bool open(void)
{
	if (net_start(NET_SEND_ALL | NET_GUEST_CSUM | NET_RECEIVE_CUT | NET_MRG_RXBUF, 2048, 32))
		return true;
	attack_fail("no network");
	return false;
}

/* Whoever sends may still be served afterwards. */
static void net_again(void)
{
	if (!open())
		return;
	memset(frame, 0xFF, NET_ADDRESS_SIZE);
	memcpy(frame + NET_ADDRESS_SIZE, net_address(), NET_ADDRESS_SIZE);
	net_send(NULL, frame, 60);
}

static void fill(void)
{
	for (uint32_t i = 0; i < FRAME_SIZE; i++)
		frame[i] = (uint8_t)attack_random();
	/* Often enough something that looks like a packet. */
	if (attack_random() % 4 != 0) {
		static const uint8_t start[] = {0x08, 0x00, 0x45, 0, 0x07, 0xD0, 0, 0, 0, 0, 64, 6};

		memset(frame, 0xFF, NET_ADDRESS_SIZE);
		memcpy(frame + NET_ADDRESS_SIZE, net_address(), NET_ADDRESS_SIZE);
		memcpy(frame + 12, start, sizeof(start));
	}
}

/* Facts that may be true or not, of frames that may be packets or not. */
ATTACK(net_headers, "net-headers", SURVIVES)
{
	if (!open())
		return;
	while (!attack_over()) {
		uint32_t dice = attack_random();
		struct net_header header = {
			.flags = (uint8_t)dice, .gso_type = (uint8_t)(dice >> 8),
			.header_length = (uint16_t)attack_random(),
			.gso_size = (uint16_t)attack_random(),
			.csum_start = (uint16_t)attack_random(),
			.csum_offset = (uint16_t)attack_random(),
		};

		fill();
		if (dice >> 16 & 1)
			header.flags = 1;
		if (dice >> 17 & 1)
			header.gso_type = dice >> 20 & 0x83;
		if (dice >> 18 & 1)
			header.csum_start = 34;
		if (dice >> 19 & 1)
			header.csum_offset = 16;
		net_send(&header, frame, 14 + attack_random() % (FRAME_SIZE - 14));
	}
	net_again();
}

/* Of the sending queue, over which buffers lie that the device may write to meanwhile. */
static struct virtqueue queues[2];

static bool open_queues(void)
{
	struct virtio virtio;

	if (virtio_open(&virtio, LGUEST_DEVICE_NET) &&
	    virtio_start(&virtio, NET_SEND_ALL | NET_MRG_RXBUF, queues, 2))
		return true;
	attack_fail("no network");
	return false;
}

/*
 * What is sent is the memory that is received into, by this guest and by the
 * ring itself, so that it changes while it is read.
 */
ATTACK(net_changing, "net-changing", EITHER)
{
	struct virtqueue_buffer parts[3];
	uint32_t ring;

	if (!open_queues())
		return;
	ring = queues[0].config.pfn * PAGE_SIZE;
	while (!attack_over()) {
		fill();
		for (uint32_t i = 0; i < 8; i++)
			virtqueue_offer(&queues[0], (uint16_t)i,
					i % 2 != 0 ? phys_of(frame) : ring + 0x800, 1024, true);
		virtqueue_kick(&queues[0]);
		parts[0] = (struct virtqueue_buffer){phys_of(frame), 12};
		parts[1] = (struct virtqueue_buffer){ring, 512};
		parts[2] = (struct virtqueue_buffer){phys_of(frame), 1024};
		virtqueue_offer_chain(&queues[1], 0, parts, 3, 0);
		virtqueue_kick(&queues[1]);
		if (attack_random() % 8 == 0 && !open_queues())
			return;
	}
	net_again();
}

/* Requests of every length around the limits, and of all memory. */
ATTACK(net_lengths, "net-lengths", SURVIVES)
{
	const uint32_t lengths[] = {0, 1, 9, 10, 11, 12, 13, 25, 26, 27, 65536, 65561, 65562, 65563,
				    65564, 0x100000, machine_memory(), 0x7FFFFFFF};

	if (!open_queues())
		return;
	while (!attack_over()) {
		for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
			uint32_t id, length;
			const struct virtqueue_buffer buffer = {0, lengths[i]};

			virtqueue_offer_chain(&queues[1], (uint16_t)i, &buffer, 1, 0);
			virtqueue_kick(&queues[1]);
			while (virtqueue_take(&queues[1], &id, &length))
				;
		}
	}
	net_again();
}

/* The device starts over while frames are under way to it and from it. */
ATTACK(net_resets, "net-resets", SURVIVES)
{
	memset(frame, 0xFF, sizeof(frame));
	while (!attack_over()) {
		if (!open())
			return;
		memcpy(frame + NET_ADDRESS_SIZE, net_address(), NET_ADDRESS_SIZE);
		for (uint32_t i = attack_random() % 64; i > 0; i--)
			net_queue(NULL, frame, 1514);
		if (attack_random() % 2 != 0)
			net_flush();
	}
	net_again();
}

/* A new sender for each frame, with those of others among them. */
ATTACK(net_addresses, "net-addresses", SURVIVES)
{
	static const uint8_t other[NET_ADDRESS_SIZE] = {0x02, 0, 0, 0, 0, 0x0E};

	if (!open())
		return;
	while (!attack_over()) {
		for (uint32_t i = 0; i < 2 * NET_ADDRESS_SIZE; i++)
			frame[i] = (uint8_t)attack_random();
		if (attack_random() % 4 == 0)
			memcpy(frame + NET_ADDRESS_SIZE, other, NET_ADDRESS_SIZE);
		net_send(NULL, frame, 60);
	}
	net_again();
}

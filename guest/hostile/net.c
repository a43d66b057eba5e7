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

/* They talk in tests: a peer, whoever asks it and may have ended, and a gateway on a wire. */
static const uint8_t stations[][NET_ADDRESS_SIZE] = {
	{0x02, 0, 0, 0, 0, 0x0E}, {0x02, 0, 0, 0, 0, 0x0F}, {0x06, 0, 0, 0, 0, 0x01},
};

#define STATIONS (sizeof(stations) / sizeof(stations[0]))

static uint8_t incoming[NET_FRAME_MAX];

/*
 * Whatever comes must be for this guest or for a group: what others say to each other must
 * not. The word spoofs=1 says that it may use other addresses: then it hears what is for
 * nobody known, but still not what is for the peer.
 */
static void listen(void)
{
	bool spoofs = machine_number("spoofs", 0) != 0;
	struct net_header header;
	uint32_t length;

	while (net_receive(&header, incoming, &length)) {
		if ((incoming[0] & 1) || memcmp(incoming, net_address(), NET_ADDRESS_SIZE) == 0)
			continue;
		if (!spoofs || memcmp(incoming, stations[0], NET_ADDRESS_SIZE) == 0)
			attack_fail("heard a frame for %x:...:%x from %x:...:%x", incoming[0],
				    incoming[5], incoming[6], incoming[11]);
	}
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
		listen();
	}
	net_again();
}

/* From one station to another (beyond the last: to all), as it is and behind tags. */
static void forge(uint32_t from, uint32_t to)
{
	static const uint8_t tagged[] = {0x81, 0, 0, 0, 0x81, 0, 0, 5, 0x88, 0xB5, 1, 0};

	memset(frame, 0xFF, NET_ADDRESS_SIZE);
	if (to < STATIONS)
		memcpy(frame, stations[to], NET_ADDRESS_SIZE);
	memcpy(frame + NET_ADDRESS_SIZE, stations[from], NET_ADDRESS_SIZE);
	for (uint32_t skip = 0; skip < sizeof(tagged); skip += 4) {
		memcpy(frame + 12, tagged + skip, sizeof(tagged) - skip);
		net_send(NULL, frame, 60);
	}
}

/* In the names of the others, so that the switch might look for them here. */
ATTACK(net_takeover, "net-takeover", SURVIVES)
{
	if (!open())
		return;
	while (!attack_over()) {
		for (uint32_t from = 0; from < STATIONS; from++)
			for (uint32_t to = 0; to <= STATIONS; to++)
				forge(from, to);
		listen();
	}
	net_again();
}

/* What bridges tell each other, pauses, and senders that are groups. */
ATTACK(net_reserved, "net-reserved", SURVIVES)
{
	static const uint8_t bridges[NET_ADDRESS_SIZE] = {0x01, 0x80, 0xC2, 0, 0, 0};
	static const uint8_t pause[] = {0x88, 0x08, 0, 1, 0xFF, 0xFF};

	if (!open())
		return;
	while (!attack_over()) {
		uint32_t dice = attack_random();

		memcpy(frame, dice & 1 ? bridges : stations[dice % STATIONS], NET_ADDRESS_SIZE);
		if (dice & 1)
			frame[5] = (uint8_t)(dice >> 8 & 0xF);
		memcpy(frame + NET_ADDRESS_SIZE, net_address(), NET_ADDRESS_SIZE);
		if (dice & 2)
			frame[NET_ADDRESS_SIZE] |= 1;
		if (dice & 4)
			memcpy(frame + 12, pause, sizeof(pause));
		else
			memset(frame + 12, (int)(dice >> 16 & 0xFF), sizeof(pause));
		net_send(NULL, frame, 60);
		listen();
	}
	net_again();
}

/* As much as possible to all: the switch copies it once for each. */
ATTACK(net_broadcasts, "net-broadcasts", SURVIVES)
{
	static uint8_t large[65536 - 2048];

	if (!open())
		return;
	memset(large, 0xFF, NET_ADDRESS_SIZE);
	memcpy(large + NET_ADDRESS_SIZE, net_address(), NET_ADDRESS_SIZE);
	while (!attack_over()) {
		uint32_t length = attack_random() % 2 != 0 ? 60 : sizeof(large);

		for (uint32_t i = 0; i < 16; i++)
			net_queue(NULL, large, length);
		net_flush();
		listen();
	}
	net_again();
}

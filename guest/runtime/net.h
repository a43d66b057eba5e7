/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Driver of the virtio network device (virtio 1.0, section 5.1), on either
 * transport. Frames are sent and received one at a time.
 */
#ifndef UMBRA_GUEST_RUNTIME_NET_H
#define UMBRA_GUEST_RUNTIME_NET_H

#include <stdbool.h>
#include <stdint.h>

#define NET_ADDRESS_SIZE 6u
#define NET_FRAME_MAX 65550u

/* Feature bits. */
#define NET_CSUM (1ull << 0)
#define NET_GUEST_CSUM (1ull << 1)
#define NET_MAC (1ull << 5)
#define NET_GUEST_TSO4 (1ull << 7)
#define NET_GUEST_TSO6 (1ull << 8)
#define NET_GUEST_ECN (1ull << 9)
#define NET_GUEST_UFO (1ull << 10)
#define NET_HOST_TSO4 (1ull << 11)
#define NET_HOST_TSO6 (1ull << 12)
#define NET_HOST_ECN (1ull << 13)
#define NET_HOST_UFO (1ull << 14)
#define NET_MRG_RXBUF (1ull << 15)
#define NET_STATUS (1ull << 16)

/* All that is left to the device when sending, or to us when receiving. */
#define NET_SEND_ALL (NET_CSUM | NET_HOST_TSO4 | NET_HOST_TSO6 | NET_HOST_ECN | NET_HOST_UFO)
#define NET_RECEIVE_CUT \
	(NET_GUEST_TSO4 | NET_GUEST_TSO6 | NET_GUEST_ECN | NET_GUEST_UFO)

/* In front of each frame; buffers is there with mergeable buffers and on PCI only. */
struct net_header {
	uint8_t flags;
	uint8_t gso_type;
	uint16_t header_length;
	uint16_t gso_size;
	uint16_t csum_start;
	uint16_t csum_offset;
	uint16_t buffers;
};

#define NET_NEEDS_CSUM 1u
enum net_gso {
	NET_GSO_NONE = 0,
	NET_GSO_TCPV4 = 1,
	NET_GSO_UDP = 3,
	NET_GSO_TCPV6 = 4,
	NET_GSO_ECN = 0x80,
};

/*
 * Start the device, as often as wanted, with those of the features that it has,
 * and offer count receive buffers of size bytes, 512 KB in all at most. Frames
 * received before are lost. False when there is no such device.
 */
bool net_start(uint64_t wanted, uint32_t size, uint32_t count);

/* What was agreed on. */
uint64_t net_features(void);

/* Bytes of the header in front of a frame. */
uint32_t net_header_size(void);

/* Our address, and whether the link is up. */
const uint8_t *net_address(void);
bool net_link(void);

/*
 * Send a frame and wait until the device is done with it. header may be NULL for
 * one that is complete. Interrupts must be off.
 */
void net_send(const struct net_header *header, const void *frame, uint32_t length);

/* The same without telling the device; net_flush tells it and waits. At most 64 in between. */
void net_queue(const struct net_header *header, const void *frame, uint32_t length);
void net_flush(void);

/*
 * Take the next frame, of NET_FRAME_MAX bytes at most, into frame; its buffers
 * are offered again. False when there is none. Interrupts must be off.
 */
bool net_receive(struct net_header *header, uint8_t *frame, uint32_t *length);

/* The same, waiting for it ms milliseconds, with interrupts on. */
bool net_wait(struct net_header *header, uint8_t *frame, uint32_t *length, uint32_t ms);

#endif

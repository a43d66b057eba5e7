/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The virtio network device (virtio 1.0, 5.1) with one pair of queues: joins a
 * guest to a port of a network.
 *
 * Frames of other guests may come with their checksum left out, or be larger
 * than a frame of the wire.  A guest that takes them so gets them so; for any
 * other the device does that work, in this guest's own time.
 */
#ifndef UMBRA_DRIVERS_VIRTIO_VIRTIO_NET_H
#define UMBRA_DRIVERS_VIRTIO_VIRTIO_NET_H

#include "drivers/net/network.h"
#include "drivers/virtio/device.h"

/* Feature bits, virtio 1.0, 5.1.3. */
enum net_feature {
	NET_F_CSUM = 0, NET_F_GUEST_CSUM = 1, NET_F_MAC = 5,
	NET_F_GUEST_TSO4 = 7, NET_F_GUEST_TSO6 = 8, NET_F_GUEST_ECN = 9, NET_F_GUEST_UFO = 10,
	NET_F_HOST_TSO4 = 11, NET_F_HOST_TSO6 = 12, NET_F_HOST_ECN = 13, NET_F_HOST_UFO = 14,
	NET_F_MRG_RXBUF = 15, NET_F_STATUS = 16,
	NET_F_ANY_LAYOUT = 27	/* of legacy devices: the header may share a buffer with the frame */
};

/* mac u8[6], status u16 (virtio 1.0, 5.1.4). */
#define NET_CONFIG_SIZE 8

enum { NET_QUEUE_RECEIVE, NET_QUEUE_SEND, NET_QUEUES };

struct virtio_net {
	struct virtio_device device;
	struct virtqueue queues[NET_QUEUES];
	struct network_port *port;
	uint8_t config[NET_CONFIG_SIZE];

	/* From the start of the device on. */
	uint32_t header_size;
	bool is_mergeable;		/* a frame may take several receive buffers */
	uint32_t send_abilities;	/* of enum net_ability */
	uint32_t receive_abilities;

	bool kicks_suppressed[NET_QUEUES];
	bool more_to_send, more_to_receive;

	/* The first frame of the port, while it is being cut. */
	bool is_cutting;
	struct net_segmenter segmenter;
	uint32_t identification;	/* of the last datagram that was cut */

	struct virtqueue_buffer buffers[VIRTIO_QUEUE_SIZE];
	struct virtqueue_buffer first_buffers[VIRTIO_QUEUE_SIZE];
	/* The receive requests that a frame took, and how much of it is in each. */
	struct { uint16_t head; uint32_t written; } filled[VIRTIO_QUEUE_SIZE];
};

/*
 * Makes net->device ready for a transport, with that address.  port outlives it.
 * device.ops->service is due when the port has a frame after it had none.
 */
void virtio_net_init(struct virtio_net *net, const uint8_t *address, struct network_port *port);

/* --- between drivers/virtio/virtio_net.c and virtio_net_receive.c ------------------- */

/*
 * One call does this much: a byte counts 1, a frame and a descriptor what they
 * cost besides, and others want the CPU too.
 */
#define NET_BUDGET 131072u
#define NET_FRAME_COST 256u
#define NET_DESCRIPTOR_COST 16u

/* The guest need not kick while that would lead to nothing. */
void virtio_net_suppress_kicks(struct virtio_net *net, unsigned queue, bool suppress);

/* Hands frames of the port to the guest. */
void virtio_net_receive(struct virtio_net *net);

#endif

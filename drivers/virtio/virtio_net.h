/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The virtio network device (virtio 1.0, 5.1) with one pair of queues: joins a
 * guest to a port of a network.
 *
 * Frames of other guests may come with their checksum left out, or be larger than a frame of the
 * wire.  A guest that negotiated this gets such frames unchanged; for any other the device does
 * that work, in the guest's own time.
 */
#ifndef UMBRA_DRIVERS_VIRTIO_VIRTIO_NET_H
#define UMBRA_DRIVERS_VIRTIO_VIRTIO_NET_H

#include "drivers/net/frame_cutter.h"
#include "drivers/net/network.h"
#include "drivers/virtio/device.h"
#include "drivers/virtio/net_alias.h"

struct virtio_net {
	struct virtio_device device;
	struct virtqueue queues[VIRTIO_NET_QUEUES];
	struct network_port *port;
	struct virtio_net_config config;
	struct net_alias alias;		/* of a clone */

	/* From the start of the device on. */
	uint32_t header_size;
	bool is_mergeable;		/* a frame may take several receive buffers */
	uint32_t send_offloads;	/* of enum net_offloads */
	uint32_t receive_offloads;

	bool more_to_send, more_to_receive;

	struct frame_cutter cutter;	/* of the port's queue */

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
 * One call does this much: a byte counts 1, a frame and a descriptor their additional cost.
 * Bounded, since other guests need the CPU too.
 */
#define NET_BUDGET 131072u
#define NET_FRAME_COST 256u
#define NET_DESCRIPTOR_COST 16u

/* Hands frames of the port to the guest. */
void virtio_net_receive(struct virtio_net *net);

#endif

// SPDX-License-Identifier: GPL-2.0-only
/*
 * The model of the virtio network device: features, and sending.
 *
 * The guest controls every byte of a request.  At worst it sends a frame of any content with any
 * header, and the switch checks both.
 */
#include "drivers/virtio/virtio_net.h"

#include "lib/string.h"

/* The size of the header with and without the number of buffers (virtio 1.0, 5.1.6, 5.1.6.1). */
#define HEADER_SHORT VIRTIO_NET_HDR_SIZE
#define HEADER_LONG sizeof(struct virtio_net_hdr)

static const uint64_t features =
	BIT64(VIRTIO_NET_F_CSUM) | BIT64(VIRTIO_NET_F_GUEST_CSUM) |
	BIT64(VIRTIO_NET_F_MAC) | BIT64(VIRTIO_NET_F_GUEST_TSO4) |
	BIT64(VIRTIO_NET_F_GUEST_TSO6) | BIT64(VIRTIO_NET_F_GUEST_ECN) |
	BIT64(VIRTIO_NET_F_GUEST_UFO) | BIT64(VIRTIO_NET_F_HOST_TSO4) |
	BIT64(VIRTIO_NET_F_HOST_TSO6) | BIT64(VIRTIO_NET_F_HOST_ECN) |
	BIT64(VIRTIO_NET_F_HOST_UFO) | BIT64(VIRTIO_NET_F_MRG_RXBUF) |
	BIT64(VIRTIO_NET_F_STATUS) | BIT64(VIRTIO_F_ANY_LAYOUT) |
	BIT64(VIRTIO_F_RING_INDIRECT_DESC);

static struct virtio_net *net_of(struct virtio_device *device)
{
	return container_of(device, struct virtio_net, device);
}

/* --- features -------------------------------------------------------------------------- */

static bool has(const struct virtio_device *device, unsigned feature)
{
	return (device->features & BIT64(feature)) != 0;
}

/* Without the first feature the others count as not accepted (virtio 1.0, 5.1.3.1). */
static uint32_t offloads(const struct virtio_device *device, unsigned checksum, unsigned tso4,
			  unsigned tso6, unsigned ecn, unsigned ufo)
{
	uint32_t set = NET_CSUM;

	if (!has(device, checksum))
		return 0;
	if (has(device, tso4))
		set |= NET_TSO4;
	if (has(device, tso6))
		set |= NET_TSO6;
	if (has(device, ecn) && set & (NET_TSO4 | NET_TSO6))
		set |= NET_ECN;
	if (has(device, ufo))
		set |= NET_UFO;
	return set;
}

static void net_start(struct virtio_device *device)
{
	struct virtio_net *net = net_of(device);

	net->is_mergeable = has(device, VIRTIO_NET_F_MRG_RXBUF);
	net->header_size = net->is_mergeable || has(device, VIRTIO_F_VERSION_1) ? HEADER_LONG :
										  HEADER_SHORT;
	net->send_offloads = offloads(device, VIRTIO_NET_F_CSUM, VIRTIO_NET_F_HOST_TSO4,
				      VIRTIO_NET_F_HOST_TSO6, VIRTIO_NET_F_HOST_ECN,
				      VIRTIO_NET_F_HOST_UFO);
	net->receive_offloads = offloads(device, VIRTIO_NET_F_GUEST_CSUM, VIRTIO_NET_F_GUEST_TSO4,
					 VIRTIO_NET_F_GUEST_TSO6, VIRTIO_NET_F_GUEST_ECN,
					 VIRTIO_NET_F_GUEST_UFO);
	network_open(net->port, true);
}

static void net_reset(struct virtio_device *device)
{
	struct virtio_net *net = net_of(device);

	network_open(net->port, false);
	net->more_to_send = net->more_to_receive = false;
	net->cutter.is_cutting = false;
	device->more_work = false;
}

/* --- sending ----------------------------------------------------------------------------- */

/* A request of the guest, as the switch reads it. */
struct request {
	struct virtio_net *net;
	struct virtqueue_chain chain;
	uint32_t head_length;		/* of a clone's: the frame begins with */
	uint8_t head[NET_ALIAS_HEAD];
};

static bool fetch(void *context, uint32_t offset, void *to, uint32_t length)
{
	struct request *request = context;
	struct virtio_net *net = request->net;

	if (!virtqueue_read(&net->queues[VIRTIO_NET_TRANSMITQ], &request->chain,
			    net->header_size + offset, to, length))
		return false;
	if (unlikely(offset < request->head_length))
		memcpy(to, request->head + offset, MIN(length, request->head_length - offset));
	return true;
}

/* The beginning of a frame of a clone's, with its own address.  False when the queue broke. */
static bool take_head(struct virtio_net *net, struct request *request, uint32_t length)
{
	request->head_length = 0;
	if (likely(!net->alias.is_used))
		return true;
	length = MIN(length, NET_ALIAS_HEAD);
	if (!virtqueue_read(&net->queues[VIRTIO_NET_TRANSMITQ], &request->chain, net->header_size,
			    request->head, length))
		return false;
	net_alias_sent(&net->alias, net->config.mac, request->head, length);
	request->head_length = length;
	return true;
}

/*
 * The cost of the request in units of NET_BUDGET: a frame to a group is copied for each receiver,
 * while the switch is locked.
 */
static uint32_t cost_of(const struct request *request, uint32_t copies)
{
	uint32_t copy = NET_FRAME_COST + MIN(request->chain.readable, NET_FRAME_MAX);

	return request->chain.count * NET_DESCRIPTOR_COST + MAX(copies, 1u) * copy;
}

/* False when the queue broke; else what it cost is taken from the budget. */
static bool send_request(struct virtio_net *net, struct request *request, uint32_t *budget)
{
	struct switch_source source = {
		.offloads = net->send_offloads,
		.fetch = fetch,
		.context = request,
	};
	uint8_t header[VIRTIO_NET_HDR_SIZE];

	/*
	 * A request shorter than the header is sent as a frame of length 0, which the switch
	 * refuses.
	 */
	if (request->chain.readable >= net->header_size) {
		if (!virtqueue_read(&net->queues[VIRTIO_NET_TRANSMITQ], &request->chain, 0, header,
				    sizeof(header)))
			return false;
		net_offload_load(&source.offload, header);
		source.length = request->chain.readable - net->header_size;
	}
	if (!take_head(net, request, source.length) || !network_send(net->port, &source))
		return false;
	*budget -= MIN(*budget, cost_of(request, source.copies));
	return true;
}

static bool next_request(struct virtio_net *net, struct request *request)
{
	struct virtqueue *queue = &net->queues[VIRTIO_NET_TRANSMITQ];
	int found = virtqueue_pop(queue, &request->chain);

	/* A request may have come without a kick before kicks were allowed again. */
	if (found == 0 && queue->kicks_suppressed) {
		virtqueue_suppress_kicks(queue, false);
		found = virtqueue_pop(queue, &request->chain);
	}
	return found > 0;
}

static void send_frames(struct virtio_net *net)
{
	struct virtqueue *queue = &net->queues[VIRTIO_NET_TRANSMITQ];
	struct request request;		/* not filled as a whole: its head seldom is */
	uint32_t budget = NET_BUDGET;
	bool pushed = false;

	request.net = net;
	request.chain.buffers = net->buffers;
	request.chain.capacity = ARRAY_SIZE(net->buffers);
	while (budget > 0 && next_request(net, &request)) {
		if (!send_request(net, &request, &budget))
			break;
		virtqueue_push(queue, &request.chain, 0);
		pushed = true;
	}
	net->more_to_send = budget == 0;
	if (net->more_to_send)
		virtqueue_suppress_kicks(queue, true);
	if (!pushed)
		return;
	network_flush(net->port);
	virtio_device_interrupt(&net->device, VIRTIO_NET_TRANSMITQ);
}

/* --- the device ---------------------------------------------------------------------------- */

static void work(struct virtio_net *net, bool receive, bool send)
{
	if (receive)
		virtio_net_receive(net);
	if (send)
		send_frames(net);
	net->device.more_work = net->more_to_receive || net->more_to_send;
}

static void net_kick(struct virtio_device *device, unsigned queue)
{
	work(net_of(device), queue == VIRTIO_NET_RECEIVEQ, queue == VIRTIO_NET_TRANSMITQ);
}

static void net_service(struct virtio_device *device)
{
	work(net_of(device), true, true);
}

/*
 * Frames that wait for the one that is cloned are not the clone's.  The kernel knows the address
 * that the other one's kernel knows.
 */
static void net_clone(struct virtio_device *device, const struct virtio_device *from,
		      bool is_running)
{
	const struct virtio_net *other =
		container_of((struct virtio_device *)(uintptr_t)from, struct virtio_net, device);
	struct virtio_net *net = net_of(device);

	memcpy(net->alias.known, other->alias.is_used ? other->alias.known : other->config.mac,
	       sizeof(net->alias.known));
	net->alias.is_used = true;
	if (is_running)
		net_start(device);
}

static const struct virtio_device_ops net_ops = {
	.reset = net_reset,
	.start = net_start,
	.kick = net_kick,
	.service = net_service,
	.clone = net_clone,
};

void virtio_net_init(struct virtio_net *net, const uint8_t *address, struct network_port *port)
{
	memset(net, 0, sizeof(*net));
	net->device = (struct virtio_device){
		.name = "net",
		.id = VIRTIO_ID_NET,
		.ops = &net_ops,
		.offered = features,
		.config = (const uint8_t *)&net->config,
		.config_size = sizeof(net->config),
		.queues = net->queues,
		.queue_count = VIRTIO_NET_QUEUES,
	};
	memcpy(net->config.mac, address, ETHERNET_ADDRESS_SIZE);
	net->config.status = VIRTIO_NET_S_LINK_UP;
	net->port = port;
}

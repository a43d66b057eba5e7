// SPDX-License-Identifier: GPL-2.0-only
/*
 * Guests on networks: a guest sends on the CPU that runs it into the queues of
 * others, which empty them on theirs.
 */
#include "hv/devices/guest_net.h"

#include "arch/cpu/log.h"
#include "arch/cpu/time.h"
#include "drivers/net/network.h"
#include "drivers/net/uplink.h"
#include "drivers/virtio/virtio_net.h"
#include "lib/error.h"
#include "mm/heap.h"

_Static_assert(CONFIG_NAME_SIZE <= SWITCH_NAME_SIZE && CONFIG_MAC_SIZE == ETHERNET_ADDRESS_SIZE,
	       "names and addresses of a guest's plan");

struct guest_net {
	struct virtio_net net;
	struct network *network;
	struct switch_port *port;
};

/* --- what the device calls ------------------------------------------------------------------ */

static bool port_send(void *context, struct switch_source *source)
{
	struct guest_net *net = context;
	uint64_t now = time_ns();
	struct switch_forgery forgery;
	bool sent, told;

	spin_lock(&net->network->lock);
	sent = switch_port_send(net->port, source, now);
	told = switch_port_forgery(net->port, now, &forgery);
	spin_unlock(&net->network->lock);
	if (told)
		network_report_forgery(net->network, "guest", net->port->name, &forgery);
	return sent;
}

static void port_flush(void *context)
{
	struct guest_net *net = context;

	if (net->network->uplink)
		uplink_flush(net->network->uplink);
}

static struct switch_frame *port_first(void *context)
{
	struct guest_net *net = context;
	struct switch_frame *frame;

	spin_lock(&net->network->lock);
	frame = switch_port_first(net->port);
	spin_unlock(&net->network->lock);
	return frame;
}

static void port_take(void *context, bool received)
{
	struct guest_net *net = context;

	spin_lock(&net->network->lock);
	switch_port_take(net->port, received);
	spin_unlock(&net->network->lock);
}

static void port_open(void *context, bool open)
{
	struct guest_net *net = context;
	bool done;

	spin_lock(&net->network->lock);
	done = switch_port_open(net->port, open);
	spin_unlock(&net->network->lock);
	if (!done)
		log_warn("net", "no memory left for what guest %s receives", net->port->name);
}

static const struct net_port port_calls = { port_send, port_flush, port_first, port_take, port_open };

/* Called by whoever sends, with the network's lock: only wakes the guest. */
static void port_ready(void *context)
{
	guest_devices_wake(context);
}

/* --- the guest's device ------------------------------------------------------------------- */

static int join(struct guest_net *net, struct guest *guest)
{
	const struct guest_config *plan = guest->plan;
	int error;

	net->network = network_join(plan->net);
	if (!net->network)
		return -E_NOMEM;
	spin_lock(&net->network->lock);
	error = switch_port_create(net->network->ethernet, guest->name, plan->mac, port_ready,
				   guest, &net->port);
	if (!error && plan->mac_spoof)
		switch_port_bridge(net->port);
	spin_unlock(&net->network->lock);
	if (error)
		network_leave(net->network);
	return error;
}

static int net_create(struct guest *guest, unsigned index, struct virtio_device **device)
{
	const struct guest_config *plan = guest->plan;
	struct guest_net *net;
	int error;

	if (index > 0 || plan->net[0] == '\0')
		return 0;
	net = heap_alloc(sizeof(*net));
	if (!net)
		return -E_NOMEM;
	error = join(net, guest);
	if (error) {
		heap_free(net);
		return error;
	}
	virtio_net_init(&net->net, plan->mac, &port_calls, net);
	*device = &net->net.device;
	log_event("guest-net", "guest=%s net=%s mac=%02x:%02x:%02x:%02x:%02x:%02x", guest->name,
		  plan->net, plan->mac[0], plan->mac[1], plan->mac[2], plan->mac[3],
		  plan->mac[4], plan->mac[5]);
	return 0;
}

static void net_destroy(struct virtio_device *device)
{
	struct guest_net *net = container_of(device, struct guest_net, net.device);

	spin_lock(&net->network->lock);
	switch_port_destroy(net->port);
	spin_unlock(&net->network->lock);
	network_leave(net->network);
	heap_free(net);
}

const struct guest_device_kind guest_net_kind = { .create = net_create, .destroy = net_destroy };

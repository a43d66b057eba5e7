// SPDX-License-Identifier: GPL-2.0-only
/*
 * Networks, and the guests on them.  Each network has a lock: a guest sends on
 * the CPU that runs it into the queues of others, which empty them on theirs.
 */
#include "hv/guest_net.h"

#include "arch/log.h"
#include "arch/spinlock.h"
#include "arch/time.h"
#include "drivers/virtio/virtio_net.h"
#include "hv/house.h"
#include "lib/error.h"
#include "lib/string.h"
#include "mm/heap.h"

_Static_assert(CONFIG_NAME_SIZE <= SWITCH_NAME_SIZE && CONFIG_MAC_SIZE == ETHERNET_ADDRESS_SIZE,
	       "names and addresses of a guest's plan");

struct network {
	struct list_node node;		/* this and users: under networks_lock */
	unsigned users;
	struct spinlock lock;		/* guards the switch and its ports */
	struct ethernet_switch *ethernet;
};

struct guest_net {
	struct virtio_net net;
	struct network *network;
	struct switch_port *port;
};

static struct spinlock networks_lock = SPINLOCK(LOCK_NETWORKS);
static struct list networks = LIST_INIT(networks);

/* --- networks --------------------------------------------------------------------------- */

static struct network *find_network(const char *name)
{
	struct network *network;

	list_for_each(network, &networks, node)
		if (string_equal(network->ethernet->name, name))
			return network;
	return NULL;
}

static struct network *make_network(const char *name)
{
	struct network *network = heap_alloc(sizeof(*network));

	if (!network)
		return NULL;
	network->lock = (struct spinlock)SPINLOCK(LOCK_NETWORK);
	network->ethernet = ethernet_switch_create(name);
	if (!network->ethernet) {
		heap_free(network);
		return NULL;
	}
	list_add_last(&networks, &network->node);
	return network;
}

/* The network of that name, made if need be; NULL when memory is out. */
static struct network *join_network(const char *name)
{
	struct network *network;

	spin_lock(&networks_lock);
	network = find_network(name);
	if (!network)
		network = make_network(name);
	if (network)
		network->users++;
	spin_unlock(&networks_lock);
	return network;
}

static void leave_network(struct network *network)
{
	spin_lock(&networks_lock);
	if (--network->users == 0) {
		list_remove(&network->node);
		ethernet_switch_destroy(network->ethernet);
		heap_free(network);
	}
	spin_unlock(&networks_lock);
}

/* --- what the device calls ------------------------------------------------------------------ */

static bool port_send(void *context, const struct switch_source *source)
{
	struct guest_net *net = context;
	bool sent;

	spin_lock(&net->network->lock);
	sent = switch_port_send(net->port, source, time_ns());
	spin_unlock(&net->network->lock);
	return sent;
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

static const struct net_port port_calls = { port_send, port_first, port_take, port_open };

/* Called by whoever sends, with the network's lock: only wakes the guest. */
static void port_ready(void *context)
{
	guest_devices_wake(context);
}

/* --- the guest's device ------------------------------------------------------------------- */

static int join(struct guest_net *net, struct guest *guest)
{
	const struct guest_plan *plan = guest->plan;
	int error;

	net->network = join_network(plan->net);
	if (!net->network)
		return -E_NOMEM;
	spin_lock(&net->network->lock);
	error = switch_port_create(net->network->ethernet, guest->name, plan->mac, port_ready,
				   guest, &net->port);
	spin_unlock(&net->network->lock);
	if (error)
		leave_network(net->network);
	return error;
}

static int net_create(struct guest *guest, unsigned index, struct virtio_device **device)
{
	const struct guest_plan *plan = guest->plan;
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
	leave_network(net->network);
	heap_free(net);
}

const struct guest_device_kind guest_net_kind = { net_create, net_destroy };

/* --- for people ------------------------------------------------------------------------- */

static void show_port(const struct switch_port *port)
{
	const struct switch_counters *c = &port->counters;
	const uint8_t *mac = port->own.bytes;

	house_print("  %-15s %02x:%02x:%02x:%02x:%02x:%02x%s\n", port->name, mac[0], mac[1], mac[2],
		    mac[3], mac[4], mac[5], port->is_open ? "" : ", not in use");
	house_print("    sent     %llu frames, %llu bytes, %llu more refused\n", c->sent,
		    c->sent_bytes, c->refused);
	house_print("    received %llu frames, %llu bytes, %llu more lost\n", c->received,
		    c->received_bytes, c->lost);
}

static void show_network(struct network *network)
{
	const struct switch_port *port;

	spin_lock(&network->lock);
	house_print("%s\n", network->ethernet->name);
	list_for_each(port, &network->ethernet->ports, node)
		show_port(port);
	spin_unlock(&network->lock);
}

void guest_net_show(void)
{
	struct network *network;

	spin_lock(&networks_lock);
	if (list_is_empty(&networks))
		house_print("there is no network\n");
	list_for_each(network, &networks, node)
		show_network(network);
	spin_unlock(&networks_lock);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * The list of networks, and the locked way to a port of their switches.  A guest sends, on its CPU,
 * into the queues of other guests, which are emptied on their CPUs.
 */
#include "drivers/net/network.h"

#include "arch/cpu/time.h"
#include "arch/cpu/log.h"
#include "lib/error.h"
#include "lib/string.h"
#include "mm/heap.h"

static struct spinlock networks_lock = SPINLOCK(LOCK_NETWORKS);
static struct list networks = LIST_INIT(networks);
static uint64_t made;		/* how many ever were */

/* --- joining ---------------------------------------------------------------------------- */

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
	network->serial = ++made;
	list_add_last(&networks, &network->node);
	return network;
}

static struct network *get_network(const char *name)
{
	struct network *network;

	spin_lock(&networks_lock);
	network = find_network(name);
	if (!network)
		network = make_network(name);
	if (network)
		network->ports++;
	spin_unlock(&networks_lock);
	return network;
}

static void put_network(struct network *network)
{
	spin_lock(&networks_lock);
	if (--network->ports == 0) {
		list_remove(&network->node);
		ethernet_switch_destroy(network->ethernet);
		heap_free(network);
	}
	spin_unlock(&networks_lock);
}

int network_join(struct network_port *at, const char *network, const char *name,
		 const uint8_t *address, bool bridges, void (*ready)(void *context), void *context)
{
	int error;

	at->network = get_network(network);
	if (!at->network)
		return -E_NOMEM;
	spin_lock(&at->network->lock);
	error = switch_port_create(at->network->ethernet, name, address, ready, context, &at->port);
	if (!error && bridges)
		switch_port_bridge(at->port);
	spin_unlock(&at->network->lock);
	if (error)
		put_network(at->network);
	return error;
}

void network_leave(struct network_port *at)
{
	spin_lock(&at->network->lock);
	switch_port_destroy(at->port);
	spin_unlock(&at->network->lock);
	put_network(at->network);
}

/* --- frames ----------------------------------------------------------------------------- */

void network_report_forgery(const struct network_port *at, const char *kind,
			    const struct switch_forgery *forgery)
{
	const uint8_t *mac = forgery->address;

	log_event("net-forged", "%s=%s net=%s mac=%02x:%02x:%02x:%02x:%02x:%02x count=%llu", kind,
		  at->port->name, at->network->ethernet->name, mac[0], mac[1], mac[2], mac[3],
		  mac[4], mac[5], forgery->count);
}

bool network_send(struct network_port *at, struct switch_source *source)
{
	uint64_t now = time_ns();
	struct switch_forgery forgery;
	bool sent, told;

	spin_lock(&at->network->lock);
	sent = switch_port_send(at->port, source, now);
	told = switch_port_forgery(at->port, now, &forgery);
	spin_unlock(&at->network->lock);
	if (told)
		network_report_forgery(at, "guest", &forgery);
	return sent;
}

void network_flush(struct network_port *at)
{
	if (at->network->uplink)
		net_device_flush(at->network->uplink);
}

struct switch_frame *network_first(struct network_port *at)
{
	struct switch_frame *frame;

	spin_lock(&at->network->lock);
	frame = switch_port_first(at->port);
	spin_unlock(&at->network->lock);
	return frame;
}

void network_take(struct network_port *at, bool received)
{
	spin_lock(&at->network->lock);
	switch_port_take(at->port, received);
	spin_unlock(&at->network->lock);
}

void network_open(struct network_port *at, bool open)
{
	spin_lock(&at->network->lock);
	switch_port_open(at->port, open);
	spin_unlock(&at->network->lock);
}

/* --- reports ---------------------------------------------------------------------------- */

bool networks_visit(void (*visit)(const struct network *network))
{
	struct network *network;
	bool any;

	spin_lock(&networks_lock);
	any = !list_is_empty(&networks);
	list_for_each(network, &networks, node) {
		spin_lock(&network->lock);
		visit(network);
		spin_unlock(&network->lock);
	}
	spin_unlock(&networks_lock);
	return any;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * The list of networks.
 */
#include "drivers/net/network.h"

#include "arch/cpu/log.h"
#include "drivers/net/uplink.h"
#include "hv/console/house.h"
#include "lib/string.h"
#include "mm/heap.h"

static struct spinlock networks_lock = SPINLOCK(LOCK_NETWORKS);
static struct list networks = LIST_INIT(networks);

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

struct network *network_join(const char *name)
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

void network_leave(struct network *network)
{
	spin_lock(&networks_lock);
	if (--network->users == 0) {
		list_remove(&network->node);
		ethernet_switch_destroy(network->ethernet);
		heap_free(network);
	}
	spin_unlock(&networks_lock);
}

void network_report_forgery(const struct network *network, const char *kind, const char *name,
			    const struct switch_forgery *forgery)
{
	const uint8_t *mac = forgery->address;

	log_event("net-forged", "%s=%s net=%s mac=%02x:%02x:%02x:%02x:%02x:%02x count=%llu", kind, name,
		  network->ethernet->name, mac[0], mac[1], mac[2], mac[3], mac[4], mac[5],
		  forgery->count);
}

/* --- for people ------------------------------------------------------------------------- */

static void show_guest(const struct switch_port *port)
{
	const uint8_t *mac = port->own.bytes;

	house_print("  %-15s %02x:%02x:%02x:%02x:%02x:%02x%s%s\n", port->name, mac[0], mac[1], mac[2],
		    mac[3], mac[4], mac[5], port->bridges ? ", may use others" : "",
		    port->is_open ? "" : ", not in use");
}

static void show_port(struct network *network, const struct switch_port *port)
{
	const struct switch_counters *c = &port->counters;

	if (port->own.used)
		show_guest(port);
	else
		uplink_show(network->uplink);
	house_print("    sent     %llu frames, %llu bytes, %llu more refused, %llu of them forged\n",
		    c->sent, c->sent_bytes, c->refused, c->forged);
	house_print("    received %llu frames, %llu bytes, %llu more lost\n", c->received,
		    c->received_bytes, c->lost);
}

static void show_network(struct network *network)
{
	const struct switch_port *port;

	spin_lock(&network->lock);
	house_print("%s\n", network->ethernet->name);
	list_for_each(port, &network->ethernet->ports, node)
		show_port(network, port);
	spin_unlock(&network->lock);
}

void network_show_all(void)
{
	struct network *network;

	spin_lock(&networks_lock);
	if (list_is_empty(&networks))
		house_print("there is no network\n");
	list_for_each(network, &networks, node)
		show_network(network);
	spin_unlock(&networks_lock);
}

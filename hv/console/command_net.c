// SPDX-License-Identifier: GPL-2.0-only
/*
 * The command `net`.  It prints under the locks of the networks that it reads (docs/locking.md),
 * some ports at a time.
 */
#include "hv/console/command_net.h"

#include "drivers/net/network.h"
#include "hv/console/answer.h"

#define PORTS_A_PIECE 12u	/* of five lines at most */

/* How far the answer is: the serials of the last port shown and of its network. */
static struct {
	uint64_t network, port;
	unsigned left;		/* ports that this piece may still show */
} shown;

static void show_guest(const struct switch_port *port)
{
	const uint8_t *mac = port->own.bytes;

	answer_print("  %-15s %02x:%02x:%02x:%02x:%02x:%02x%s%s\n", port->name, mac[0], mac[1],
		     mac[2], mac[3], mac[4], mac[5], port->bridges ? ", may use others" : "",
		     port->is_open ? "" : ", not in use");
}

static void show_uplink(struct net_device *device, const struct switch_wire *wire)
{
	static const char *const states[] = {
		[NET_CLOSED] = "not in use", [NET_RUNNING] = "the link is up",
		[NET_RESETTING] = "reset", [NET_LOST] = "lost",
	};
	const uint8_t *mac = device->address;
	struct net_status status;

	net_device_status(device, &status);
	answer_print("  %-15s %02x:%02x:%02x:%02x:%02x:%02x, %s, %s%s\n", device->name, mac[0],
		     mac[1], mac[2], mac[3], mac[4], mac[5], device->driver,
		     status.state == NET_RUNNING && !status.link ? "the link is down"
								 : states[status.state],
		     status.is_polled ? ", polled" : "");
	answer_print("    wire     %llu frames out, %llu in, %llu dropped, %llu too long, "
		     "%u damaged\n", status.counters.sent, status.counters.received,
		     status.counters.dropped, wire->too_long, status.counters.damaged);
	answer_print("    card     %u interrupts, %u pauses, %u resets\n",
		     status.counters.interrupts, status.counters.pauses, status.counters.resets);
}

static void show_port(const struct network *network, const struct switch_port *port)
{
	const struct switch_counters *c = &port->counters;

	if (port->own.used)
		show_guest(port);
	else
		show_uplink(network->uplink, network->wire);
	answer_print("    sent     %llu frames, %llu bytes, %llu more refused, "
		     "%llu of them forged\n",
		     c->sent, c->sent_bytes, c->refused, c->forged);
	answer_print("    received %llu frames, %llu bytes, %llu more lost\n", c->received,
		     c->received_bytes, c->lost);
}

static void show_network(const struct network *network)
{
	const struct switch_port *port;

	if (network->serial < shown.network || shown.left == 0)
		return;
	if (network->serial > shown.network) {
		answer_print("%s\n", network->ethernet->name);
		shown.network = network->serial;
		shown.port = 0;
	}
	list_for_each(port, &network->ethernet->ports, node) {
		if (port->serial <= shown.port || shown.left == 0)
			continue;
		show_port(network, port);
		shown.port = port->serial;
		shown.left--;
	}
}

static bool show_networks(void)
{
	shown.left = PORTS_A_PIECE;
	(void)networks_visit(show_network);
	return shown.left == 0;
}

/* Nothing to see: whether there is a network is asked for. */
static void pass_by(const struct network *network)
{
	(void)network;
}

void command_show_networks(const char *argument)
{
	(void)argument;
	if (!networks_visit(pass_by))
		answer_print("there is no network\n");
	shown.network = shown.port = 0;
	answer_in_pieces(show_networks);
}

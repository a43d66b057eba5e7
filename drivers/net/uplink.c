// SPDX-License-Identifier: GPL-2.0-only
/*
 * Joins ports of switches to ports of the machine.  The sender that put the first frame for the
 * wire into the switch's queue also sends it on, in its own time; if that is too much at once, the
 * card's timer continues.  Frames from the wire come from net_poll.c.
 */
#include "drivers/net/uplink.h"

#include "arch/cpu/log.h"
#include "arch/cpu/time.h"
#include "drivers/net/network.h"
#include "lib/error.h"
#include "mm/heap.h"

/* Frames, or segments of one, that go out at once: three times 64 KB in segments of 1448. */
#define DRAIN_BUDGET 136u

struct uplink {
	struct network_port at;
	struct switch_wire wire;	/* with the network's lock */
	struct net_device *device;
};

/* --- frames ----------------------------------------------------------------------------- */

static enum wire_result wire_send(void *context, const struct net_pieces *frame)
{
	struct uplink *uplink = context;

	return net_device_send(uplink->device, frame);
}

/* Called by the sender with the network's lock held; the sender calls network_flush later. */
static void port_ready(void *context)
{
	struct uplink *uplink = context;

	if (switch_wire_drain(&uplink->wire, DRAIN_BUDGET))
		net_device_want_room(uplink->device);
}

static void wire_writable(void *context)
{
	struct uplink *uplink = context;

	spin_lock(&uplink->at.network->lock);
	port_ready(uplink);
	spin_unlock(&uplink->at.network->lock);
	net_device_flush(uplink->device);
}

static void wire_begin(void *context)
{
	struct uplink *uplink = context;

	spin_lock(&uplink->at.network->lock);
}

static void wire_end(void *context)
{
	struct uplink *uplink = context;
	struct switch_forgery forgery;
	bool told = switch_port_forgery(uplink->at.port, time_ns(), &forgery);

	spin_unlock(&uplink->at.network->lock);
	if (told)
		network_report_forgery(&uplink->at, "port", &forgery);
}

static void wire_received(void *context, const uint8_t *bytes, uint32_t length)
{
	struct uplink *uplink = context;

	switch_wire_receive(&uplink->wire, bytes, length, time_ns());
}

/* --- making ----------------------------------------------------------------------------- */

/* An open port without a card would drop all frames, so the caller removes it on failure. */
static int open(struct uplink *uplink)
{
	const struct net_client client = {
		wire_begin, wire_end, wire_received, wire_writable, uplink,
	};
	struct network *network = uplink->at.network;

	uplink->wire.port = uplink->at.port;
	uplink->wire.send = wire_send;
	uplink->wire.context = uplink;
	spin_lock(&network->lock);
	switch_port_open(uplink->at.port, true);
	spin_unlock(&network->lock);
	return net_device_open(uplink->device, &client);
}

static int make(struct uplink *uplink, const char *network)
{
	int error = network_join(&uplink->at, network, uplink->device->name, NULL, false,
				 port_ready, uplink);

	if (error)
		return error;
	error = open(uplink);
	if (error) {
		network_leave(&uplink->at);
		return error;
	}
	uplink->at.network->uplink = uplink->device;
	uplink->at.network->wire = &uplink->wire;
	return 0;
}

const char *uplink_create(const char *port, const char *network)
{
	struct net_device *device = net_device_find(port);
	struct uplink *uplink;
	const uint8_t *mac;
	int error;

	if (!device)
		return "the machine has no such network port";
	uplink = heap_alloc(sizeof(*uplink));
	if (!uplink)
		return "no memory";
	uplink->device = device;
	error = make(uplink, network);
	if (error) {
		heap_free(uplink);
		return error == -E_NOMEM ? "no memory" : "the network port does not start";
	}
	mac = device->address;
	log_event("uplink", "port=%s net=%s mac=%02x:%02x:%02x:%02x:%02x:%02x driver=%s",
		  device->name, network, mac[0], mac[1], mac[2], mac[3], mac[4], mac[5],
		  device->driver);
	return NULL;
}

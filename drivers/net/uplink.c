// SPDX-License-Identifier: GPL-2.0-only
/*
 * Joins ports of switches with ports of the machine.  Frames for the wire are taken
 * from the switch's queue by whoever put the first one there, in the sender's own
 * time; where that is too much at once, a timer goes on with it.
 */
#include "drivers/net/uplink.h"

#include "arch/cpu/log.h"
#include "arch/cpu/time.h"
#include "drivers/net/net_device.h"
#include "drivers/net/network.h"
#include "hv/console/house.h"
#include "lib/compiler.h"
#include "lib/error.h"
#include "lib/string.h"
#include "mm/heap.h"

/* Frames, or pieces of one, that go out at once: three of the largest segments in pieces of 1448. */
#define DRAIN_BUDGET 136u

struct uplink {
	struct network *network;
	struct switch_wire wire;	/* with the network's lock */
	struct net_device *device;
};

/* --- frames ----------------------------------------------------------------------------- */

static enum wire_result wire_send(void *context, const struct wire_frame *frame)
{
	struct uplink *uplink = context;

	return net_device_send(uplink->device, frame);
}

/* With the network's lock; somebody calls uplink_flush. */
static void drain(struct uplink *uplink)
{
	if (switch_wire_drain(&uplink->wire, DRAIN_BUDGET))
		net_device_want_room(uplink->device);
}

void uplink_flush(struct uplink *uplink)
{
	net_device_flush(uplink->device);
}

/* Called by whoever sends, with the network's lock. */
static void port_ready(void *context)
{
	drain(context);
}

static void wire_writable(void *context)
{
	struct uplink *uplink = context;

	spin_lock(&uplink->network->lock);
	drain(uplink);
	spin_unlock(&uplink->network->lock);
	uplink_flush(uplink);
}

static void wire_begin(void *context)
{
	struct uplink *uplink = context;

	spin_lock(&uplink->network->lock);
}

static void wire_end(void *context)
{
	struct uplink *uplink = context;
	struct switch_forgery forgery;
	bool told = switch_port_forgery(uplink->wire.port, time_ns(), &forgery);

	spin_unlock(&uplink->network->lock);
	if (told)
		network_report_forgery(uplink->network, "port", uplink->device->name, &forgery);
}

static void wire_received(void *context, const uint8_t *bytes, uint32_t length)
{
	struct uplink *uplink = context;

	switch_wire_receive(&uplink->wire, bytes, length, time_ns());
}

/* --- making ---------------------------------------------------------------------------------- */

/* The port of the switch, open; the network is there. */
static int join(struct uplink *uplink)
{
	struct network *network = uplink->network;
	struct switch_wire *wire = &uplink->wire;
	int error;

	spin_lock(&network->lock);
	error = switch_port_create(network->ethernet, uplink->device->name, NULL, port_ready,
				   uplink, &wire->port);
	if (!error && !switch_port_open(wire->port, true)) {
		switch_port_destroy(wire->port);
		error = -E_NOMEM;
	}
	spin_unlock(&network->lock);
	wire->send = wire_send;
	wire->context = uplink;
	network->uplink = error ? NULL : uplink;
	return error;
}

static int make(struct uplink *uplink, const char *net)
{
	const struct net_client client = {
		wire_begin, wire_end, wire_received, wire_writable, uplink,
	};
	int error;

	uplink->network = network_join(net);
	if (!uplink->network)
		return -E_NOMEM;
	error = join(uplink);
	if (error) {
		network_leave(uplink->network);
		return error;
	}
	/* A port of the switch without a card would only swallow frames, so it goes again. */
	error = net_device_open(uplink->device, &client);
	if (error) {
		uplink->network->uplink = NULL;
		switch_port_destroy(uplink->wire.port);
		network_leave(uplink->network);
	}
	return error;
}

/* NULL, or what is wrong. */
static const char *create(const struct uplink_words *words)
{
	struct net_device *device = net_device_find(words->port);
	struct uplink *uplink;
	const uint8_t *mac;
	int error;

	if (!device)
		return "the machine has no such network port";
	uplink = heap_alloc(sizeof(*uplink));
	if (!uplink)
		return "no memory";
	uplink->device = device;
	error = make(uplink, words->net);
	if (error) {
		heap_free(uplink);
		return error == -E_NOMEM ? "no memory" : "the network port does not start";
	}
	mac = device->address;
	log_event("uplink", "port=%s net=%s mac=%02x:%02x:%02x:%02x:%02x:%02x driver=%s", device->name,
		  words->net, mac[0], mac[1], mac[2], mac[3], mac[4], mac[5], device->driver);
	return NULL;
}

void uplinks_init(const struct umbra_options *options)
{
	for (unsigned i = 0; i < options->uplink_count; i++) {
		const struct uplink_words *words = &options->uplinks[i];
		const char *cause = create(words);
		bool by_default = string_equal(words->net, CONFIG_NET_DEFAULT);

		if (cause)
			log_event("option-error", "module=umbra word=uplink=%s%s%s cause=\"%s\"", words->port,
				  by_default ? "" : ":", by_default ? "" : words->net, cause);
	}
}

/* --- for people ----------------------------------------------------------------------------------- */

void uplink_show(struct uplink *uplink)
{
	static const char *const states[] = {
		[NET_CLOSED] = "not in use", [NET_RUNNING] = "the link is up",
		[NET_RESETTING] = "reset", [NET_LOST] = "lost",
	};
	const uint8_t *mac = uplink->device->address;
	struct net_status status;

	net_device_status(uplink->device, &status);
	house_print("  %-15s %02x:%02x:%02x:%02x:%02x:%02x, %s, %s%s\n", uplink->device->name, mac[0],
		    mac[1], mac[2], mac[3], mac[4], mac[5], uplink->device->driver,
		    status.state == NET_RUNNING && !status.link ? "the link is down"
								: states[status.state],
		    status.is_polled ? ", polled" : "");
	house_print("    wire     %llu frames out, %llu in, %llu dropped, %llu too long, %u damaged\n",
		    status.counters.sent, status.counters.received, status.counters.dropped,
		    uplink->wire.too_long, status.counters.damaged);
	house_print("    card     %u interrupts, %u pauses, %u resets\n", status.counters.interrupts,
		    status.counters.pauses, status.counters.resets);
}

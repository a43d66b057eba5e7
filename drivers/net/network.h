/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Networks: each is a switch with a name and a lock, and exists as long as a port is joined to it.
 * A guest's device (drivers/virtio/virtio_net.h) sends to and receives from a port of one;
 * drivers/net/uplink.h joins a network to a port of the machine.
 */
#ifndef UMBRA_DRIVERS_NET_NETWORK_H
#define UMBRA_DRIVERS_NET_NETWORK_H

#include "arch/cpu/spinlock.h"
#include "drivers/net/ethernet_switch.h"
#include "drivers/net/net_device.h"
#include "lib/list.h"

struct network {
	struct list_node node;		/* these three: with LOCK_NETWORKS */
	unsigned ports;
	uint64_t serial;		/* from 1, in the order in which networks were made */
	struct spinlock lock;		/* guards the switch and its ports */
	struct ethernet_switch *ethernet;

	/* Its port of the machine, or NULL; written at boot only. */
	struct net_device *uplink;
	struct switch_wire *wire;	/* what leads there; with lock */
};

/* A port on a network. */
struct network_port {
	struct network *network;
	struct switch_port *port;
};

/*
 * Makes a closed port on the network of that name, which is created when there is none.  name,
 * address (NULL: a wire), ready and context are those of switch_port_create, and so are errors.
 * bridges: other stations may be behind the port.  Any CPU, no lock held.
 */
int __must_check network_join(struct network_port *at, const char *network, const char *name,
			      const uint8_t *address, bool bridges, void (*ready)(void *context),
			      void *context);

/* Removes the port, whose context is not used any more; the last one to leave frees the network. */
void network_leave(struct network_port *at);

/* switch_port_send, _first, _take and _open for a guest, with the lock taken in here. */
bool __must_check network_send(struct network_port *at, struct switch_source *source);
struct switch_frame *network_first(struct network_port *at);
void network_take(struct network_port *at, bool received);
void network_open(struct network_port *at, bool open);

/* Makes sure that frames for the wire are really sent.  Any CPU, without the lock. */
void network_flush(struct network_port *at);

/*
 * event=net-forged for a port whose switch_port_forgery found something: kind is "guest" or
 * "port".  Any CPU, without the network's lock.
 */
void network_report_forgery(const struct network_port *at, const char *kind,
			    const struct switch_forgery *forgery);

/* Calls visit for each network, with its lock; for a command.  False: there is none. */
bool networks_visit(void (*visit)(const struct network *network));

#endif

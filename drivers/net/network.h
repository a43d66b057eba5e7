/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Networks: each is a switch with a name, and is there as long as somebody is on it.
 */
#ifndef UMBRA_DRIVERS_NET_NETWORK_H
#define UMBRA_DRIVERS_NET_NETWORK_H

#include "arch/cpu/spinlock.h"
#include "drivers/net/ethernet_switch.h"
#include "lib/list.h"

struct uplink;

struct network {
	struct list_node node;		/* this and users: drivers/net/network.c */
	unsigned users;
	struct spinlock lock;		/* guards the switch and its ports */
	struct ethernet_switch *ethernet;
	struct uplink *uplink;		/* to a port of the machine, or NULL; written at boot only */
};

/* The network of that name, made if need be, with one more on it; NULL when memory is out. */
struct network *network_join(const char *name);

/* One less is on it, and perhaps the network is gone. */
void network_leave(struct network *network);

/*
 * event=net-forged for a port of the network: kind is "guest" or "port", and name whose it
 * is.  Any CPU, without the network's lock.
 */
void network_report_forgery(const struct network *network, const char *kind, const char *name,
			    const struct switch_forgery *forgery);

/* Prints all networks and what is on them; for a command. */
void network_show_all(void);

#endif

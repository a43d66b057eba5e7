/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Uplinks: a network's port of the machine, through which its guests reach a wire.
 */
#ifndef UMBRA_DRIVERS_NET_UPLINK_H
#define UMBRA_DRIVERS_NET_UPLINK_H

/*
 * Joins the port of the machine of that name (net0) to the network of that name: event=uplink.
 * NULL, or why that cannot be, as a clause.  A network has one uplink at most.  Boot CPU, once
 * the PCI devices have been found, before there are guests.
 */
const char *uplink_create(const char *port, const char *network);

#endif

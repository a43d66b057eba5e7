/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Uplinks: an uplink joins a network (drivers/net/network.h) to a network port of the machine
 * (drivers/net/net_device.h), so that its guests reach a wire.  Made by boot/host_devices.c for
 * each uplink= option; never removed.
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

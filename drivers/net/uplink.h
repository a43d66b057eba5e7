/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Uplinks: ports of the machine that join a network to a wire, as uplink= asks for.
 */
#ifndef UMBRA_DRIVERS_NET_UPLINK_H
#define UMBRA_DRIVERS_NET_UPLINK_H

#include "hv/config/config.h"

struct uplink;

/*
 * Makes them; what cannot be is event=option-error.  Boot CPU, once, when the PCI
 * devices have been found, before there are guests.
 */
void uplinks_init(const struct umbra_options *options);

/* What was sent to it goes onto the wire at the latest now.  Any CPU, without the network's lock. */
void uplink_flush(struct uplink *uplink);

/* Prints the port that it leads to; with the network's lock. */
void uplink_show(struct uplink *uplink);

#endif

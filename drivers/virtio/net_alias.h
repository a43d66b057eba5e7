/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The address of a clone's network device.  The clone has one of its own on the network, but its
 * kernel knows that of the guest it was cloned from, and may never ask again.  So its device
 * exchanges the two in the frames that go by: in the Ethernet header, and in ARP (RFC 826) over
 * Ethernet and IPv4.  Nothing else is looked for: what a kernel says of its address elsewhere
 * (DHCP, IPv6) is the old one.  Pure.
 */
#ifndef UMBRA_DRIVERS_VIRTIO_NET_ALIAS_H
#define UMBRA_DRIVERS_VIRTIO_NET_ALIAS_H

#include "drivers/net/net_offload.h"

#include <stdbool.h>
#include <stdint.h>

struct net_alias {
	bool is_used;				/* the kernel is not known to use its own */
	uint8_t known[ETHERNET_ADDRESS_SIZE];	/* what its kernel knows */
};

/* The bytes at the beginning of a frame in which an address may be exchanged. */
#define NET_ALIAS_HEAD 42u

/*
 * Exchanges the addresses in the first length bytes of a frame that the guest sends, or receives:
 * NET_ALIAS_HEAD bytes at most, or all that the frame has.  own is the device's address on the
 * network.  A frame that is sent from there ends the exchange: the kernel has asked again.
 */
void net_alias_sent(struct net_alias *alias, const uint8_t *own, uint8_t *head, uint32_t length);
void net_alias_received(const struct net_alias *alias, const uint8_t *own, uint8_t *head,
			uint32_t length);

#endif

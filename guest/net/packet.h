/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Frames of the network test: made with their checksum left out, as a driver
 * leaves it to the device, and judged when they arrive, whole or in pieces.
 */
#ifndef UMBRA_GUEST_NET_PACKET_H
#define UMBRA_GUEST_NET_PACKET_H

#include "guest/runtime/net.h"

#include <stdbool.h>
#include <stdint.h>

#define ETHERNET_SIZE 14u
#define TYPE_IPV4 0x0800u
#define TYPE_IPV6 0x86DDu
#define TYPE_TEST 0x88B5u               /* for experiments (IEEE 802) */

struct packet {
	bool ipv6, udp;
	uint32_t payload;               /* bytes */
	uint16_t gso_size;              /* 0: not to be cut */
	bool ecn;
};

/* What a receiver has seen of packets since it was last cleared. */
struct packet_report {
	uint32_t frames;
	uint32_t bytes;                 /* of payload; the header of UDP counts in a fragment */
	uint32_t bad;                   /* frames with something wrong */
	uint32_t partial;               /* their checksum was left out */
	uint32_t large;                 /* to be cut still */
	uint32_t fragments;
	uint32_t longest;               /* frame */
	uint32_t foreign;               /* test frames that were for somebody else */
	uint32_t features;              /* agreed on, bits 0 to 31 */
};

void packet_put16(uint8_t *at, uint32_t value);
uint32_t packet_get16(const uint8_t *at);

/* Destination, source (our own address) and type. */
void packet_address(uint8_t *frame, const uint8_t *to, uint32_t type);

/* Make the packet in frame, for address to; returns its length and fills in header. */
uint32_t packet_make(const struct packet *packet, const uint8_t *to, uint8_t *frame,
		     struct net_header *header);

/* Judge a frame of IP that arrived, and count it. */
void packet_judge(struct packet_report *report, const struct net_header *header,
		  const uint8_t *frame, uint32_t length);

#endif

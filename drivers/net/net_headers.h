/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The headers of Ethernet, IP, TCP and UDP as far as offloads need them.
 * Between drivers/net/net_offload.c, net_headers.c and net_segment.c.
 */
#ifndef UMBRA_DRIVERS_NET_NET_HEADERS_H
#define UMBRA_DRIVERS_NET_NET_HEADERS_H

#include "drivers/net/net_offload.h"

/* Offsets in a header; all values are big-endian.  RFC 791, 8200, 793, 768. */
#define IPV4_LENGTH 2u
#define IPV4_IDENTIFICATION 4u
#define IPV4_FRAGMENT 6u
#define IPV4_PROTOCOL 9u
#define IPV4_CHECKSUM 10u
#define IPV4_SOURCE 12u
#define IPV4_HEADER_SIZE 20u
#define IPV4_MORE_FRAGMENTS 0x2000u
#define IPV6_LENGTH 4u
#define IPV6_NEXT 6u
#define IPV6_SOURCE 8u
#define IPV6_HEADER_SIZE 40u
#define IPV6_FRAGMENT_SIZE 8u
#define TCP_SEQUENCE 4u
#define TCP_DATA_OFFSET 12u
#define TCP_FLAGS 13u
#define TCP_CHECKSUM 16u
#define TCP_HEADER_SIZE 20u
#define UDP_CHECKSUM 6u
#define UDP_HEADER_SIZE 8u

#define PROTOCOL_TCP 6u
#define PROTOCOL_UDP 17u
#define PROTOCOL_FRAGMENT 44u

/*
 * Finds the headers of a frame that is to be cut as gso_type says; false when
 * they are not those, are not whole, or are too long to cut with.
 */
bool __must_check net_headers_find(struct net_headers *headers, uint8_t gso_type,
				   const uint8_t *frame, uint32_t length);

/*
 * The ones' complement sum of bytes, in 16 bits, added to sum (below 2^32).  It
 * is that of little-endian words, and comes out right when it is stored so; a
 * further piece goes on where this one ended if its length was even.
 */
uint32_t net_sum(const uint8_t *bytes, uint32_t length, uint32_t sum);

/* The checksum to store, little-endian, from what net_sum returned. */
uint16_t net_checksum(uint32_t sum);

static inline uint16_t load_be16(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

static inline uint32_t load_be32(const uint8_t *at)
{
	return (uint32_t)load_be16(at) << 16 | load_be16(at + 2);
}

static inline void store_be16(uint8_t *at, uint32_t value)
{
	at[0] = (uint8_t)(value >> 8 & 0xFF);
	at[1] = (uint8_t)(value & 0xFF);
}

static inline void store_be32(uint8_t *at, uint32_t value)
{
	store_be16(at, value >> 16);
	store_be16(at + 2, value & 0xFFFF);
}

#endif

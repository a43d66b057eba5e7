// SPDX-License-Identifier: GPL-2.0-only
/*
 * Finds the headers of a frame.  A guest chooses every byte: each read was checked to lie inside
 * the frame, and loops are bounded.
 */
#include "drivers/net/net_headers.h"

#define TYPE_OFFSET 12u
#define TYPE_IPV4 0x0800u
#define TYPE_IPV6 0x86DDu
#define TYPE_TAG 0x8100u		/* IEEE 802.1Q */
#define TAG_SIZE 4u

/* Extension headers that may come before TCP or UDP; one for routing changes their checksum. */
#define IPV6_HOP_BY_HOP 0u
#define IPV6_DESTINATION 60u
#define IPV6_EXTENSIONS_MAX 4u

static bool find_ipv4(struct net_headers *headers, uint32_t protocol, const uint8_t *frame,
		      uint32_t length)
{
	const uint8_t *ip = frame + headers->network;
	uint32_t size;

	if (length < headers->network + IPV4_HEADER_SIZE || ip[0] >> 4 != 4)
		return false;
	size = (ip[0] & 0xFu) * 4;
	/* Its length has 16 bits; a fragment, or the first of several, is not cut again. */
	if (size < IPV4_HEADER_SIZE || length - headers->network > UINT16_MAX ||
	    ip[IPV4_PROTOCOL] != protocol || (load_be16(ip + IPV4_FRAGMENT) & 0x3FFF) != 0)
		return false;
	headers->next_header = headers->network + IPV4_PROTOCOL;
	headers->transport = headers->network + size;
	return headers->transport <= length;
}

static bool find_ipv6(struct net_headers *headers, uint32_t protocol, const uint8_t *frame,
		      uint32_t length)
{
	uint32_t next = headers->network + IPV6_NEXT;
	uint32_t at = headers->network + IPV6_HEADER_SIZE;

	if (length < at || frame[headers->network] >> 4 != 6 || length - at > UINT16_MAX)
		return false;
	for (unsigned i = 0; frame[next] != protocol; i++) {
		if ((frame[next] != IPV6_HOP_BY_HOP && frame[next] != IPV6_DESTINATION) ||
		    i == IPV6_EXTENSIONS_MAX || length - at < 8)
			return false;
		next = at;
		at += (frame[at + 1] + 1u) * 8;
		if (at > length)
			return false;
	}
	headers->next_header = next;
	headers->transport = at;
	return true;
}

static bool find_tcp(struct net_headers *headers, const uint8_t *frame, uint32_t length)
{
	uint32_t size;

	if (length < headers->transport + TCP_HEADER_SIZE)
		return false;
	size = (frame[headers->transport + TCP_DATA_OFFSET] >> 4) * 4u;
	headers->payload = headers->transport + size;
	return size >= TCP_HEADER_SIZE && headers->payload <= length &&
	       headers->payload <= NET_SEGMENT_HEADER_MAX;
}

/* The payload that is divided begins with the UDP header, which only the first fragment gets. */
static bool find_udp(struct net_headers *headers, uint32_t length)
{
	headers->payload = headers->transport;
	return length >= headers->transport + UDP_HEADER_SIZE &&
	       headers->payload + IPV6_FRAGMENT_SIZE <= NET_SEGMENT_HEADER_MAX;
}

static bool find_network(struct net_headers *headers, uint32_t type, const uint8_t *frame,
			 uint32_t length)
{
	uint32_t protocol = headers->udp ? PROTOCOL_UDP : PROTOCOL_TCP;

	if (type == TYPE_IPV6)
		headers->ipv6 = true;
	else if (type != TYPE_IPV4)
		return false;
	return headers->ipv6 ? find_ipv6(headers, protocol, frame, length) :
			       find_ipv4(headers, protocol, frame, length);
}

bool net_headers_find(struct net_headers *headers, uint8_t gso_type, const uint8_t *frame,
		      uint32_t length)
{
	uint8_t wanted = (uint8_t)(gso_type & ~VIRTIO_NET_HDR_GSO_ECN);
	uint32_t type;

	*headers = (struct net_headers){
		.network = ETHERNET_HEADER_SIZE,
		.udp = wanted == VIRTIO_NET_HDR_GSO_UDP,
	};
	if (length < ETHERNET_HEADER_SIZE + TAG_SIZE)
		return false;
	type = load_be16(frame + TYPE_OFFSET);
	if (type == TYPE_TAG) {
		type = load_be16(frame + TYPE_OFFSET + TAG_SIZE);
		headers->network += TAG_SIZE;
	}
	if (!find_network(headers, type, frame, length))
		return false;
	if (headers->udp)
		return find_udp(headers, length);
	if (headers->ipv6 != (wanted == VIRTIO_NET_HDR_GSO_TCPV6))
		return false;
	return find_tcp(headers, frame, length);
}

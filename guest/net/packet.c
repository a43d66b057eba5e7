// SPDX-License-Identifier: GPL-2.0-only
/*
 * Making and judging packets. The byte at a place of a payload follows from the
 * place: that of TCP is the sequence number, that of UDP the fragment's offset.
 */
#include "guest/net/packet.h"

#include "guest/runtime/string.h"

#define IPV4_SIZE 20u
#define IPV6_SIZE 40u
#define TCP_SIZE 20u
#define UDP_SIZE 8u
#define PROTOCOL_TCP 6u
#define PROTOCOL_UDP 17u
#define PROTOCOL_FRAGMENT 44u

/* Sequence numbers wrap in every packet of more than 4 KB. */
#define FIRST_SEQUENCE 0xFFFFF000u

void packet_put16(uint8_t *at, uint32_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

uint32_t packet_get16(const uint8_t *at)
{
	return (uint32_t)(at[0] << 8 | at[1]);
}

static uint32_t get32(const uint8_t *at)
{
	return packet_get16(at) << 16 | packet_get16(at + 2);
}

static void put32(uint8_t *at, uint32_t value)
{
	packet_put16(at, value >> 16);
	packet_put16(at + 2, value);
}

static uint8_t pattern(uint32_t place)
{
	return (uint8_t)(place * 5 + (place >> 8) * 3);
}

/* The internet checksum's sum (RFC 1071); pieces but the last have an even length. */
static uint32_t sum_of(const uint8_t *bytes, uint32_t length, uint32_t sum)
{
	for (uint32_t i = 0; i + 1 < length; i += 2)
		sum += packet_get16(bytes + i);
	if (length % 2 != 0)
		sum += (uint32_t)bytes[length - 1] << 8;
	sum = (sum & 0xFFFF) + (sum >> 16);
	return (sum & 0xFFFF) + (sum >> 16);
}

static uint32_t pseudo_sum(const uint8_t *ip, bool ipv6, uint32_t protocol, uint32_t length)
{
	uint8_t tail[4] = {0, (uint8_t)protocol};

	packet_put16(tail + 2, length);
	return sum_of(tail, sizeof(tail), ipv6 ? sum_of(ip + 8, 32, 0) : sum_of(ip + 12, 8, 0));
}

/* --- making ------------------------------------------------------------------------ */

void packet_address(uint8_t *frame, const uint8_t *to, uint32_t type)
{
	memcpy(frame, to, NET_ADDRESS_SIZE);
	memcpy(frame + NET_ADDRESS_SIZE, net_address(), NET_ADDRESS_SIZE);
	packet_put16(frame + 12, type);
}

static void make_ip(const struct packet *packet, uint8_t *ip, uint32_t length)
{
	uint8_t protocol = packet->udp ? PROTOCOL_UDP : PROTOCOL_TCP;

	if (packet->ipv6) {
		memset(ip, 0xFD, IPV6_SIZE);
		put32(ip, 0x60000000);
		packet_put16(ip + 4, length - IPV6_SIZE);
		ip[6] = protocol;
		return;
	}
	memset(ip, 0, IPV4_SIZE);
	ip[0] = 0x45;
	packet_put16(ip + 2, length);
	packet_put16(ip + 4, 0xFFF0);
	ip[8] = 64;
	ip[9] = protocol;
	put32(ip + 12, 0x0A000001);
	put32(ip + 16, 0x0A000002);
	packet_put16(ip + 10, ~sum_of(ip, IPV4_SIZE, 0));
}

uint32_t packet_make(const struct packet *packet, const uint8_t *to, uint8_t *frame,
		     struct net_header *header)
{
	uint32_t transport = ETHERNET_SIZE + (packet->ipv6 ? IPV6_SIZE : IPV4_SIZE);
	uint32_t headers = transport + (packet->udp ? UDP_SIZE : TCP_SIZE);
	uint32_t length = headers + packet->payload;
	uint32_t csum_offset = packet->udp ? 6 : 16;
	uint32_t first = packet->udp ? UDP_SIZE : 0;
	uint8_t *l4 = frame + transport;

	packet_address(frame, to, packet->ipv6 ? TYPE_IPV6 : TYPE_IPV4);
	make_ip(packet, frame + ETHERNET_SIZE, length - ETHERNET_SIZE);
	memset(l4, 0, headers - transport);
	if (packet->udp) {
		packet_put16(l4 + 4, length - transport);
	} else {
		put32(l4 + 4, FIRST_SEQUENCE);
		l4[12] = TCP_SIZE / 4 << 4;
		l4[13] = 0x18;
	}
	packet_put16(l4 + csum_offset, pseudo_sum(frame + ETHERNET_SIZE, packet->ipv6,
						  packet->udp ? PROTOCOL_UDP : PROTOCOL_TCP,
						  length - transport));
	for (uint32_t i = 0; i < packet->payload; i++)
		frame[headers + i] = pattern(first + i);
	*header = (struct net_header){
		.flags = NET_NEEDS_CSUM,
		.csum_start = (uint16_t)transport,
		.csum_offset = (uint16_t)csum_offset,
		.header_length = (uint16_t)headers,
		.gso_size = packet->gso_size,
	};
	if (packet->gso_size != 0)
		header->gso_type = (uint8_t)((packet->udp ? NET_GSO_UDP :
					      packet->ipv6 ? NET_GSO_TCPV6 : NET_GSO_TCPV4) |
					     (packet->ecn ? NET_GSO_ECN : 0));
	return length;
}

/* --- judging ------------------------------------------------------------------------- */

/* A frame of IP in parts. */
struct view {
	const uint8_t *ip, *l4;
	bool ipv6;
	uint32_t protocol, length;      /* of what is behind IP's headers */
	bool fragment, more;
	uint32_t offset;
};

static bool view_ipv4(struct view *view, uint32_t room)
{
	uint32_t fragment;

	if (room < IPV4_SIZE || packet_get16(view->ip + 2) > room ||
	    sum_of(view->ip, IPV4_SIZE, 0) != 0xFFFF)
		return false;
	fragment = packet_get16(view->ip + 6);
	view->protocol = view->ip[9];
	view->l4 = view->ip + IPV4_SIZE;
	view->length = packet_get16(view->ip + 2) - IPV4_SIZE;
	view->more = (fragment & 0x2000) != 0;
	view->offset = (fragment & 0x1FFF) * 8;
	view->fragment = (fragment & 0x3FFF) != 0;
	return true;
}

static bool view_ipv6(struct view *view, uint32_t room)
{
	if (room < IPV6_SIZE || packet_get16(view->ip + 4) > room - IPV6_SIZE)
		return false;
	view->protocol = view->ip[6];
	view->l4 = view->ip + IPV6_SIZE;
	view->length = packet_get16(view->ip + 4);
	if (view->protocol != PROTOCOL_FRAGMENT || view->length < 8)
		return true;
	view->fragment = true;
	view->protocol = view->l4[0];
	view->offset = packet_get16(view->l4 + 2) & 0xFFF8;
	view->more = (view->l4[3] & 1) != 0;
	view->l4 += 8;
	view->length -= 8;
	return true;
}

static bool bytes_good(const uint8_t *bytes, uint32_t length, uint32_t place)
{
	for (uint32_t i = 0; i < length; i++)
		if (bytes[i] != pattern(place + i))
			return false;
	return true;
}

/* With the checksum left out, its field holds the sum of the pseudo-header. */
static bool checksum_good(const struct view *view, const struct net_header *header,
			  uint32_t csum_offset)
{
	uint32_t sum = pseudo_sum(view->ip, view->ipv6, view->protocol, view->length);

	if (header->flags & NET_NEEDS_CSUM)
		return packet_get16(view->l4 + csum_offset) == sum &&
		       header->csum_offset == csum_offset;
	return sum_of(view->l4, view->length, sum) == 0xFFFF;
}

/* Fragments come in their order; the sum is complete when the last one is there. */
static bool fragment_good(const struct view *view)
{
	static uint32_t sum, expected_offset;
	uint32_t header = view->offset == 0 ? UDP_SIZE : 0;

	if (view->offset == 0)
		sum = expected_offset = 0;
	if (view->offset != expected_offset || view->length < header ||
	    (view->more && view->length % 8 != 0))
		return false;
	sum = sum_of(view->l4, view->length, sum);
	expected_offset += view->length;
	if (!view->more &&
	    sum_of(NULL, 0, sum + pseudo_sum(view->ip, view->ipv6, PROTOCOL_UDP,
					     expected_offset)) != 0xFFFF)
		return false;
	return bytes_good(view->l4 + header, view->length - header, view->offset + header);
}

static bool view_good(struct packet_report *report, const struct view *view,
		      const struct net_header *header)
{
	uint32_t place = UDP_SIZE, size = UDP_SIZE;

	if (view->fragment) {
		report->fragments++;
		report->bytes += view->length;
		return view->protocol == PROTOCOL_UDP && fragment_good(view);
	}
	if (view->protocol == PROTOCOL_TCP && view->length >= TCP_SIZE) {
		place = get32(view->l4 + 4) - FIRST_SEQUENCE;
		size = TCP_SIZE;
	} else if (view->protocol != PROTOCOL_UDP || view->length < UDP_SIZE) {
		return false;
	}
	report->bytes += view->length - size;
	return checksum_good(view, header, size == TCP_SIZE ? 16 : 6) &&
	       bytes_good(view->l4 + size, view->length - size, place);
}

void packet_judge(struct packet_report *report, const struct net_header *header,
		  const uint8_t *frame, uint32_t length)
{
	struct view view = {
		.ip = frame + ETHERNET_SIZE, .ipv6 = packet_get16(frame + 12) == TYPE_IPV6
	};
	uint32_t room = length - ETHERNET_SIZE;
	bool good = view.ipv6 ? view_ipv6(&view, room) : view_ipv4(&view, room);

	report->frames++;
	report->partial += (header->flags & NET_NEEDS_CSUM) != 0;
	report->large += header->gso_type != NET_GSO_NONE;
	if (length > report->longest)
		report->longest = length;
	if (!good || !view_good(report, &view, header))
		report->bad++;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Cuts a large segment of TCP into segments, and a large datagram of UDP into
 * fragments of IP, each with headers of its own.
 */
#include "drivers/net/net_headers.h"
#include "drivers/net/net_offload.h"

#include "lib/bytes.h"
#include "lib/string.h"

#define TCP_FIN 0x01u
#define TCP_PSH 0x08u
#define TCP_CWR 0x80u

/* A fragment's offset counts units of 8 bytes. */
#define FRAGMENT_UNIT 8u
#define IPV6_FRAGMENT_MORE 1u

void net_segmenter_start(struct net_segmenter *segmenter, uint8_t *frame, uint32_t length,
			 const struct net_offload *offload, uint32_t identification, bool finish)
{
	struct net_offload checksum = *offload;

	*segmenter = (struct net_segmenter){
		.frame = frame,
		.length = length,
		.size = offload->gso_size,
		.identification = identification,
		.finish = finish,
	};
	/* The frame passed the check, so the headers exist. */
	segmenter->ended = !net_headers_find(&segmenter->headers, offload->gso_type, frame, length);
	if (segmenter->ended || !segmenter->headers.udp)
		return;
	segmenter->size = ALIGN_DOWN(segmenter->size, FRAGMENT_UNIT);
	net_offload_finish(&checksum, frame, length);
}

/* Bytes that are left for the current segment and those behind it. */
static uint32_t bytes_left(const struct net_segmenter *segmenter)
{
	return segmenter->length - segmenter->headers.payload - segmenter->done;
}

static void set_lengths(const struct net_headers *headers, struct net_segment *segment)
{
	uint8_t *ip = segment->header + headers->network;
	uint32_t length = segment->header_length - headers->network + segment->payload_length;

	if (headers->ipv6)
		store_be16(ip + IPV6_LENGTH, length - IPV6_HEADER_SIZE);
	else
		store_be16(ip + IPV4_LENGTH, length);
}

static void finish_ipv4(const struct net_headers *headers, struct net_segment *segment)
{
	uint8_t *ip = segment->header + headers->network;

	store_le16(ip + IPV4_CHECKSUM, 0);
	store_le16(ip + IPV4_CHECKSUM, net_checksum(net_sum(ip, (ip[0] & 0xFu) * 4, 0)));
}

/* The sum over the addresses, the protocol and the length (RFC 793, 3.1; RFC 8200, 8.1). */
static uint32_t pseudo_sum(const struct net_headers *headers, const struct net_segment *segment)
{
	const uint8_t *ip = segment->header + headers->network;
	uint8_t tail[4] = { 0, PROTOCOL_TCP };
	uint32_t sum = headers->ipv6 ? net_sum(ip + IPV6_SOURCE, 32, 0) :
				       net_sum(ip + IPV4_SOURCE, 8, 0);

	store_be16(tail + 2, segment->header_length - headers->transport + segment->payload_length);
	return net_sum(tail, sizeof(tail), sum);
}

static void checksum_tcp(const struct net_segmenter *segmenter, struct net_segment *segment)
{
	uint32_t transport = segmenter->headers.transport;
	uint8_t *tcp = segment->header + transport;
	uint32_t sum = pseudo_sum(&segmenter->headers, segment);

	store_le16(tcp + TCP_CHECKSUM, (uint16_t)sum);
	if (!segmenter->finish) {
		segment->offload.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
		segment->offload.csum_start = (uint16_t)transport;
		segment->offload.csum_offset = TCP_CHECKSUM;
		return;
	}
	sum = net_sum(tcp, segment->header_length - transport, 0);
	sum = net_sum(segment->payload, segment->payload_length, sum);
	store_le16(tcp + TCP_CHECKSUM, net_checksum(sum));
}

static void make_tcp(const struct net_segmenter *segmenter, struct net_segment *segment,
		     bool last)
{
	const struct net_headers *headers = &segmenter->headers;
	uint8_t *ip = segment->header + headers->network;
	uint8_t *tcp = segment->header + headers->transport;

	if (!headers->ipv6) {
		store_be16(ip + IPV4_IDENTIFICATION,
			   (load_be16(ip + IPV4_IDENTIFICATION) + segmenter->index) & 0xFFFF);
		finish_ipv4(headers, segment);
	}
	store_be32(tcp + TCP_SEQUENCE, load_be32(tcp + TCP_SEQUENCE) + segmenter->done);
	/* Only the last segment has FIN and PSH, and only the first has CWR (RFC 3168, 6.1.2). */
	if (!last)
		tcp[TCP_FLAGS] = (uint8_t)(tcp[TCP_FLAGS] & ~(TCP_FIN | TCP_PSH));
	if (segmenter->index > 0)
		tcp[TCP_FLAGS] = (uint8_t)(tcp[TCP_FLAGS] & ~TCP_CWR);
	checksum_tcp(segmenter, segment);
}

static void make_fragment_ipv4(const struct net_segmenter *segmenter,
			       struct net_segment *segment, bool last)
{
	uint8_t *ip = segment->header + segmenter->headers.network;

	store_be16(ip + IPV4_FRAGMENT,
		   segmenter->done / FRAGMENT_UNIT | (last ? 0 : IPV4_MORE_FRAGMENTS));
	finish_ipv4(&segmenter->headers, segment);
}

/* Behind all other headers comes one more; its place was filled in with the headers' length. */
static void make_fragment_ipv6(const struct net_segmenter *segmenter,
			       struct net_segment *segment, bool last)
{
	const struct net_headers *headers = &segmenter->headers;
	uint8_t *fragment = segment->header + headers->transport;

	segment->header[headers->next_header] = PROTOCOL_FRAGMENT;
	fragment[0] = PROTOCOL_UDP;
	fragment[1] = 0;
	store_be16(fragment + 2, segmenter->done | (last ? 0 : IPV6_FRAGMENT_MORE));
	store_be32(fragment + 4, segmenter->identification);
}

bool net_segmenter_current(const struct net_segmenter *segmenter, struct net_segment *segment)
{
	const struct net_headers *headers = &segmenter->headers;
	uint32_t left;
	bool last;

	if (segmenter->ended)
		return false;
	left = bytes_left(segmenter);
	last = left <= segmenter->size;
	segment->offload = (struct net_offload){ 0 };
	memcpy(segment->header, segmenter->frame, headers->payload);
	segment->header_length = headers->payload;
	if (headers->udp && headers->ipv6)
		segment->header_length += IPV6_FRAGMENT_SIZE;
	segment->payload = segmenter->frame + headers->payload + segmenter->done;
	segment->payload_length = MIN(left, segmenter->size);
	set_lengths(headers, segment);
	if (!headers->udp)
		make_tcp(segmenter, segment, last);
	else if (headers->ipv6)
		make_fragment_ipv6(segmenter, segment, last);
	else
		make_fragment_ipv4(segmenter, segment, last);
	return true;
}

void net_segmenter_advance(struct net_segmenter *segmenter)
{
	segmenter->ended = segmenter->ended || bytes_left(segmenter) <= segmenter->size;
	segmenter->done += segmenter->size;
	segmenter->index++;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * The offload fields of a frame (struct virtio_net_hdr): reading, checking and storing them, and
 * the internet checksum (RFC 1071) that a sender may have left out.
 */
#include "drivers/net/net_offload.h"

#include "drivers/net/net_headers.h"
#include "lib/bytes.h"

#include <stddef.h>

#define HDR(field) offsetof(struct virtio_net_hdr, field)

void net_offload_load(struct net_offload *offload, const uint8_t *header)
{
	*offload = (struct net_offload){
		.flags = header[HDR(flags)] & VIRTIO_NET_HDR_F_NEEDS_CSUM,
		.gso_type = header[HDR(gso_type)],
	};
	if (offload->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) {
		offload->csum_start = load_le16(header + HDR(csum_start));
		offload->csum_offset = load_le16(header + HDR(csum_offset));
	}
	if (offload->gso_type != VIRTIO_NET_HDR_GSO_NONE)
		offload->gso_size = load_le16(header + HDR(gso_size));
}

void net_offload_store(const struct net_offload *offload, uint8_t *header)
{
	header[HDR(flags)] = offload->flags;
	header[HDR(gso_type)] = offload->gso_type;
	store_le16(header + HDR(hdr_len), offload->header_length);
	store_le16(header + HDR(gso_size), offload->gso_size);
	store_le16(header + HDR(csum_start), offload->csum_start);
	store_le16(header + HDR(csum_offset), offload->csum_offset);
}

uint32_t net_offload_needs(const struct net_offload *offload)
{
	uint32_t needs = offload->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM ? NET_CSUM : 0;

	if (offload->gso_type == VIRTIO_NET_HDR_GSO_NONE)
		return needs;
	/* Segments get checksums of their own, so theirs is left out (virtio 1.0, 5.1.6.2.1). */
	if (!needs)
		return NET_NOBODY;
	if (offload->gso_type & VIRTIO_NET_HDR_GSO_ECN)
		needs |= NET_ECN;
	switch (offload->gso_type & ~VIRTIO_NET_HDR_GSO_ECN) {
	case VIRTIO_NET_HDR_GSO_TCPV4:
		return needs | NET_TSO4;
	case VIRTIO_NET_HDR_GSO_TCPV6:
		return needs | NET_TSO6;
	case VIRTIO_NET_HDR_GSO_UDP:
		return needs & NET_ECN ? NET_NOBODY : needs | NET_UFO;
	default:
		return NET_NOBODY;
	}
}

bool net_offload_check(struct net_offload *offload, const uint8_t *frame, uint32_t length)
{
	struct net_headers headers;

	if (!(offload->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM))
		return offload->gso_type == VIRTIO_NET_HDR_GSO_NONE;
	if (offload->csum_start < ETHERNET_HEADER_SIZE ||
	    (uint32_t)offload->csum_start + offload->csum_offset + 2 > length)
		return false;
	if (offload->gso_type == VIRTIO_NET_HDR_GSO_NONE)
		return true;
	if (!net_headers_find(&headers, offload->gso_type, frame, length) ||
	    offload->gso_size < NET_GSO_SIZE_MIN || offload->csum_start != headers.transport ||
	    offload->csum_offset != (headers.udp ? UDP_CHECKSUM : TCP_CHECKSUM))
		return false;
	offload->header_length =
		(uint16_t)(headers.udp ? headers.transport + UDP_HEADER_SIZE : headers.payload);
	return true;
}

uint32_t net_sum(const uint8_t *bytes, uint32_t length, uint32_t sum)
{
	uint64_t wide = sum;

	for (; length >= 4; bytes += 4, length -= 4)
		wide += load_le32(bytes);
	if (length >= 2) {
		wide += load_le16(bytes);
		bytes += 2;
		length -= 2;
	}
	if (length > 0)
		wide += bytes[0];
	/* Carries come in again at the bottom. */
	wide = (wide & UINT32_MAX) + (wide >> 32);
	wide = (wide & 0xFFFF) + (wide >> 16);
	wide = (wide & 0xFFFF) + (wide >> 16);
	return (uint32_t)((wide & 0xFFFF) + (wide >> 16));
}

/*
 * A stored 0 would mean that UDP has no checksum; 0xFFFF, the other zero of ones' complement, is
 * equal for both.
 */
uint16_t net_checksum(uint32_t sum)
{
	return sum == 0xFFFF ? 0xFFFF : (uint16_t)~sum;
}

void net_offload_finish(struct net_offload *offload, uint8_t *frame, uint32_t length)
{
	/* The sender has put the sum of the pseudo-header into the field. */
	uint32_t sum = net_sum(frame + offload->csum_start, length - offload->csum_start, 0);

	store_le16(frame + offload->csum_start + offload->csum_offset, net_checksum(sum));
	*offload = (struct net_offload){ 0 };
}

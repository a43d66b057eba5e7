/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a network card does for its driver, in software: finishes checksums, and cuts what is larger
 * than a frame into frames.  Pure.  The facts about a frame travel as in the header of a virtio
 * network device (virtio 1.0, 5.1.6); these and the frame's bytes come from a guest, and are
 * checked on a copy that the guest cannot reach, before they are used.
 */
#ifndef UMBRA_DRIVERS_NET_NET_OFFLOAD_H
#define UMBRA_DRIVERS_NET_NET_OFFLOAD_H

#include "lib/compiler.h"
#include "lib/virtio_spec.h"

#include <stdbool.h>
#include <stdint.h>

#define ETHERNET_ADDRESS_SIZE 6u
#define ETHERNET_HEADER_SIZE 14u	/* destination, source, type */

/* The largest that a device need take: 64 KB of IP behind its header (virtio 1.0, 5.1.6.3.1). */
#define NET_FRAME_MAX 65550u

/* No TCP uses smaller segments; they would only make many frames of one. */
#define NET_GSO_SIZE_MIN 48u

struct net_offload {
	uint8_t flags;			/* VIRTIO_NET_HDR_F_* */
	uint8_t gso_type;		/* VIRTIO_NET_HDR_GSO_* */
	uint16_t header_length;		/* of the frame's headers; only a hint */
	uint16_t gso_size;		/* bytes behind them in a segment */
	uint16_t csum_start;		/* the checksum covers the frame from here to its end */
	uint16_t csum_offset;		/* and stands so many bytes behind csum_start */
};

/* What a sender leaves undone, or a receiver accepts undone. */
enum net_offloads {
	NET_CSUM = 1, NET_TSO4 = 2, NET_TSO6 = 4, NET_ECN = 8, NET_UFO = 16,
	NET_NOBODY = 32		/* for frames that are not allowed */
};

/* From and to VIRTIO_NET_HDR_SIZE bytes of a header.  Facts that mean nothing become 0. */
void net_offload_load(struct net_offload *offload, const uint8_t *header);
void net_offload_store(const struct net_offload *offload, uint8_t *header);

/* The set of enum net_offloads that a frame with these facts asks of its receiver. */
uint32_t net_offload_needs(const struct net_offload *offload);

/*
 * Are the facts true of the frame?  A checksum must lie inside it; a segment to
 * be cut must have the headers that its type says, whole, and no fragment.
 * Sets header_length to what it really is.
 */
bool __must_check net_offload_check(struct net_offload *offload, const uint8_t *frame,
				    uint32_t length);

/* Finishes the checksum of a frame that passed the check; offload needs nothing more then. */
void net_offload_finish(struct net_offload *offload, uint8_t *frame, uint32_t length);

/* --- cutting ------------------------------------------------------------------------ */

/* Ethernet with a tag, IPv6 with extension headers, TCP with options: all in front of the data. */
#define NET_SEGMENT_HEADER_MAX 256u

/* One of the frames: its own headers, and its share of the data, which stays where it is. */
struct net_segment {
	struct net_offload offload;
	uint32_t header_length;
	uint32_t payload_length;
	const uint8_t *payload;
	uint8_t header[NET_SEGMENT_HEADER_MAX];
};

/* Where the headers of a frame are. */
struct net_headers {
	bool ipv6;
	bool udp;
	uint32_t network, transport;	/* offsets in the frame */
	uint32_t next_header;		/* of the byte that names the transport protocol */
	uint32_t payload;		/* of what is divided */
};

struct net_segmenter {
	const uint8_t *frame;
	uint32_t length;
	struct net_headers headers;
	uint32_t size;			/* of a share */
	uint32_t done;			/* bytes in earlier segments */
	uint32_t index;
	uint32_t identification;
	bool finish;
	bool ended;
};

/*
 * Begins to cut a frame that passed the check and has a gso_type; it stays where
 * it is until the end.  UDP is cut into IP fragments, for which its checksum is
 * finished in the frame; those of IPv6 carry identification.  finish: segments
 * of TCP get their whole checksum, else they still need one.
 */
void net_segmenter_start(struct net_segmenter *segmenter, uint8_t *frame, uint32_t length,
			 const struct net_offload *offload, uint32_t identification, bool finish);

/* The current segment, any number of times; false behind the last. */
bool __must_check net_segmenter_current(const struct net_segmenter *segmenter,
					struct net_segment *segment);

/* Goes to the next segment. */
void net_segmenter_advance(struct net_segmenter *segmenter);

#endif

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzzer of the offloads: a frame with facts about it, both a guest's.  What
 * passes the check can be finished and cut without a byte being read or written
 * outside, into segments that have all of the data and facts that are true.
 *
 * Input: u8 flags (1: segments get their whole checksum), the header of
 * VIRTIO_NET_HDR_SIZE bytes, the frame.
 */
#include "drivers/net/net_offload.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REQUIRE(condition)								\
	do {										\
		if (!(condition)) {							\
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);	\
			abort();							\
		}									\
	} while (0)

#define HEAD (1 + VIRTIO_NET_HDR_SIZE)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_segment(const struct net_segment *segment, bool finish)
{
	uint32_t length = segment->header_length + segment->payload_length;
	struct net_offload offload = segment->offload;
	uint8_t *frame = malloc(length);

	REQUIRE(segment->header_length <= NET_SEGMENT_HEADER_MAX);
	REQUIRE(net_offload_needs(&offload) == 0 ||
		(!finish && net_offload_needs(&offload) == NET_CSUM));
	memcpy(frame, segment->header, segment->header_length);
	memcpy(frame + segment->header_length, segment->payload, segment->payload_length);
	REQUIRE(net_offload_check(&offload, frame, length));
	if (net_offload_needs(&offload))
		net_offload_finish(&offload, frame, length);
	free(frame);
}

static void cut(uint8_t *frame, uint32_t length, const struct net_offload *offload, bool finish)
{
	struct net_segmenter segmenter;
	struct net_segment segment;
	uint32_t done = 0, count = 0;

	net_segmenter_start(&segmenter, frame, length, offload, 1, finish);
	while (net_segmenter_current(&segmenter, &segment)) {
		REQUIRE(segment.payload >= frame);
		REQUIRE(segment.payload + segment.payload_length <= frame + length);
		check_segment(&segment, finish);
		done += segment.payload_length;
		REQUIRE(++count <= length / (NET_GSO_SIZE_MIN - 8) + 1);
		net_segmenter_advance(&segmenter);
	}
	REQUIRE(count >= 1);
	REQUIRE(done + segmenter.headers.payload == length);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct net_offload offload;
	uint32_t length;
	uint8_t *frame;

	if (size < HEAD || size - HEAD > NET_FRAME_MAX)
		return 0;
	length = (uint32_t)(size - HEAD);
	frame = malloc(length + (length == 0));
	memcpy(frame, data + HEAD, length);
	net_offload_load(&offload, data + 1);
	if (net_offload_needs(&offload) < NET_NOBODY &&
	    net_offload_check(&offload, frame, length)) {
		REQUIRE(offload.header_length <= length);
		if (offload.gso_type != VIRTIO_NET_HDR_GSO_NONE)
			cut(frame, length, &offload, data[0] & 1);
		else if (net_offload_needs(&offload))
			net_offload_finish(&offload, frame, length);
	}
	free(frame);
	return 0;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Brings frames into the form that their receivers take.  Frames in a queue were checked when they
 * were put there, and belong to the receiver, so they are changed in place.
 */
#include "drivers/net/frame_cutter.h"

bool frame_cutter_prepare(struct frame_cutter *cutter, struct switch_frame *frame,
			  uint32_t offloads)
{
	if (cutter->is_cutting || (net_offload_needs(&frame->offload) & ~offloads) == 0)
		return false;
	if (frame->offload.gso_type == VIRTIO_NET_HDR_GSO_NONE) {
		net_offload_finish(&frame->offload, frame->bytes, frame->length);
		return true;
	}
	cutter->is_cutting = true;
	net_segmenter_start(&cutter->segmenter, frame->bytes, frame->length, &frame->offload,
			    ++cutter->identification, !(offloads & NET_CSUM));
	return true;
}

bool frame_cutter_pieces(const struct frame_cutter *cutter, const struct switch_frame *frame,
			 struct net_segment *segment, struct net_pieces *pieces)
{
	if (!cutter->is_cutting) {
		*pieces = (struct net_pieces){
			.header = frame->bytes,
			.header_length = frame->length,
			.offload = &frame->offload,
		};
		return true;
	}
	if (!net_segmenter_current(&cutter->segmenter, segment))
		return false;
	*pieces = (struct net_pieces){
		.header = segment->header,
		.header_length = segment->header_length,
		.payload = segment->payload,
		.payload_length = segment->payload_length,
		.offload = &segment->offload,
	};
	return true;
}

bool frame_cutter_advance(struct frame_cutter *cutter, bool received)
{
	if (cutter->is_cutting && received) {
		net_segmenter_advance(&cutter->segmenter);
		if (!cutter->segmenter.ended)
			return false;
	}
	cutter->is_cutting = false;
	return true;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Takes a frame out of a port's queue, and does what its sender left undone and its receiver does
 * not do.  A checksum is finished, and what is larger than a frame is cut into segments, one at a
 * time, so that running out of room in the middle costs nothing. Used by a guest's device and by a
 * port that leads to a wire.  Pure.
 */
#ifndef UMBRA_DRIVERS_NET_FRAME_CUTTER_H
#define UMBRA_DRIVERS_NET_FRAME_CUTTER_H

#include "drivers/net/ethernet_switch.h"

/* A frame, or a segment of one, in two pieces; the second may be empty. */
struct net_pieces {
	const uint8_t *header, *payload;
	uint32_t header_length, payload_length;
	const struct net_offload *offload;	/* what the receiver still has to do */
};

/* State of one queue: all zero at first, and again when the queue was cleared. */
struct frame_cutter {
	bool is_cutting;		/* the first frame of the queue */
	struct net_segmenter segmenter;
	uint32_t identification;	/* of the last datagram that was cut */
};

/*
 * frame is the first of its queue, which it stays until frame_cutter_advance says so; offloads,
 * of enum net_offloads, is what its receiver does by itself.  True when this took work on all
 * bytes of the frame.  Nothing happens when the frame is being cut already.
 */
bool frame_cutter_prepare(struct frame_cutter *cutter, struct switch_frame *frame,
			  uint32_t offloads);

/* The frame, or its current segment, made in *segment; false: none is left. */
bool __must_check frame_cutter_pieces(const struct frame_cutter *cutter,
				      const struct switch_frame *frame,
				      struct net_segment *segment, struct net_pieces *pieces);

/*
 * The pieces were received, or lost, after which what is left of the frame would only be sent
 * again.  True when that was all of the frame, which is to be taken off the queue.
 */
bool __must_check frame_cutter_advance(struct frame_cutter *cutter, bool received);

#endif

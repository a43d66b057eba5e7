// SPDX-License-Identifier: GPL-2.0-only
/*
 * The way onto the wire and in from it.  Frames in the port's queue were checked when
 * they were put there, and are nobody else's any more, so they are finished where
 * they are.  Whoever is on the wire chooses every byte of what comes in; the switch
 * treats it as it does a guest's.
 */
#include "drivers/net/switch_wire.h"

#include "drivers/net/net_headers.h"
#include "lib/string.h"

#define TYPE_OFFSET 12u
#define TYPE_TAG 0x8100u

/* The header of a frame in two pieces has the addresses and the type, or the frame is whole there. */
static bool fits(const struct wire_frame *frame)
{
	bool tagged = load_be16(frame->header + TYPE_OFFSET) == TYPE_TAG;

	return frame->header_length + frame->payload_length <=
	       (tagged ? WIRE_FRAME_TAGGED_MAX : WIRE_FRAME_MAX);
}

static enum wire_result send(struct switch_wire *wire, const struct wire_frame *frame)
{
	if (fits(frame))
		return wire->send(wire->context, frame);
	wire->too_long++;
	return WIRE_DROPPED;
}

/* Does what can be done at once; a frame that has to be cut is begun with. */
static void prepare(struct switch_wire *wire, struct switch_frame *frame)
{
	if (wire->is_cutting)
		return;
	if (frame->offload.gso_type != VIRTIO_NET_HDR_GSO_NONE) {
		wire->is_cutting = true;
		net_segmenter_start(&wire->segmenter, frame->bytes, frame->length, &frame->offload,
				    ++wire->identification, true);
	} else if (frame->offload.flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) {
		net_offload_finish(&frame->offload, frame->bytes, frame->length);
	}
}

static enum wire_result send_segment(struct switch_wire *wire)
{
	struct net_segment segment;
	struct wire_frame frame = { .header = segment.header };
	enum wire_result result;

	if (!net_segmenter_current(&wire->segmenter, &segment))
		return WIRE_SENT;
	frame.header_length = segment.header_length;
	frame.payload = segment.payload;
	frame.payload_length = segment.payload_length;
	result = send(wire, &frame);
	if (result == WIRE_SENT)
		net_segmenter_advance(&wire->segmenter);
	return result;
}

/* The first frame of the queue, or a segment of it. */
static enum wire_result send_one(struct switch_wire *wire, struct switch_frame *first)
{
	const struct wire_frame frame = { .header = first->bytes, .header_length = first->length };
	enum wire_result result;

	prepare(wire, first);
	result = wire->is_cutting ? send_segment(wire) : send(wire, &frame);
	/* What is left of a frame of which a segment is lost would only be sent again. */
	if (result == WIRE_DROPPED ||
	    (result == WIRE_SENT && (!wire->is_cutting || wire->segmenter.ended))) {
		wire->is_cutting = false;
		switch_port_take(wire->port, result == WIRE_SENT);
	}
	return result;
}

bool switch_wire_drain(struct switch_wire *wire, unsigned budget)
{
	struct switch_frame *first;

	while ((first = switch_port_first(wire->port)) != NULL) {
		enum wire_result result = budget > 0 ? send_one(wire, first) : WIRE_FULL;

		if (result == WIRE_FULL)
			return true;
		/* To throw something away costs next to nothing. */
		budget -= result == WIRE_SENT;
	}
	return false;
}

struct incoming {
	const uint8_t *bytes;
};

static bool fetch(void *context, uint32_t offset, void *to, uint32_t length)
{
	const struct incoming *incoming = context;

	memcpy(to, incoming->bytes + offset, length);
	return true;
}

void switch_wire_receive(struct switch_wire *wire, const uint8_t *bytes, uint32_t length,
			 uint64_t now)
{
	struct incoming incoming = { bytes };
	struct switch_source source = { .length = length, .fetch = fetch, .context = &incoming };
	bool fetched;

	/* Of the bridge at the other end, for the machine: nobody's mistake, so not counted as one. */
	if (length >= ETHERNET_HEADER_SIZE && ethernet_is_reserved(bytes))
		return;
	fetched = switch_port_send(wire->port, &source, now);
	(void)fetched;		/* from this memory it always is */
}

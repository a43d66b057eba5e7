// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sends frames to the wire and takes them in from it.  Frames from the wire are as hostile as those
 * of guests, and the switch treats them alike.
 */
#include "drivers/net/switch_wire.h"

#include "drivers/net/net_headers.h"
#include "lib/string.h"

#define TYPE_OFFSET 12u
#define TYPE_TAG 0x8100u

/* The first of the pieces has at least the addresses and the type. */
static bool fits(const struct net_pieces *frame)
{
	bool tagged = load_be16(frame->header + TYPE_OFFSET) == TYPE_TAG;

	return frame->header_length + frame->payload_length <=
	       (tagged ? WIRE_FRAME_TAGGED_MAX : WIRE_FRAME_MAX);
}

static enum wire_result send(struct switch_wire *wire, const struct net_pieces *frame)
{
	if (fits(frame))
		return wire->send(wire->context, frame);
	wire->too_long++;
	return WIRE_DROPPED;
}

/* The first frame of the queue, or a segment of it. */
static enum wire_result send_one(struct switch_wire *wire, struct switch_frame *first)
{
	enum wire_result result = WIRE_SENT;
	struct net_segment segment;
	struct net_pieces pieces;

	frame_cutter_prepare(&wire->cutter, first, 0);
	if (frame_cutter_pieces(&wire->cutter, first, &segment, &pieces))
		result = send(wire, &pieces);
	if (result != WIRE_FULL && frame_cutter_advance(&wire->cutter, result == WIRE_SENT))
		switch_port_take(wire->port, result == WIRE_SENT);
	return result;
}

bool switch_wire_drain(struct switch_wire *wire, unsigned budget)
{
	struct switch_frame *first;

	while ((first = switch_port_first(wire->port)) != NULL) {
		enum wire_result result = budget > 0 ? send_one(wire, first) : WIRE_FULL;

		if (result == WIRE_FULL)
			return true;
		/* Dropping a frame costs almost nothing, so it does not count. */
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

	/* From the bridge at the other end, for the machine: no mistake, so it is not counted. */
	if (length >= ETHERNET_HEADER_SIZE && ethernet_is_reserved(bytes))
		return;
	fetched = switch_port_send(wire->port, &source, now);
	(void)fetched;		/* from Umbra's memory fetch never fails */
}

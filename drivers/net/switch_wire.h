/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A port of a switch that leads out of the machine.  Frames for the wire are completed here:
 * checksums are finished, and what is larger than a frame is cut.  Pure; the caller sends the
 * frames.
 */
#ifndef UMBRA_DRIVERS_NET_SWITCH_WIRE_H
#define UMBRA_DRIVERS_NET_SWITCH_WIRE_H

#include "drivers/net/frame_cutter.h"

/* Frames without their checksum, the longer ones with a tag (IEEE 802.3, 3.2.7; 802.1Q). */
#define WIRE_FRAME_MAX 1514u
#define WIRE_FRAME_TAGGED_MAX 1518u

enum wire_result {
	WIRE_SENT,
	WIRE_FULL,	/* not now; nothing was taken */
	WIRE_DROPPED,	/* the wire is not there */
};

struct switch_wire {
	struct switch_port *port;	/* has no address of its own */
	enum wire_result (*send)(void *context, const struct net_pieces *frame);
	void *context;
	uint64_t too_long;		/* frames that were not sent for that */
	struct frame_cutter cutter;
};

/*
 * Sends frames of the port's queue, budget frames at most, until the wire is full. True when frames
 * are left.  With the switch's lock.
 */
bool switch_wire_drain(struct switch_wire *wire, unsigned budget);

/* Delivers a frame that came in from the wire.  now is the time in ns.  With the switch's lock. */
void switch_wire_receive(struct switch_wire *wire, const uint8_t *bytes, uint32_t length,
			 uint64_t now);

#endif

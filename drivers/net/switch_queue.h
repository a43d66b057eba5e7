/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The queue of frames that a port of a switch is to receive.  For drivers/net/ethernet_switch.c
 * alone, which guards it with the switch's lock.
 */
#ifndef UMBRA_DRIVERS_NET_SWITCH_QUEUE_H
#define UMBRA_DRIVERS_NET_SWITCH_QUEUE_H

#include "drivers/net/ethernet_switch.h"

bool switch_queue_is_empty(const struct switch_port *port);

/* Drops all frames, and frees their memory. */
void switch_queue_free(struct switch_port *port);

/*
 * Room for a frame of length bytes, NET_FRAME_MAX at most, from the port of that
 * number; NULL: its sender has as much of the queue as is free, or it is full, or memory is out.
 */
struct switch_frame *switch_queue_room(struct switch_port *port, unsigned from,
				       uint32_t length);

/* Adds that frame, which was filled in, to the queue. */
void switch_queue_add(struct switch_port *port, struct switch_frame *frame);

/* Removes the first frame; there must be one. */
void switch_queue_drop(struct switch_port *port);

#endif

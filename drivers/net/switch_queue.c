// SPDX-License-Identifier: GPL-2.0-only
/*
 * A ring of frames, each in one piece: one that does not fit behind the last
 * goes to the start, and a length of 0 says so.  read == write means empty, so
 * a frame never fills the ring up.
 */
#include "drivers/net/switch_queue.h"

#include "lib/string.h"

#include <stddef.h>

#define FRAME_ALIGN 16u

/* The least that a frame counts: handling a small frame takes longer than its bytes suggest. */
#define FRAME_LEAST 512u

_Static_assert(sizeof(struct switch_frame) <= FRAME_ALIGN, "the mark of a turn fits everywhere");
_Static_assert(SWITCH_QUEUE_SIZE % FRAME_ALIGN == 0, "frames end where the ring does");
_Static_assert(SWITCH_QUEUE_SIZE > NET_FRAME_MAX + 2 * FRAME_ALIGN, "an empty one takes any frame");

static struct switch_frame *frame_at(const struct switch_port *port, uint32_t offset)
{
	return (struct switch_frame *)(void *)(port->queue + offset);
}

static uint32_t size_of(uint32_t length)
{
	return ALIGN_UP((uint32_t)offsetof(struct switch_frame, bytes) + length, FRAME_ALIGN);
}

static uint32_t cost_of(uint32_t length)
{
	return MAX(size_of(length), FRAME_LEAST);
}

bool switch_queue_is_empty(const struct switch_port *port)
{
	return port->read == port->write;
}

void switch_queue_clear(struct switch_port *port)
{
	port->read = port->write = 0;
	port->used = 0;
	memset(port->used_by, 0, sizeof(port->used_by));
}

struct switch_frame *switch_queue_room(const struct switch_port *port, unsigned from,
				       uint32_t length)
{
	uint32_t size = size_of(length);

	/* One sender gets half, the next one half of the rest, and so on. */
	if (port->used_by[from] + port->used + cost_of(length) > SWITCH_QUEUE_SIZE)
		return NULL;
	if (port->write < port->read)
		return size < port->read - port->write ? frame_at(port, port->write) : NULL;
	if (size < SWITCH_QUEUE_SIZE - port->write)
		return frame_at(port, port->write);
	return size < port->read ? frame_at(port, 0) : NULL;
}

void switch_queue_add(struct switch_port *port, struct switch_frame *frame)
{
	uint32_t offset = (uint32_t)((uint8_t *)frame - port->queue);

	if (offset != port->write)
		frame_at(port, port->write)->length = 0;
	port->write = offset + size_of(frame->length);
	port->used += cost_of(frame->length);
	port->used_by[frame->from] += cost_of(frame->length);
}

void switch_queue_drop(struct switch_port *port)
{
	const struct switch_frame *frame = frame_at(port, port->read);

	port->used -= cost_of(frame->length);
	port->used_by[frame->from] -= cost_of(frame->length);
	port->read += size_of(frame->length);
	if (switch_queue_is_empty(port))
		switch_queue_clear(port);
}

struct switch_frame *switch_port_first(struct switch_port *port)
{
	if (switch_queue_is_empty(port))
		return NULL;
	if (frame_at(port, port->read)->length == 0)
		port->read = 0;
	return frame_at(port, port->read);
}

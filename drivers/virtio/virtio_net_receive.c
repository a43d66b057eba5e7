// SPDX-License-Identifier: GPL-2.0-only
/*
 * Receiving: puts frames of the port into the guest's buffers.  Frames wait in the port's queue
 * while the guest has no buffers, until the queue is full; a frame that fits into no buffer is
 * lost.
 */
#include "drivers/virtio/virtio_net.h"

#include "lib/bytes.h"
#include "lib/string.h"

enum outcome {
	RECEIVED,
	NO_BUFFERS,	/* the guest has to give more first */
	TOO_LARGE,
	BROKEN		/* the queue is, and the guest is ended for it */
};

/* --- filling buffers --------------------------------------------------------------------- */

/* What one frame, or a segment of one, is being written to. */
struct writer {
	struct virtio_net *net;
	struct virtqueue_chain first;	/* gets the header, which is known in the end */
	struct virtqueue_chain chain;	/* the last one, perhaps the first */
	unsigned count;			/* of those in net->filled */
	uint32_t offset;		/* in chain */
};

static enum outcome next_chain(struct writer *writer)
{
	struct virtio_net *net = writer->net;
	struct virtqueue *queue = &net->queues[VIRTIO_NET_RECEIVEQ];
	int found;

	if (writer->count > 0 && !net->is_mergeable)
		return TOO_LARGE;
	/* The frame needs more buffers than there can be. */
	if (writer->count == queue->place.size || writer->count == ARRAY_SIZE(net->filled))
		return TOO_LARGE;
	writer->chain.buffers = writer->count == 0 ? net->first_buffers : net->buffers;
	found = virtqueue_pop(queue, &writer->chain);
	if (found < 0)
		return BROKEN;
	if (found == 0)
		return NO_BUFFERS;
	net->filled[writer->count].head = writer->chain.head;
	net->filled[writer->count].written = 0;
	writer->count++;
	writer->offset = 0;
	return RECEIVED;
}

/* Room for the header at the start of the first chain. */
static enum outcome begin(struct writer *writer)
{
	struct virtio_net *net = writer->net;
	enum outcome outcome;

	writer->chain.capacity = ARRAY_SIZE(net->buffers);
	outcome = next_chain(writer);
	if (outcome != RECEIVED)
		return outcome;
	if (writer->chain.writable < net->header_size)
		return TOO_LARGE;
	writer->first = writer->chain;
	writer->offset = net->filled[0].written = net->header_size;
	return RECEIVED;
}

static enum outcome put_bytes(struct writer *writer, const uint8_t *bytes, uint32_t length)
{
	struct virtio_net *net = writer->net;

	while (length > 0) {
		uint32_t piece = MIN(length, writer->chain.writable - writer->offset);

		if (piece == 0) {
			enum outcome outcome = next_chain(writer);

			if (outcome != RECEIVED)
				return outcome;
			continue;
		}
		if (!virtqueue_write(&net->queues[VIRTIO_NET_RECEIVEQ], &writer->chain,
				     writer->offset, bytes, piece))
			return BROKEN;
		writer->offset += piece;
		net->filled[writer->count - 1].written += piece;
		bytes += piece;
		length -= piece;
	}
	return RECEIVED;
}

/* A frame's beginning, in which a clone finds the address that its kernel knows. */
static enum outcome put_head(struct writer *writer, const struct net_pieces *pieces)
{
	const struct virtio_net *net = writer->net;
	uint8_t head[NET_ALIAS_HEAD];
	uint32_t length = 0;
	enum outcome outcome = RECEIVED;

	if (unlikely(net->alias.is_used)) {
		length = MIN(pieces->header_length, NET_ALIAS_HEAD);
		memcpy(head, pieces->header, length);
		net_alias_received(&net->alias, net->config.mac, head, length);
		outcome = put_bytes(writer, head, length);
	}
	if (outcome != RECEIVED)
		return outcome;
	return put_bytes(writer, pieces->header + length, pieces->header_length - length);
}

static enum outcome put_header(struct writer *writer, const struct net_offload *offload)
{
	uint8_t header[sizeof(struct virtio_net_hdr)];
	struct virtio_net *net = writer->net;

	net_offload_store(offload, header);
	/* The number of buffers, 1 where they are not mergeable (virtio 1.0, 5.1.6.3.1). */
	store_le16(header + VIRTIO_NET_HDR_SIZE, (uint16_t)writer->count);
	return virtqueue_write(&net->queues[VIRTIO_NET_RECEIVEQ], &writer->first, 0, header,
			       net->header_size) ? RECEIVED : BROKEN;
}

static enum outcome put_pieces(struct writer *writer, const struct net_pieces *pieces)
{
	enum outcome outcome = begin(writer);

	if (outcome == RECEIVED)
		outcome = put_head(writer, pieces);
	if (outcome == RECEIVED)
		outcome = put_bytes(writer, pieces->payload, pieces->payload_length);
	if (outcome == RECEIVED)
		outcome = put_header(writer, pieces->offload);
	return outcome;
}

static enum outcome put_frame(struct virtio_net *net, const struct net_pieces *pieces,
			      uint32_t *cost)
{
	struct virtqueue *queue = &net->queues[VIRTIO_NET_RECEIVEQ];
	struct writer writer = { .net = net };
	enum outcome outcome = put_pieces(&writer, pieces);

	*cost += NET_FRAME_COST + pieces->header_length + pieces->payload_length +
		 writer.count * NET_DESCRIPTOR_COST;
	if (outcome == NO_BUFFERS || outcome == TOO_LARGE)
		virtqueue_unpop(queue, writer.count);
	if (outcome != RECEIVED)
		return outcome;
	for (unsigned i = 0; i < writer.count; i++) {
		writer.chain.head = net->filled[i].head;
		virtqueue_push(queue, &writer.chain, net->filled[i].written);
	}
	return RECEIVED;
}

/* --- frames of the port -------------------------------------------------------------------- */

/* The first frame of the port, or a segment of it. */
static enum outcome receive_one(struct virtio_net *net, struct switch_frame *frame, uint32_t *cost)
{
	enum outcome outcome = RECEIVED;
	struct net_segment segment;
	struct net_pieces pieces;

	/* Does what the sender left undone and the guest does not accept. */
	if (frame_cutter_prepare(&net->cutter, frame, net->receive_offloads))
		*cost += frame->length;
	if (frame_cutter_pieces(&net->cutter, frame, &segment, &pieces))
		outcome = put_frame(net, &pieces, cost);
	if ((outcome == RECEIVED || outcome == TOO_LARGE) &&
	    frame_cutter_advance(&net->cutter, outcome == RECEIVED))
		network_take(net->port, outcome == RECEIVED);
	return outcome;
}

/* True when it could go on at once: its budget is used up. */
static bool receive_frames(struct virtio_net *net, bool *received)
{
	struct virtqueue *queue = &net->queues[VIRTIO_NET_RECEIVEQ];
	uint32_t budget = NET_BUDGET;

	while (budget > 0) {
		struct switch_frame *frame = network_first(net->port);
		enum outcome outcome;
		uint32_t cost = NET_DESCRIPTOR_COST;

		if (!frame) {
			/* The guest need not kick for new buffers now. */
			virtqueue_suppress_kicks(queue, true);
			return false;
		}
		outcome = receive_one(net, frame, &cost);
		if (outcome == BROKEN)
			return false;
		if (outcome == NO_BUFFERS) {
			if (!queue->kicks_suppressed)
				return false;
			/* Buffers may have come without a kick before kicks were allowed again. */
			virtqueue_suppress_kicks(queue, false);
		}
		*received = *received || outcome == RECEIVED;
		budget -= MIN(budget, cost);
	}
	return true;
}

void virtio_net_receive(struct virtio_net *net)
{
	bool received = false;

	net->more_to_receive = receive_frames(net, &received);
	if (received)
		virtio_device_interrupt(&net->device, VIRTIO_NET_RECEIVEQ);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * The network device's way in: frames of the port into the guest's buffers.  A
 * frame that the guest has no buffers for waits in the port's queue, and what
 * comes after it too, until that is full; a frame that fits into no buffer is
 * lost.
 */
#include "drivers/virtio/virtio_net.h"

#include "lib/bytes.h"

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
	/* All buffers that there can be are not enough. */
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

/* One frame for the guest: its facts, and its bytes in two pieces. */
struct parts {
	const struct net_offload *offload;
	const uint8_t *header, *payload;
	uint32_t header_length, payload_length;
};

static enum outcome put_parts(struct writer *writer, const struct parts *parts)
{
	enum outcome outcome = begin(writer);

	if (outcome == RECEIVED)
		outcome = put_bytes(writer, parts->header, parts->header_length);
	if (outcome == RECEIVED)
		outcome = put_bytes(writer, parts->payload, parts->payload_length);
	if (outcome == RECEIVED)
		outcome = put_header(writer, parts->offload);
	return outcome;
}

static enum outcome put_frame(struct virtio_net *net, const struct parts *parts, uint32_t *cost)
{
	struct virtqueue *queue = &net->queues[VIRTIO_NET_RECEIVEQ];
	struct writer writer = { .net = net };
	enum outcome outcome = put_parts(&writer, parts);

	*cost += NET_FRAME_COST + parts->header_length + parts->payload_length +
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

static enum outcome receive_whole(struct virtio_net *net, struct switch_frame *frame,
				  uint32_t *cost)
{
	const struct parts parts = {
		.offload = &frame->offload,
		.header = frame->bytes,
		.header_length = frame->length,
	};

	return put_frame(net, &parts, cost);
}

/* One segment of the frame that is being cut. */
static enum outcome receive_segment(struct virtio_net *net, uint32_t *cost)
{
	struct net_segment segment;
	struct parts parts = { .offload = &segment.offload, .header = segment.header };
	enum outcome outcome;

	if (!net_segmenter_current(&net->segmenter, &segment))
		return RECEIVED;
	parts.header_length = segment.header_length;
	parts.payload = segment.payload;
	parts.payload_length = segment.payload_length;
	outcome = put_frame(net, &parts, cost);
	if (outcome == RECEIVED)
		net_segmenter_advance(&net->segmenter);
	return outcome;
}

/* The guest cannot do what the sender left to others: it is done here. */
static void prepare(struct virtio_net *net, struct switch_frame *frame, uint32_t *cost)
{
	if (net->is_cutting || (net_offload_needs(&frame->offload) & ~net->receive_abilities) == 0)
		return;
	*cost += frame->length;
	if (frame->offload.gso_type == VIRTIO_NET_HDR_GSO_NONE) {
		net_offload_finish(&frame->offload, frame->bytes, frame->length);
		return;
	}
	net->is_cutting = true;
	net_segmenter_start(&net->segmenter, frame->bytes, frame->length, &frame->offload,
			    ++net->identification, !(net->receive_abilities & NET_CSUM));
}

/* The first frame of the port, or a segment of it. */
static enum outcome receive_one(struct virtio_net *net, struct switch_frame *frame, uint32_t *cost)
{
	enum outcome outcome;

	prepare(net, frame, cost);
	if (net->is_cutting)
		outcome = receive_segment(net, cost);
	else
		outcome = receive_whole(net, frame, cost);
	if (outcome == TOO_LARGE ||
	    (outcome == RECEIVED && (!net->is_cutting || net->segmenter.ended))) {
		net->is_cutting = false;
		network_take(net->port, outcome == RECEIVED);
	}
	return outcome;
}

/* True when it could go on at once: its budget is used up. */
static bool receive_frames(struct virtio_net *net, bool *received)
{
	uint32_t budget = NET_BUDGET;

	while (budget > 0) {
		struct switch_frame *frame = network_first(net->port);
		enum outcome outcome;
		uint32_t cost = NET_DESCRIPTOR_COST;

		if (!frame) {
			/* More buffers are no news now. */
			virtio_net_suppress_kicks(net, VIRTIO_NET_RECEIVEQ, true);
			return false;
		}
		outcome = receive_one(net, frame, &cost);
		if (outcome == BROKEN)
			return false;
		if (outcome == NO_BUFFERS) {
			if (!net->kicks_suppressed[VIRTIO_NET_RECEIVEQ])
				return false;
			/* Some may have come, without a kick, until kicks were allowed again. */
			virtio_net_suppress_kicks(net, VIRTIO_NET_RECEIVEQ, false);
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

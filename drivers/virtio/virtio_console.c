// SPDX-License-Identifier: GPL-2.0-only
/*
 * The model of the virtio console: output goes from the guest's buffers to its port in pieces, as
 * far as that has room, and input into the buffers that the guest has offered.
 */
#include "drivers/virtio/virtio_console.h"

#include "lib/string.h"

#include <stddef.h>

#define EMERG_WR offsetof(struct virtio_console_config, emerg_wr)

#define PIECE 256u

/*
 * One call does this much: a byte of output counts 1, a descriptor 16.  A guest may queue 256
 * buffers of 2 GB, and other guests need the CPU too.
 */
#define BUDGET 32768u
#define DESCRIPTOR_COST 16u

static struct virtio_console *console_of(struct virtio_device *device)
{
	return container_of(device, struct virtio_console, device);
}

/* True when a request is held: the one in flight, or the next. */
static bool hold_output(struct virtio_console *console)
{
	struct virtqueue *queue = &console->queues[CONSOLE_QUEUE_OUTPUT];

	if (console->holds_output)
		return true;
	if (virtqueue_pop(queue, &console->output) <= 0) {
		/* A request may have come without a kick before kicks were allowed again. */
		if (!queue->kicks_suppressed)
			return false;
		virtqueue_suppress_kicks(queue, false);
		if (virtqueue_pop(queue, &console->output) <= 0)
			return false;
	}
	console->holds_output = true;
	console->output_done = 0;
	return true;
}

/* False when the port does not take all, or the queue broke. */
static bool write_piece(struct virtio_console *console, uint32_t length)
{
	uint8_t bytes[PIECE];
	size_t taken;

	if (!virtqueue_read(&console->queues[CONSOLE_QUEUE_OUTPUT], &console->output,
			    console->output_done, bytes, length)) {
		console->holds_output = false;
		return false;
	}
	taken = console->port->write(console->port_context, bytes, length);
	console->output_done += (uint32_t)taken;
	return taken == length;
}

/* Writes what budget allows of the request that is held; false when it has to wait for room. */
static bool write_held(struct virtio_console *console, uint32_t *budget)
{
	while (*budget > 0 && console->output_done < console->output.readable) {
		uint32_t left = console->output.readable - console->output_done;
		uint32_t length = MIN(MIN(left, PIECE), *budget);

		if (!write_piece(console, length))
			return false;
		*budget -= length;
	}
	return true;
}

static void drain_output(struct virtio_console *console)
{
	struct virtqueue *queue = &console->queues[CONSOLE_QUEUE_OUTPUT];
	uint32_t budget = BUDGET;
	bool room = true;
	bool pushed = false;

	while (room && budget > 0 && hold_output(console)) {
		room = write_held(console, &budget);
		if (!console->holds_output || console->output_done < console->output.readable)
			continue;
		virtqueue_push(queue, &console->output, 0);
		console->holds_output = false;
		pushed = true;
		budget -= MIN(budget, console->output.count * DESCRIPTOR_COST);
	}
	/* Without room the device waits until the port has some. */
	console->device.more_work = room && budget == 0;
	virtqueue_suppress_kicks(&console->queues[CONSOLE_QUEUE_OUTPUT], !room || budget == 0);
	if (pushed)
		virtio_device_interrupt(&console->device, CONSOLE_QUEUE_OUTPUT);
}

/* Fills one request with keys; false when the queue broke. */
static bool fill_request(struct virtio_console *console, const struct virtqueue_chain *chain,
			 uint32_t *filled)
{
	*filled = 0;
	while (*filled < chain->writable) {
		uint8_t bytes[PIECE];
		uint32_t room = MIN(chain->writable - *filled, PIECE);
		uint32_t count = (uint32_t)console->port->read(console->port_context, bytes, room);

		if (count == 0)
			break;
		if (!virtqueue_write(&console->queues[CONSOLE_QUEUE_INPUT], chain, *filled, bytes,
				     count))
			return false;
		*filled += count;
	}
	return true;
}

/*
 * At most one round of the queue, since a guest may have laid a buffer over the
 * ring itself, so that what is written there announces the next request.
 */
static void fill_input(struct virtio_console *console)
{
	struct virtqueue *queue = &console->queues[CONSOLE_QUEUE_INPUT];
	struct virtqueue_chain chain = {
		.buffers = console->input_buffers,
		.capacity = ARRAY_SIZE(console->input_buffers),
	};
	bool pushed = false;
	uint32_t filled;

	for (unsigned i = 0; i < VIRTIO_QUEUE_SIZE; i++) {
		if (console->port->waiting(console->port_context) == 0 ||
		    virtqueue_pop(queue, &chain) <= 0 || !fill_request(console, &chain, &filled))
			break;
		virtqueue_push(queue, &chain, filled);
		pushed = true;
	}
	if (pushed)
		virtio_device_interrupt(&console->device, CONSOLE_QUEUE_INPUT);
}

static void console_reset(struct virtio_device *device)
{
	struct virtio_console *console = console_of(device);

	console->holds_output = false;
	device->more_work = false;
}

static void console_kick(struct virtio_device *device, unsigned queue)
{
	if (queue == CONSOLE_QUEUE_INPUT)
		fill_input(console_of(device));
	else
		drain_output(console_of(device));
}

static void console_service(struct virtio_device *device)
{
	fill_input(console_of(device));
	drain_output(console_of(device));
}

/* A request of output that waits for room is the clone's too: each says the rest of it. */
static void console_clone(struct virtio_device *device, const struct virtio_device *from,
			  bool is_running)
{
	struct virtio_console *console = console_of(device);
	const struct virtio_console *other =
		container_of((struct virtio_device *)(uintptr_t)from, struct virtio_console,
			     device);

	(void)is_running;
	console->holds_output = other->holds_output;
	console->output_done = other->output_done;
	if (!console->holds_output)
		return;
	console->output = other->output;
	console->output.buffers = console->output_buffers;
	memcpy(console->output_buffers, other->output_buffers, sizeof(console->output_buffers));
}

/*
 * The lowest byte of emerg_wr is the character; drivers write more, or sign-extend it (virtio
 * 1.0, 5.3.4).
 */
static bool console_config_write(struct virtio_device *device, unsigned offset,
				 const uint8_t *bytes, unsigned length)
{
	struct virtio_console *console = console_of(device);

	if (offset > EMERG_WR || offset + length <= EMERG_WR)
		return true;
	return console->port->write(console->port_context, bytes + EMERG_WR - offset, 1) == 1;
}

static const struct virtio_device_ops console_ops = {
	.reset = console_reset,
	.kick = console_kick,
	.service = console_service,
	.clone = console_clone,
	.config_write = console_config_write,
};

void virtio_console_init(struct virtio_console *console, const struct console_port *port,
			 void *context)
{
	memset(console, 0, sizeof(*console));
	console->device = (struct virtio_device){
		.name = "console",
		.id = VIRTIO_ID_CONSOLE,
		.ops = &console_ops,
		.offered_modern = BIT64(VIRTIO_CONSOLE_F_EMERG_WRITE),
		.config = (const uint8_t *)&console->config,
		.config_size = sizeof(console->config),
		.queues = console->queues,
		.queue_count = CONSOLE_QUEUES,
	};
	console->port = port;
	console->port_context = context;
	console->output.buffers = console->output_buffers;
	console->output.capacity = ARRAY_SIZE(console->output_buffers);
}

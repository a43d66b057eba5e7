/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The virtio console (virtio 1.0, 5.3) with one port: joins a guest's two
 * queues to its end of the console multiplexer, or to anything else that takes
 * and gives bytes.
 */
#ifndef UMBRA_DRIVERS_VIRTIO_VIRTIO_CONSOLE_H
#define UMBRA_DRIVERS_VIRTIO_VIRTIO_CONSOLE_H

#include "drivers/console/console_port.h"
#include "drivers/virtio/device.h"

enum { CONSOLE_QUEUE_INPUT, CONSOLE_QUEUE_OUTPUT, CONSOLE_QUEUES };

struct virtio_console {
	struct virtio_device device;
	struct virtqueue queues[CONSOLE_QUEUES];
	const struct console_port *port;
	void *port_context;
	struct virtio_console_config config;	/* only emerg_wr has a meaning here */

	/* The output request in flight, and how many of its bytes are out. */
	bool holds_output;
	uint32_t output_done;
	struct virtqueue_chain output;
	struct virtqueue_buffer output_buffers[VIRTIO_QUEUE_SIZE];
	struct virtqueue_buffer input_buffers[VIRTIO_QUEUE_SIZE];
};

/*
 * Makes console->device ready for a transport.  port and what context points to
 * outlive it.  device.ops->service is due when the port has input or room again.
 * A write to emerg_wr is one character of output, in whatever state the device is.
 */
void virtio_console_init(struct virtio_console *console, const struct console_port *port,
			 void *context);

#endif

// SPDX-License-Identifier: GPL-2.0-only
/*
 * The console's output queue as a source of interrupts. Owns the queue; each
 * text has its own descriptor until they come round again.
 */
#include "guest/abi/source.h"

#include "guest/runtime/device.h"
#include "guest/runtime/hypercall.h"
#include "guest/runtime/irq.h"
#include "guest/runtime/layout.h"
#include "guest/runtime/string.h"
#include "guest/runtime/timer.h"
#include "guest/runtime/virtqueue.h"

#define BUFFERS 8u
#define PATIENCE_MS 1000u

static struct virtqueue queue;
static bool started;
static char buffers[BUFFERS][64];
static uint32_t next;

bool source_start(unsigned int *line)
{
	struct device device;
	struct lguest_vqconfig config;

	if (!started) {
		if (!device_find(LGUEST_DEVICE_CONSOLE, &device) || device.head.num_vq < 2)
			return false;
		device_start(&device);
		config = device_queue(&device, 1);
		virtqueue_init(&queue, &config);
		irq_attach(config.irq, NULL);
		started = true;
	}
	*line = queue.config.irq;
	return true;
}

bool source_raise(const char *text)
{
	uint32_t end = clock_ms() + PATIENCE_MS;
	uint32_t id = next++ % BUFFERS;
	uint32_t used, length;
	size_t size = strlen(text);

	memcpy(buffers[id], text, size);
	virtqueue_offer(&queue, (uint16_t)id, phys_of(buffers[id]), (uint32_t)size, false);
	virtqueue_kick(&queue);
	while (!virtqueue_take(&queue, &used, &length)) {
		if ((int32_t)(clock_ms() - end) > 0)
			return false;
		hypercall_flush_async();
	}
	return used == id;
}

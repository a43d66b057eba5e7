// SPDX-License-Identifier: GPL-2.0-only
/*
 * The console's output queue as a source of interrupts. Owns the queue; each
 * text has its own descriptor until they come round again.
 */
#include "guest/abi/source.h"

#include "guest/runtime/hypercall.h"
#include "guest/runtime/irq.h"
#include "guest/runtime/layout.h"
#include "guest/runtime/string.h"
#include "guest/runtime/timer.h"
#include "guest/runtime/virtio.h"

#define BUFFERS 8u

enum { INPUT, OUTPUT, QUEUES };

static struct virtio console;
static struct virtqueue queues[QUEUES];
static bool started;
static char buffers[BUFFERS][64];
static uint32_t next;

/* On PCI an interrupt that is not acknowledged stays, for all the tests to come. */
static void acknowledge(struct trap_frame *frame)
{
	(void)frame;
	virtio_acknowledge(&console);
}

bool source_start(unsigned int *line)
{
	if (!started) {
		if (!virtio_open(&console, LGUEST_DEVICE_CONSOLE) ||
		    !virtio_start(&console, 0, queues, QUEUES))
			return false;
		irq_attach(queues[OUTPUT].config.irq, acknowledge);
		started = true;
	}
	*line = queues[OUTPUT].config.irq;
	return true;
}

bool source_raise(const char *text)
{
	uint32_t end = clock_ms() + PATIENCE_MS;
	uint32_t id = next++ % BUFFERS;
	uint32_t used, length;
	size_t size = strlen(text);

	memcpy(buffers[id], text, size);
	virtqueue_offer(&queues[OUTPUT], (uint16_t)id, phys_of(buffers[id]), (uint32_t)size, false);
	virtqueue_kick(&queues[OUTPUT]);
	while (!virtqueue_take(&queues[OUTPUT], &used, &length)) {
		if ((int32_t)(clock_ms() - end) > 0)
			return false;
		hypercall_flush_async();
	}
	return used == id;
}

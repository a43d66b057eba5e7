// SPDX-License-Identifier: GPL-2.0-only
/*
 * Driver of the virtio console (virtio 1.0, section 5.3): queue 0 brings keys,
 * queue 1 takes text. Owns the buffers of both and the ring of unread keys,
 * which the interrupt handler fills.
 */
#include "guest/runtime/console.h"

#include "guest/runtime/hypercall.h"
#include "guest/runtime/irq.h"
#include "guest/runtime/layout.h"
#include "guest/runtime/print.h"
#include "guest/runtime/string.h"
#include "guest/runtime/virtio.h"

#define INPUT_BUFFERS 4u
#define INPUT_SIZE 64u
#define OUTPUT_BUFFERS 16u
#define OUTPUT_SIZE 256u
#define KEYS 256u                       /* a power of two; one place stays empty */

enum { INPUT, OUTPUT, QUEUES };

static struct virtio device;
static struct virtqueue queues[QUEUES];
static uint8_t input_buffers[INPUT_BUFFERS][INPUT_SIZE];
static uint8_t output_buffers[OUTPUT_BUFFERS][OUTPUT_SIZE];
static uint32_t output_free;            /* bit n: buffer n is ours */

static char keys[KEYS];
static volatile uint32_t keys_written;
static volatile uint32_t keys_read;

static void key_store(char key)
{
	keys[keys_written % KEYS] = key;
	keys_written++;
}

/*
 * Full buffers stay in the queue while the keys in them find no room: Umbra then holds back the
 * rest.
 */
static void input_take(void)
{
	uint32_t id, length;
	bool taken = false;

	while (KEYS - (keys_written - keys_read) > INPUT_SIZE &&
	       virtqueue_take(&queues[INPUT], &id, &length)) {
		uint8_t *buffer = input_buffers[id % INPUT_BUFFERS];

		for (uint32_t i = 0; i < length && i < INPUT_SIZE; i++)
			key_store((char)buffer[i]);
		virtqueue_offer(&queues[INPUT], (uint16_t)id, phys_of(buffer), INPUT_SIZE, true);
		taken = true;
	}
	if (taken)
		virtqueue_kick(&queues[INPUT]);
}

/* Of both queues. Whoever waits for an output buffer looks after each interrupt. */
static void console_interrupt(struct trap_frame *frame)
{
	(void)frame;
	virtio_acknowledge(&device);
	input_take();
}

static void output_reclaim(void)
{
	uint32_t id, length;

	while (virtqueue_take(&queues[OUTPUT], &id, &length))
		output_free |= 1u << (id % OUTPUT_BUFFERS);
}

/* Wait until all buffers in mask (or any, for mask 0) are free. Interrupts are off. */
static void output_wait(uint32_t mask, bool may_sleep)
{
	output_reclaim();
	while (mask != 0 ? (output_free & mask) != mask : output_free == 0) {
		if (may_sleep) {
			irq_wait();
			(void)irq_save();
		} else {
			hypercall_flush_async();
		}
		output_reclaim();
	}
}

static void console_write(const char *text, size_t size)
{
	uint32_t word = irq_save();

	while (size > 0) {
		size_t part = size < OUTPUT_SIZE ? size : OUTPUT_SIZE;
		uint32_t id;

		output_wait(0, (word & LGUEST_EFLAGS_IF) != 0);
		id = (uint32_t)__builtin_ctz(output_free);
		output_free &= ~(1u << id);
		memcpy(output_buffers[id], text, part);
		virtqueue_offer(&queues[OUTPUT], (uint16_t)id, phys_of(output_buffers[id]),
				(uint32_t)part, false);
		virtqueue_kick(&queues[OUTPUT]);
		text += part;
		size -= part;
	}
	irq_restore(word);
}

static void console_flush(void)
{
	uint32_t word = irq_save();

	output_wait((1u << OUTPUT_BUFFERS) - 1, (word & LGUEST_EFLAGS_IF) != 0);
	irq_restore(word);
}

static const struct print_sink console_sink = {console_write, console_flush};

bool console_start(void)
{
	if (!virtio_open(&device, LGUEST_DEVICE_CONSOLE) ||
	    !virtio_start(&device, 0, queues, QUEUES))
		return false;
	for (unsigned int i = 0; i < QUEUES; i++)
		irq_attach(queues[i].config.irq, console_interrupt);
	for (uint16_t i = 0; i < INPUT_BUFFERS; i++)
		virtqueue_offer(&queues[INPUT], i, phys_of(input_buffers[i]), INPUT_SIZE, true);
	virtqueue_kick(&queues[INPUT]);
	output_free = (1u << OUTPUT_BUFFERS) - 1;
	print_to(&console_sink);
	return true;
}

unsigned int console_irq(void)
{
	return queues[INPUT].config.irq;
}

bool console_poll(char *key)
{
	if (keys_read == keys_written)
		return false;
	*key = keys[keys_read % KEYS];
	keys_read++;
	/* There may be buffers that found no room. */
	if (keys_read == keys_written) {
		uint32_t word = irq_save();

		input_take();
		irq_restore(word);
	}
	return true;
}

char console_key(void)
{
	uint32_t word = irq_save();
	char key;

	while (!console_poll(&key)) {
		irq_wait();
		(void)irq_save();
	}
	irq_restore(word);
	return key;
}

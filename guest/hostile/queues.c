// SPDX-License-Identifier: GPL-2.0-only
/*
 * Attacks on device models through their rings, on either transport. Words
 * device=TYPE (virtio number, default 3, the console) and queue=N (default 1)
 * choose the queue. A guest whose queue is broken may be killed or may find the
 * device stopped; when it lives, the console must work again after a reset.
 */
#include "guest/hostile/attack.h"
#include "guest/runtime/console.h"
#include "guest/runtime/irq.h"
#include "guest/runtime/layout.h"
#include "guest/runtime/machine.h"
#include "guest/runtime/print.h"
#include "guest/runtime/timer.h"
#include "guest/runtime/virtio.h"

#include <stddef.h>

#define INDIRECT 4u

#define QUEUES_MAX 4u

static struct virtqueue queues[QUEUES_MAX];
static struct virtqueue *queue;

static bool queue_open(void)
{
	struct virtio virtio;
	uint32_t index = machine_number("queue", 1);

	if (index >= QUEUES_MAX ||
	    !virtio_open(&virtio, (enum lguest_device_type)machine_number("device",
									  LGUEST_DEVICE_CONSOLE)) ||
	    !virtio_start(&virtio, 0, queues, index + 1)) {
		print("no such device or queue\n");
		return false;
	}
	queue = &queues[index];
	return true;
}

static void describe(uint32_t id, uint64_t address, uint32_t length, uint32_t flags, uint32_t next)
{
	volatile struct virtqueue_descriptor *descriptor = &queue->descriptors[id];

	descriptor->address = address;
	descriptor->length = length;
	descriptor->flags = (uint16_t)flags;
	descriptor->next = (uint16_t)next;
}

static void post(uint32_t head)
{
	uint16_t index = queue->available->index;

	queue->available->ring[index % queue->config.num] = (uint16_t)head;
	queue->available->index = (uint16_t)(index + 1);
	virtqueue_kick(queue);
}

void console_again(void)
{
	timer_sleep_ms(20);
	if (!console_start())
		attack_fail("no console afterwards");
	irq_enable();
	print("the console works again\n");
	print_flush();
	(void)irq_save();
}

ATTACK(queue_loop, "queue-loop", EITHER)
{
	if (!queue_open())
		return;
	describe(0, phys_of(queues), 4, VIRTQUEUE_NEXT, 0);
	post(0);
	console_again();
}

ATTACK(queue_long_loop, "queue-long-loop", EITHER)
{
	if (!queue_open())
		return;
	for (uint32_t i = 0; i < queue->config.num; i++)
		describe(i, phys_of(queues), 1, VIRTQUEUE_NEXT, (i + 1) % queue->config.num);
	for (uint32_t i = 0; i < queue->config.num; i++)
		post(i);
	console_again();
}

ATTACK(queue_next_outside, "queue-next-outside", EITHER)
{
	if (!queue_open())
		return;
	describe(0, phys_of(queues), 4, VIRTQUEUE_NEXT, 0xFFFF);
	post(0);
	console_again();
}

ATTACK(queue_head_outside, "queue-head-outside", EITHER)
{
	if (!queue_open())
		return;
	post(0xFFFF);
	post(queue->config.num);
	console_again();
}

ATTACK(queue_index_jumps, "queue-index-jumps", EITHER)
{
	if (!queue_open())
		return;
	describe(0, phys_of(queues), 4, 0, 0);
	queue->available->index = 0x8000;
	virtqueue_kick(queue);
	queue->available->index = 0x7FFF;
	virtqueue_kick(queue);
	console_again();
}

/* Buffers that end or lie outside memory, one after the other. */
ATTACK(queue_buffer_outside, "queue-buffer-outside", EITHER)
{
	const uint64_t addresses[] = {machine_memory() - 1, machine_memory(), 0xFFFFFFFF,
				      0x100000000, 0xFFFFFFFFFFFFFFFF, 0xFFE00000};

	if (!queue_open())
		return;
	for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
		describe((uint32_t)i, addresses[i], 16, 0, 0);
		post((uint32_t)i);
		describe((uint32_t)i, addresses[i], 16, VIRTQUEUE_WRITE, 0);
		post((uint32_t)i);
	}
	console_again();
}

ATTACK(queue_buffer_huge, "queue-buffer-huge", EITHER)
{
	if (!queue_open())
		return;
	describe(0, 0x1000, 0xFFFFFFFF, 0, 0);
	post(0);
	describe(1, 0x1000, 0xFFFFF000, VIRTQUEUE_NEXT, 2);
	describe(2, 0x1000, 0x2000, 0, 0);
	post(1);
	console_again();
}

/* All of memory as one text: legal, and long. */
ATTACK(queue_buffer_all, "queue-buffer-all", EITHER)
{
	if (!queue_open())
		return;
	describe(0, 0, machine_memory(), 0, 0);
	post(0);
	console_again();
}

ATTACK(queue_indirect, "queue-indirect", EITHER)
{
	if (!queue_open())
		return;
	describe(0, phys_of(queues) & PAGE_MASK, 64, INDIRECT, 0);
	post(0);
	describe(1, 0xFFFFFFF0, 0xFFFFFFF0, INDIRECT | VIRTQUEUE_WRITE, 0);
	post(1);
	console_again();
}

ATTACK(queue_wrong_direction, "queue-wrong-direction", EITHER)
{
	if (!queue_open())
		return;
	for (uint32_t flags = 0; flags < 8; flags++) {
		describe(flags, phys_of(queues), 1, flags, flags);
		post(flags);
	}
	console_again();
}

/* The device reads from and writes to its own ring. */
ATTACK(queue_buffer_is_ring, "queue-buffer-is-ring", EITHER)
{
	if (!queue_open())
		return;
	describe(0, queue->config.pfn * PAGE_SIZE, PAGE_SIZE, VIRTQUEUE_WRITE, 0);
	post(0);
	describe(1, queue->config.pfn * PAGE_SIZE, 3 * PAGE_SIZE, 0, 0);
	post(1);
	console_again();
}

static void make_noise(volatile void *part, uint32_t size)
{
	volatile uint32_t *words = part;

	for (uint32_t i = 0; i < size / sizeof(uint32_t); i++)
		words[i] = attack_random();
}

/* Nonsense all over the ring, again and again, with and without resets. */
ATTACK(queue_noise, "queue-noise", EITHER)
{
	if (!queue_open())
		return;
	for (uint32_t round = machine_number("rounds", 200); round > 0; round--) {
		uint32_t size = queue->config.num;

		make_noise(queue->descriptors, size * sizeof(struct virtqueue_descriptor));
		make_noise(queue->available, 4 + size * 2);
		make_noise(queue->used, 4 + size * 8);
		virtqueue_kick(queue);
		if (round % 4 == 0 && !queue_open())
			return;
	}
	console_again();
}

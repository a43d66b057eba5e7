// SPDX-License-Identifier: GPL-2.0-only
/*
 * Attacks on device models: the descriptor page, the rings, and NOTIFY. Words
 * device=TYPE (virtio number, default 3, the console) and queue=N (default 1)
 * choose the queue. A guest whose queue is broken may be killed or may find the
 * device stopped; when it lives, the console must work again after a reset.
 */
#include "guest/hostile/attack.h"
#include "guest/runtime/console.h"
#include "guest/runtime/device.h"
#include "guest/runtime/hypercall.h"
#include "guest/runtime/irq.h"
#include "guest/runtime/layout.h"
#include "guest/runtime/machine.h"
#include "guest/runtime/pages.h"
#include "guest/runtime/print.h"
#include "guest/runtime/timer.h"
#include "guest/runtime/virtqueue.h"

#include <stddef.h>

#define INDIRECT 4u

static struct virtqueue queue;

static bool queue_open(void)
{
	struct device device;
	struct lguest_vqconfig config;
	uint32_t index = machine_number("queue", 1);

	if (!device_find((enum lguest_device_type)machine_number("device", LGUEST_DEVICE_CONSOLE),
			 &device) || index >= device.head.num_vq) {
		print("no such device or queue\n");
		return false;
	}
	device_start(&device);
	config = device_queue(&device, index);
	virtqueue_init(&queue, &config);
	return true;
}

static void describe(uint32_t id, uint64_t address, uint32_t length, uint32_t flags, uint32_t next)
{
	volatile struct virtqueue_descriptor *descriptor = &queue.descriptors[id];

	descriptor->address = address;
	descriptor->length = length;
	descriptor->flags = (uint16_t)flags;
	descriptor->next = (uint16_t)next;
}

static void post(uint32_t head)
{
	uint16_t index = queue.available->index;

	queue.available->ring[index % queue.config.num] = (uint16_t)head;
	queue.available->index = (uint16_t)(index + 1);
	virtqueue_kick(&queue);
}

/* Let the device work, then see that a console comes up as if nothing had been. */
static void console_again(void)
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
	describe(0, phys_of(&queue), 4, VIRTQUEUE_NEXT, 0);
	post(0);
	console_again();
}

ATTACK(queue_long_loop, "queue-long-loop", EITHER)
{
	if (!queue_open())
		return;
	for (uint32_t i = 0; i < queue.config.num; i++)
		describe(i, phys_of(&queue), 1, VIRTQUEUE_NEXT, (i + 1) % queue.config.num);
	for (uint32_t i = 0; i < queue.config.num; i++)
		post(i);
	console_again();
}

ATTACK(queue_next_outside, "queue-next-outside", EITHER)
{
	if (!queue_open())
		return;
	describe(0, phys_of(&queue), 4, VIRTQUEUE_NEXT, 0xFFFF);
	post(0);
	console_again();
}

ATTACK(queue_head_outside, "queue-head-outside", EITHER)
{
	if (!queue_open())
		return;
	post(0xFFFF);
	post(queue.config.num);
	console_again();
}

ATTACK(queue_index_jumps, "queue-index-jumps", EITHER)
{
	if (!queue_open())
		return;
	describe(0, phys_of(&queue), 4, 0, 0);
	queue.available->index = 0x8000;
	virtqueue_kick(&queue);
	queue.available->index = 0x7FFF;
	virtqueue_kick(&queue);
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
	describe(0, phys_of(&queue) & PAGE_MASK, 64, INDIRECT, 0);
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
		describe(flags, phys_of(&queue), 1, flags, flags);
		post(flags);
	}
	console_again();
}

/* The device reads from and writes to its own ring. */
ATTACK(queue_buffer_is_ring, "queue-buffer-is-ring", EITHER)
{
	if (!queue_open())
		return;
	describe(0, queue.config.pfn * PAGE_SIZE, PAGE_SIZE, VIRTQUEUE_WRITE, 0);
	post(0);
	describe(1, queue.config.pfn * PAGE_SIZE, 3 * PAGE_SIZE, 0, 0);
	post(1);
	console_again();
}

/* Nonsense all over the ring, again and again, with and without resets. */
ATTACK(queue_noise, "queue-noise", EITHER)
{
	if (!queue_open())
		return;
	for (uint32_t round = machine_number("rounds", 200); round > 0; round--) {
		volatile uint32_t *words = (volatile uint32_t *)queue.descriptors;
		uint32_t size = virtqueue_size(queue.config.num) / sizeof(uint32_t);

		for (uint32_t i = 0; i < size; i++)
			words[i] = attack_random();
		virtqueue_kick(&queue);
		if (round % 4 == 0 && !queue_open())
			return;
	}
	console_again();
}

/* --- The descriptor page --------------------------------------------------------------- */

static void scribble(uint8_t value)
{
	for (uint32_t i = 0; i < LGUEST_DEVICE_PAGE_SIZE; i++)
		*device_byte(i) = value;
}

/* Far more than the records take up; text that is printed from there ends after 16 bytes. */
#define SCRIBBLED_OFFSETS 64u

/* Every value in every byte of the records: Umbra must go by what it knows itself. */
ATTACK(page_scribble, "page-scribble", EITHER)
{
	static const uint8_t values[] = {0xFF, 0x00, 0x01, 0x80, 0x55};

	for (size_t i = 0; i < sizeof(values); i++) {
		scribble(values[i]);
		for (uint32_t offset = 0; offset < SCRIBBLED_OFFSETS; offset++) {
			*device_byte(offset + 16) = 0;
			hypercall_notify(machine_memory() + offset);
		}
	}
}

ATTACK(page_status, "page-status", EITHER)
{
	struct device device;

	if (!device_find(LGUEST_DEVICE_CONSOLE, &device))
		return;
	for (uint32_t status = 0; status < 256; status++)
		device_set_status(&device, (uint8_t)status, true);
	console_again();
}

/* --- NOTIFY ------------------------------------------------------------------------------ */

ATTACK(notify_outside, "notify-outside", EITHER)
{
	hypercall_notify(0xFFFFFFFF);
	hypercall_notify(machine_memory() + 0x10000000);
	hypercall_notify(0);
}

/* A text without an end, up to the last byte of memory. */
ATTACK(notify_no_end, "notify-no-end", SURVIVES)
{
	uint32_t start = machine_memory() - 64;

	for (uint32_t i = 0; i < 64; i++)
		*(volatile uint8_t *)virt_of(start + i) = 'x';
	hypercall_notify(start);
	hypercall_notify(machine_memory() - 1);
	*(volatile uint8_t *)virt_of(machine_memory() - 1) = '\n';
	hypercall_notify(machine_memory() - 1);
}

/* Control characters and escape sequences, which must not reach a terminal that others share. */
ATTACK(notify_control, "notify-control", SURVIVES)
{
	char text[16];

	for (uint32_t c = 1; c < 256; c++) {
		format_text(text, sizeof(text), "%c[2J%c", (int)c, (int)c);
		print_text(text, 5);
	}
	print("\nevent=guest-exit guest=other reason=forged\n");
}

ATTACK(notify_noise, "notify-noise", EITHER)
{
	for (uint32_t i = machine_number("rounds", 2000); i > 0; i--)
		hypercall_notify(attack_random() % (machine_memory() + 16 * PAGE_SIZE));
}

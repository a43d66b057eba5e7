// SPDX-License-Identifier: GPL-2.0-only
/*
 * Attacks on the entropy device, on either transport; those of queues.c work on
 * it as well (device=4 queue=0).
 */
#include "guest/hostile/attack.h"
#include "guest/runtime/console.h"
#include "guest/runtime/layout.h"
#include "guest/runtime/string.h"
#include "guest/runtime/virtio.h"

#define SPACE_SIZE 8192u
#define MARK 0xA5u
#define HUGE 0x80000000u

static struct virtqueue queue;
static uint8_t space[SPACE_SIZE];

static bool open(void)
{
	struct virtio virtio;

	memset(space, MARK, sizeof(space));
	if (virtio_open(&virtio, LGUEST_DEVICE_ENTROPY) && virtio_start(&virtio, 0, &queue, 1))
		return true;
	attack_fail("no entropy device");
	return false;
}

static void offer_all(uint32_t length, bool device_writes)
{
	for (uint16_t id = 0; id < queue.config.num; id++)
		virtqueue_offer(&queue, id, phys_of(space), length, device_writes);
	virtqueue_kick(&queue);
}

/* The queue full of buffers of 2 GB, again and again, to have the CPU for itself. */
ATTACK(entropy_flood, "entropy-flood", SURVIVES)
{
	uint32_t id, length, done = 0;

	if (!open())
		return;
	offer_all(HUGE, true);
	/* On a slow machine for longer: at first one round must have come back. */
	while (!attack_over() || done <= queue.config.num) {
		while (virtqueue_take(&queue, &id, &length)) {
			if (length > SPACE_SIZE)
				attack_fail("%u bytes at once", length);
			virtqueue_offer(&queue, (uint16_t)id, phys_of(space), HUGE, true);
			done++;
		}
		virtqueue_kick(&queue);
	}
}

/* Kicks without a request, which are to cost the others nothing either. */
ATTACK(entropy_kicks, "entropy-kicks", SURVIVES)
{
	if (!open())
		return;
	while (!attack_over())
		virtqueue_kick(&queue);
}

/* Buffers that the device may only read. */
ATTACK(entropy_readable, "entropy-readable", EITHER)
{
	if (!open())
		return;
	offer_all(SPACE_SIZE, false);
	console_again();
	for (uint32_t i = 0; i < SPACE_SIZE; i++)
		if (space[i] != MARK)
			attack_fail("a buffer to read was written to");
}

/* Random bytes over the ring that asks for them. */
ATTACK(entropy_ring, "entropy-ring", EITHER)
{
	if (!open())
		return;
	/* The descriptors are the first page of it. */
	for (uint16_t id = 0; id < queue.config.num; id++)
		virtqueue_offer(&queue, id, (queue.config.pfn + 1) * PAGE_SIZE, HUGE, true);
	virtqueue_kick(&queue);
	console_again();
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Load on a disk, and guests that leave it behind.
 */
#include "guest/disk/load.h"

#include "guest/disk/pattern.h"
#include "guest/runtime/irq.h"
#include "guest/runtime/machine.h"
#include "guest/runtime/print.h"
#include "guest/runtime/timer.h"

#include <stddef.h>

/* Two large ones, which make the guest itself little work. */
#define AT_ONCE 2u
#define BYTES 0x70000u
#define PLACE (BYTES + PAGE_SIZE)	/* for each in disk_data */

static struct block_request requests[AT_ONCE];

static void note(struct trap_frame *frame)
{
	(void)frame;
	virtio_acknowledge(&disk.virtio);
}

/* Under heads 0, 4, 8 and so on. */
static void offer(unsigned int index)
{
	const struct virtqueue_buffer buffer = {phys_of(disk_data) + index * PLACE + 1, BYTES};

	block_offer(&disk, (uint16_t)(4 * index), &requests[index], BLOCK_IN,
		    index * (BYTES / BLOCK_SECTOR), &buffer, 1);
}

static bool offer_all(void)
{
	if (!disk_ready())
		return false;
	(void)irq_save();
	irq_attach(disk.queue.config.irq, note);
	for (unsigned int i = 0; i < AT_ONCE; i++)
		offer(i);
	virtqueue_kick(&disk.queue);
	return true;
}

/* Sleeps until some are answered, and asks for as many again; how many. */
static uint32_t take(void)
{
	uint32_t head, length, count = 0;

	while (virtqueue_take(&disk.queue, &head, &length)) {
		offer(head / 4);
		count++;
	}
	if (count > 0)
		virtqueue_kick(&disk.queue);
	else
		irq_wait();
	(void)irq_save();
	return count;
}

void load_hammer(const char *name, uint64_t from_ns, uint64_t to_ns)
{
	uint32_t count = 0;

	if (!offer_all())
		return;
	while (clock_ns() < from_ns)
		(void)take();
	while (clock_ns() < to_ns)
		count += take();
	print("%s: requests=%u\n", name, count);
}

void load_leave(uint64_t until_ns)
{
	if (clock_ns() >= until_ns || !offer_all())
		return;
	machine_restart();
}

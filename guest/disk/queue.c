// SPDX-License-Identifier: GPL-2.0-only
/*
 * Many requests at once, their interrupts, and resets in the middle.
 */
#include "guest/disk/pattern.h"
#include "guest/runtime/compiler.h"
#include "guest/runtime/hypercall.h"
#include "guest/runtime/irq.h"
#include "guest/runtime/layout.h"
#include "guest/runtime/machine.h"
#include "guest/runtime/report.h"

#include <stddef.h>

#define BATCH 64u
#define PAGE_SECTORS (PAGE_SIZE / BLOCK_SECTOR)

static struct block_request requests[BATCH];

/* Requests under heads 0, 4, 8 and so on, each for a page of its own. */
static void offer_pages(unsigned int count)
{
	for (unsigned int i = 0; i < count; i++) {
		const struct virtqueue_buffer buffer = {phys_of(disk_data) + i * PAGE_SIZE,
							PAGE_SIZE};

		block_offer(&disk, (uint16_t)(4 * i), &requests[i], BLOCK_IN,
			    WRITABLE + i * PAGE_SECTORS, &buffer, 1);
	}
}

static bool take_pages(unsigned int count)
{
	for (unsigned int i = 0; i < count; i++) {
		uint32_t head, length;

		CHECK_BOOL(block_wait(&disk, &head, &length), "request %u is not answered", i);
		CHECK_BOOL(head % 4 == 0 && head / 4 < count, "there is no request %u", head);
		CHECK_BOOL(requests[head / 4].status == BLOCK_OK && length == PAGE_SIZE + 1,
			   "status %u, length %u", requests[head / 4].status, length);
	}
	CHECK_BOOL(pattern_holds(disk_data, WRITABLE, count * PAGE_SECTORS), "other data");
	return true;
}

static void take_interrupt(struct trap_frame *frame)
{
	(void)frame;
	virtio_acknowledge(&disk.virtio);
}

static uint32_t count_interrupts(void)
{
	irq_enable();
	(void)irq_save();
	return irq_count(disk.queue.config.irq);
}

/* A real disk may answer in any order and in several goes. */
static bool answers_later(void)
{
	return machine_has_word("later");
}

/* One kick, one interrupt. */
TEST(disk, batch)
{
	uint32_t before, after;

	if (!disk_ready())
		return;
	irq_attach(disk.queue.config.irq, take_interrupt);
	before = count_interrupts();
	offer_pages(BATCH);
	virtqueue_kick(&disk.queue);
	after = count_interrupts();
	if (!take_pages(BATCH))
		return;
	if (answers_later())
		after = count_interrupts();
	CHECK(after - before == 1 || (answers_later() && after - before - 1 < BATCH),
	      "%u interrupts", after - before);
}

TEST(disk, interrupts_suppressed)
{
	uint32_t before, after;

	if (!disk_ready())
		return;
	irq_attach(disk.queue.config.irq, take_interrupt);
	before = count_interrupts();
	disk.queue.available->flags = VIRTQUEUE_NO_INTERRUPT;
	offer_pages(4);
	virtqueue_kick(&disk.queue);
	if (!take_pages(4))
		return;
	after = count_interrupts();
	CHECK(after == before, "%u interrupts", after - before);
}

/* More than is done in one go; each request reads the same megabyte. */
TEST(disk, more_than_one_turn)
{
	const struct virtqueue_buffer all = {phys_of(disk_data), DATA_SIZE};
	uint32_t head, length;

	if (!disk_ready())
		return;
	for (unsigned int i = 0; i < 16; i++)
		block_offer(&disk, (uint16_t)(4 * i), &requests[i], BLOCK_IN, WRITABLE - 512, &all,
			    1);
	virtqueue_kick(&disk.queue);
	CHECK(disk.queue.used->index < 16 || answers_later(), "all done in one turn");
	for (unsigned int i = 0; i < 16; i++) {
		CHECK(block_wait(&disk, &head, &length) && head % 4 == 0 && head < 64,
		      "request %u is not answered", i);
		CHECK(length == DATA_SIZE + 1 && requests[head / 4].status == BLOCK_OK,
		      "request %u: %u bytes, status %u", head / 4, length,
		      requests[head / 4].status);
	}
	CHECK(pattern_holds(disk_data, WRITABLE - 512, DATA_SIZE / BLOCK_SECTOR), "other data");
}

/* The queue goes round many times. */
TEST(disk, many)
{
	if (!disk_ready())
		return;
	for (unsigned int round = 0; round < 20; round++) {
		offer_pages(BATCH - round);
		virtqueue_kick(&disk.queue);
		if (!take_pages(BATCH - round))
			return;
	}
}

/* With work left over: it is forgotten, and the disk starts as new, with other features. */
TEST(disk, reset_in_the_middle)
{
	const struct virtqueue_buffer all = {phys_of(disk_data), DATA_SIZE};

	if (!disk_ready())
		return;
	for (unsigned int round = 0; round < 3; round++) {
		for (unsigned int i = 0; i < 16; i++)
			block_offer(&disk, (uint16_t)(4 * i), &requests[i], BLOCK_IN,
				    WRITABLE - 512, &all, 1);
		virtqueue_kick(&disk.queue);
		CHECK(block_start(&disk, round % 2 == 0 ? 0 : FEATURES | BLOCK_INDIRECT),
		      "no start");
		hypercall_flush_async();
		CHECK(disk.queue.used->index == 0, "old requests are answered");
		offer_pages(BATCH);
		virtqueue_kick(&disk.queue);
		if (!take_pages(BATCH))
			return;
	}
}

/* Disks do not get in each other's way. */
TEST(disk, two_disks)
{
	static struct block_request other;
	static struct block second;
	uint8_t *last = disk_data + DATA_SIZE - PAGE_SIZE;
	const struct virtqueue_buffer buffer = {phys_of(last), PAGE_SIZE};
	uint32_t head, length;

	if (!disk_ready())
		return;
	CHECK(block_open(&second, 1, FEATURES), "no second disk");
	CHECK(disk.queue.config.irq != second.queue.config.irq, "both have line %u",
	      second.queue.config.irq);
	offer_pages(8);
	block_offer(&second, 0, &other, BLOCK_IN, SECTORS_READ_ONLY - PAGE_SECTORS, &buffer, 1);
	virtqueue_kick(&second.queue);
	/* A disk that answers later may have all of the guest's disks looked after meanwhile. */
	CHECK(disk.queue.used->index == 0 || answers_later(), "a kick of one is for both");
	virtqueue_kick(&disk.queue);
	CHECK(block_wait(&second, &head, &length) && other.status == BLOCK_OK &&
	      pattern_holds(last, SECTORS_READ_ONLY - PAGE_SECTORS, PAGE_SECTORS), "status %u",
	      other.status);
	(void)take_pages(8);
}

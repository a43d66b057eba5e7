// SPDX-License-Identifier: GPL-2.0-only
/*
 * Requests to disks. Owns the request that block_carry_out makes.
 */
#include "guest/runtime/block.h"

#include "guest/runtime/hypercall.h"
#include "guest/runtime/layout.h"
#include "guest/runtime/timer.h"

bool block_open(struct block *block, unsigned int number, uint64_t wanted)
{
	/* The disk that it was before must not see what another does with the queue. */
	if (block->queue.descriptors)
		virtio_stop(&block->virtio);
	return virtio_open_number(&block->virtio, LGUEST_DEVICE_BLOCK, number) &&
	       block_start(block, wanted);
}

bool block_start(struct block *block, uint64_t wanted)
{
	return virtio_start(&block->virtio, wanted, &block->queue, 1);
}

uint32_t block_config(const struct block *block, uint32_t offset)
{
	uint32_t value = 0;

	for (uint32_t i = 0; i < sizeof(value); i++)
		value |= (uint32_t)virtio_config(&block->virtio, offset + i) << (8 * i);
	return value;
}

uint64_t block_capacity(const struct block *block)
{
	return block_config(block, BLOCK_CONFIG_CAPACITY) |
	       (uint64_t)block_config(block, BLOCK_CONFIG_CAPACITY + 4) << 32;
}

void block_offer(struct block *block, uint16_t head, struct block_request *request, uint32_t type,
		 uint64_t sector, const struct virtqueue_buffer *buffers, unsigned int count)
{
	static struct virtqueue_buffer chain[LGUEST_QUEUE_SIZE];
	uint32_t header = phys_of(request);
	unsigned int used = 0;

	request->type = type;
	request->priority = 0;
	request->sector = sector;
	request->status = BLOCK_NO_ANSWER;
	chain[used++] = (struct virtqueue_buffer){header, BLOCK_HEADER_SIZE};
	for (unsigned int i = 0; i < count && used < LGUEST_QUEUE_SIZE - 1; i++)
		chain[used++] = buffers[i];
	chain[used++] = (struct virtqueue_buffer){header + BLOCK_HEADER_SIZE, 1};
	virtqueue_offer_chain(&block->queue, head, chain, type == BLOCK_OUT ? used - 1 : 1,
			      type == BLOCK_OUT ? 1 : used - 1);
}

bool block_wait(struct block *block, uint32_t *head, uint32_t *length)
{
	uint32_t end = clock_ms() + PATIENCE_MS;

	while (!virtqueue_take(&block->queue, head, length)) {
		if ((int32_t)(clock_ms() - end) > 0)
			return false;
		hypercall_flush_async();
	}
	return true;
}

uint8_t block_carry_out(struct block *block, uint32_t type, uint64_t sector,
			const struct virtqueue_buffer *buffers, unsigned int count)
{
	static struct block_request request;
	uint32_t head, length;

	block_offer(block, 0, &request, type, sector, buffers, count);
	virtqueue_kick(&block->queue);
	return block_wait(block, &head, &length) ? request.status : (uint8_t)BLOCK_NO_ANSWER;
}

uint8_t block_transfer(struct block *block, enum block_type type, uint64_t sector, void *bytes,
		       uint32_t length)
{
	const struct virtqueue_buffer buffer = {phys_of(bytes), length};

	return block_carry_out(block, type, sector, &buffer, 1);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * The queue of a port: blocks of memory, each with frames one behind the other, which are filled at
 * the end of the last block and taken from the first.  Blocks come when frames do, so that a port
 * that gets few needs little, and stay with the port while it is open.
 *
 * A frame never moves: its receiver reads it without the switch's lock.
 */
#include "drivers/net/switch_queue.h"

#include "lib/string.h"
#include "mm/heap.h"

#include <stddef.h>

#define FRAME_ALIGN 16u

/* The least that a frame counts: handling a small frame takes longer than its bytes suggest. */
#define FRAME_LEAST 512u

/* What the blocks of a queue that grows have in all: twice as much each time, up to BLOCK_MOST. */
#define BLOCK_LEAST 4096u
#define BLOCK_MOST 0x21000u	/* two frames of NET_FRAME_MAX */

/* Part of each block may be too short for the frame that came next. */
#define SIZE_MOST (2 * SWITCH_QUEUE_SIZE)

struct switch_block {
	struct switch_block *next;
	uint32_t size;		/* of bytes */
	uint32_t read, write;	/* frames begin and end there */
	uint8_t bytes[] __attribute__((aligned(FRAME_ALIGN)));
};

static uint32_t size_of(uint32_t length)
{
	return ALIGN_UP((uint32_t)offsetof(struct switch_frame, bytes) + length, FRAME_ALIGN);
}

static uint32_t cost_of(uint32_t length)
{
	return MAX(size_of(length), FRAME_LEAST);
}

bool switch_queue_is_empty(const struct switch_port *port)
{
	return port->used == 0;
}

/* --- blocks ------------------------------------------------------------------------------ */

static void free_blocks(struct switch_port *port, struct switch_block **list)
{
	struct switch_block *block;

	while ((block = *list) != NULL) {
		*list = block->next;
		port->size -= block->size;
		heap_free(block);
	}
}

void switch_queue_free(struct switch_port *port)
{
	free_blocks(port, &port->first);
	free_blocks(port, &port->spare);
	port->last = NULL;
	port->used = 0;
	memset(port->used_by, 0, sizeof(port->used_by));
}

/* Takes a spare block with room for size bytes; NULL for none. */
static struct switch_block *take_spare(struct switch_port *port, uint32_t size)
{
	struct switch_block **place = &port->spare, *block;

	while ((block = *place) != NULL && block->size < size)
		place = &block->next;
	if (block)
		*place = block->next;
	return block;
}

/* Spare blocks that are too small are freed where the new one would be too much. */
static struct switch_block *new_block(struct switch_port *port, uint32_t size)
{
	uint32_t whole = MIN(MAX(port->size, BLOCK_LEAST), BLOCK_MOST);
	struct switch_block *block;

	whole = ALIGN_UP(MAX(whole, size + (uint32_t)sizeof(*block)), BLOCK_LEAST);
	if (port->size + whole > SIZE_MOST)
		free_blocks(port, &port->spare);
	block = port->size + whole > SIZE_MOST ? NULL : heap_alloc_unclear(whole);
	if (!block)
		return NULL;
	block->size = whole - (uint32_t)sizeof(*block);
	port->size += block->size;
	return block;
}

/* A last block with room for size bytes; NULL when memory is out. */
static struct switch_block *add_block(struct switch_port *port, uint32_t size)
{
	struct switch_block *block = take_spare(port, size);

	if (!block)
		block = new_block(port, size);
	if (!block)
		return NULL;
	block->next = NULL;
	block->read = block->write = 0;
	if (port->last)
		port->last->next = block;
	else
		port->first = block;
	port->last = block;
	return block;
}

/* The first block is empty. */
static void retire_first(struct switch_port *port)
{
	struct switch_block *block = port->first;

	if (!block->next) {
		block->read = block->write = 0;
		return;
	}
	port->first = block->next;
	block->next = port->spare;
	port->spare = block;
}

/* --- frames ------------------------------------------------------------------------------ */

static struct switch_frame *frame_at(struct switch_block *block, uint32_t offset)
{
	return (struct switch_frame *)(void *)(block->bytes + offset);
}

struct switch_frame *switch_queue_room(struct switch_port *port, unsigned from, uint32_t length)
{
	struct switch_block *block = port->last;
	uint32_t size = size_of(length);

	/* One sender gets half, the next one half of the rest, and so on. */
	if (port->used_by[from] + port->used + cost_of(length) > SWITCH_QUEUE_SIZE)
		return NULL;
	if (!block || size > block->size - block->write)
		block = add_block(port, size);
	return block ? frame_at(block, block->write) : NULL;
}

void switch_queue_add(struct switch_port *port, struct switch_frame *frame)
{
	port->last->write += size_of(frame->length);
	port->used += cost_of(frame->length);
	port->used_by[frame->from] += cost_of(frame->length);
}

void switch_queue_drop(struct switch_port *port)
{
	struct switch_block *block = port->first;
	const struct switch_frame *frame = frame_at(block, block->read);

	port->used -= cost_of(frame->length);
	port->used_by[frame->from] -= cost_of(frame->length);
	block->read += size_of(frame->length);
	if (block->read == block->write)
		retire_first(port);
}

struct switch_frame *switch_port_first(struct switch_port *port)
{
	if (switch_queue_is_empty(port))
		return NULL;
	/* Blocks that the next frame did not fit into, or whose frame was broken. */
	while (port->first->read == port->first->write)
		retire_first(port);
	return frame_at(port->first, port->first->read);
}

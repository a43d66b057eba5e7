/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Driver of the virtio block device (virtio 1.0, section 5.2) on either
 * transport. It waits by looking, so interrupts stay the caller's business.
 */
#ifndef UMBRA_GUEST_RUNTIME_BLOCK_H
#define UMBRA_GUEST_RUNTIME_BLOCK_H

#include "guest/runtime/virtio.h"

#define BLOCK_SECTOR 512u
#define BLOCK_ID_SIZE 20u

/* Feature bits. */
#define BLOCK_SEG_MAX (1ull << 2)
#define BLOCK_READ_ONLY (1ull << 5)
#define BLOCK_BLK_SIZE (1ull << 6)
#define BLOCK_FLUSHES (1ull << 9)
#define BLOCK_INDIRECT (1ull << 28)

/* Offsets in configuration space. */
#define BLOCK_CONFIG_CAPACITY 0u
#define BLOCK_CONFIG_SEG_MAX 12u
#define BLOCK_CONFIG_BLK_SIZE 20u

enum block_type { BLOCK_IN = 0, BLOCK_OUT = 1, BLOCK_FLUSH = 4, BLOCK_GET_ID = 8 };

enum block_status {
	BLOCK_OK = 0,
	BLOCK_ERROR = 1,
	BLOCK_UNSUPPORTED = 2,
	BLOCK_NO_ANSWER = 0xFF          /* what the driver puts there */
};

struct block {
	struct virtio virtio;
	struct virtqueue queue;
};

/* Header and status of a request, in the linear map; kept until the device is done with it. */
struct block_request {
	uint32_t type;
	uint32_t priority;
	uint64_t sector;
	volatile uint8_t status;
};
#define BLOCK_HEADER_SIZE 16u

/*
 * Find disk number (from 0) and start it with the wanted features. *block is all
 * zero before the first time. False when there is none, or it refuses.
 */
bool block_open(struct block *block, unsigned int number, uint64_t wanted);

/* Start it again, from a reset. */
bool block_start(struct block *block, uint64_t wanted);

uint64_t block_capacity(const struct block *block);
uint32_t block_config(const struct block *block, uint32_t offset);

/*
 * Offer a request under descriptors head, head + 1 and so on: its header, count
 * buffers and its status. The device is not told.
 */
void block_offer(struct block *block, uint16_t head, struct block_request *request, uint32_t type,
		 uint64_t sector, const struct virtqueue_buffer *buffers, unsigned int count);

/* Wait for the next request that is done. False when none is for a long time. */
bool block_wait(struct block *block, uint32_t *head, uint32_t *length);

/* One request from offering to its status; nothing else is in the queue. */
uint8_t block_carry_out(struct block *block, uint32_t type, uint64_t sector,
			const struct virtqueue_buffer *buffers, unsigned int count);

/* The same for length bytes of the linear map. */
uint8_t block_transfer(struct block *block, enum block_type type, uint64_t sector, void *bytes,
		       uint32_t length);

#endif

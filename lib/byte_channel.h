/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A queue of bytes between one writer and one reader, on different CPUs or in a driver and its
 * interrupt handler, without a lock: each side writes only its own counter.  (lib/ring.h is the
 * queue for data that a lock guards.)  Used by the drivers of serial ports and keyboards.
 */
#ifndef UMBRA_LIB_BYTE_CHANNEL_H
#define UMBRA_LIB_BYTE_CHANNEL_H

#include <stdbool.h>
#include <stdint.h>

/*
 * The counters are never reset and wrap around; size is a power of two, so a place is a counter
 * modulo size.
 */
struct byte_channel {
	uint8_t *data;
	uint32_t size;
	uint32_t written;	/* by the writer */
	uint32_t taken;		/* by the reader */
};

/* Each load pairs with the other side's store in channel_put and channel_take. */
static inline uint32_t channel_used(const struct byte_channel *channel)
{
	return __atomic_load_n(&channel->written, __ATOMIC_ACQUIRE) -
	       __atomic_load_n(&channel->taken, __ATOMIC_ACQUIRE);
}

static inline uint32_t channel_room(const struct byte_channel *channel)
{
	return channel->size - channel_used(channel);
}

/* Writer only.  False, and nothing happens, when it is full. */
static inline bool channel_put(struct byte_channel *channel, uint8_t byte)
{
	uint32_t at = channel->written;

	if (channel_room(channel) == 0)
		return false;
	channel->data[at & (channel->size - 1)] = byte;
	/* The byte is there before the counter says so. */
	__atomic_store_n(&channel->written, at + 1, __ATOMIC_RELEASE);
	return true;
}

/* Reader only.  False, and *byte is left alone, when it is empty. */
static inline bool channel_take(struct byte_channel *channel, uint8_t *byte)
{
	uint32_t at = channel->taken;

	if (channel_used(channel) == 0)
		return false;
	*byte = channel->data[at & (channel->size - 1)];
	/* The byte is read before its place may be written again. */
	__atomic_store_n(&channel->taken, at + 1, __ATOMIC_RELEASE);
	return true;
}

#endif

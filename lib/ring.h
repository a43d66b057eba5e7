/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A bounded queue of bytes over storage of the caller's: keys, console output,
 * the log before there is a console.  It does not lock: its owner names the
 * lock, or uses it on one CPU only.
 */
#ifndef UMBRA_LIB_RING_H
#define UMBRA_LIB_RING_H

#include <stddef.h>
#include <stdint.h>

struct ring {
	uint8_t *data;
	size_t size;
	size_t first;	/* place of the oldest byte */
	size_t used;
};

/* An empty ring over size bytes (any number) at storage, which must outlive it. */
void ring_init(struct ring *ring, void *storage, size_t size);

/* Takes as many bytes as there is room for, and returns how many. */
size_t ring_push(struct ring *ring, const void *bytes, size_t count);

/* Moves up to count of the oldest bytes to `to`; returns how many. */
size_t ring_pop(struct ring *ring, void *to, size_t count);

/*
 * *bytes gets the place of the oldest bytes that lie in one piece; returns how
 * many they are, 0 when the ring is empty.  ring_drop() then removes them.
 */
size_t ring_peek(const struct ring *ring, const uint8_t **bytes);

/* Removes up to count of the oldest bytes. */
void ring_drop(struct ring *ring, size_t count);

static inline size_t ring_used(const struct ring *ring)
{
	return ring->used;
}

static inline size_t ring_free(const struct ring *ring)
{
	return ring->size - ring->used;
}

#endif

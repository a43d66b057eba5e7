// SPDX-License-Identifier: GPL-2.0-only
/*
 * The byte queue: copies in at most two pieces, since the used part may go
 * over the end of the storage.
 */
#include "lib/ring.h"

#include "lib/compiler.h"
#include "lib/string.h"

void ring_init(struct ring *ring, void *storage, size_t size)
{
	*ring = (struct ring){ .data = storage, .size = size };
}

/* offset bytes behind the oldest; offset <= size. */
static size_t place_after(const struct ring *ring, size_t offset)
{
	size_t until_end = ring->size - ring->first;

	return offset < until_end ? ring->first + offset : offset - until_end;
}

size_t ring_push(struct ring *ring, const void *bytes, size_t count)
{
	size_t taken = MIN(count, ring_free(ring));
	size_t end;
	size_t piece;

	if (taken == 0)
		return 0;
	end = place_after(ring, ring->used);
	piece = MIN(taken, ring->size - end);
	memcpy(ring->data + end, bytes, piece);
	memcpy(ring->data, (const uint8_t *)bytes + piece, taken - piece);
	ring->used += taken;
	return taken;
}

size_t ring_pop(struct ring *ring, void *to, size_t count)
{
	uint8_t *target = to;
	size_t done = 0;

	while (done < count) {
		const uint8_t *bytes;
		size_t piece = MIN(ring_peek(ring, &bytes), count - done);

		if (piece == 0)
			break;
		memcpy(target + done, bytes, piece);
		ring_drop(ring, piece);
		done += piece;
	}
	return done;
}

size_t ring_peek(const struct ring *ring, const uint8_t **bytes)
{
	*bytes = ring->data + ring->first;
	return MIN(ring->used, ring->size - ring->first);
}

void ring_drop(struct ring *ring, size_t count)
{
	count = MIN(count, ring->used);
	ring->first = count == 0 ? ring->first : place_after(ring, count);
	ring->used -= count;
}

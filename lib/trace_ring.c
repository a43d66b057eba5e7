// SPDX-License-Identifier: GPL-2.0-only
/*
 * The writer fills a slot first and then counts head on, so a slot that is being filled holds
 * record head - size, and a reader may believe records from head - size + 1 on.  x86 keeps the
 * order of stores, and that of loads (Intel SDM vol. 3, 8.2.2); the barriers are for the compiler.
 */
#include "lib/trace_ring.h"

#include "lib/compiler.h"

void trace_ring_init(struct trace_ring *ring, struct trace_record *records, uint32_t size)
{
	*ring = (struct trace_ring){ .records = records, .size = size };
}

void trace_ring_clear(struct trace_ring *ring)
{
	ring->open = NULL;
	WRITE_ONCE(ring->used, 0);
	WRITE_ONCE(ring->overwritten, 0);
	WRITE_ONCE(ring->ready, ring->head);
}

/* Fills the next slot and makes room for it; the record is not published yet. */
static struct trace_record *put(struct trace_ring *ring, const struct trace_record *record)
{
	struct trace_record *slot = &ring->records[ring->head & (ring->size - 1)];

	if (ring->used < ring->size - 1)
		ring->used++;
	else if (ring->overwritten < UINT32_MAX)
		ring->overwritten++;
	/* What is open is given up when its place is needed. */
	if (unlikely(slot == ring->open))
		ring->open = NULL;
	compiler_barrier();
	*slot = *record;
	compiler_barrier();
	WRITE_ONCE(ring->head, ring->head + 1);
	return slot;
}

void trace_ring_add(struct trace_ring *ring, const struct trace_record *record)
{
	put(ring, record);
	if (!ring->open)
		WRITE_ONCE(ring->ready, ring->head);
}

void trace_ring_open(struct trace_ring *ring, const struct trace_record *record)
{
	ring->open = put(ring, record);
}

void trace_ring_close(struct trace_ring *ring, unsigned index, uint32_t value)
{
	if (ring->open)
		ring->open->words[index] = value;
	ring->open = NULL;
	compiler_barrier();
	WRITE_ONCE(ring->ready, ring->head);
}

void trace_ring_abandon(struct trace_ring *ring)
{
	ring->open = NULL;
	ring->ready = ring->head;
}

uint32_t trace_ring_count(const struct trace_ring *ring, uint32_t *first)
{
	uint32_t ready = READ_ONCE(ring->ready), used = READ_ONCE(ring->used);
	uint32_t hidden = READ_ONCE(ring->head) - ready;

	/* Between the reads the writer may have gone on. */
	used = hidden < used ? used - hidden : 0;
	*first = ready - used;
	return used;
}

bool trace_ring_copy(const struct trace_ring *ring, uint32_t number, struct trace_record *record)
{
	*record = ring->records[number & (ring->size - 1)];
	compiler_barrier();
	return READ_ONCE(ring->head) - number < ring->size;
}

uint32_t trace_ring_catch_up(const struct trace_ring *ring, uint32_t *next)
{
	uint32_t first, missed = 0;

	(void)trace_ring_count(ring, &first);
	/* Numbers wrap around, so what comes first is told by the distance. */
	if ((int32_t)(first - *next) > 0) {
		missed = first - *next;
		*next = first;
	}
	return missed;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A ring of trace records with one writer, which never waits: what nobody has read in time is
 * overwritten, and counted.  Readers on other CPUs copy a record and ask afterwards whether it was
 * whole; so they need no lock, and the writer does not know of them.  No state of its own.
 */
#ifndef UMBRA_LIB_TRACE_RING_H
#define UMBRA_LIB_TRACE_RING_H

#include "lib/trace_record.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct trace_ring {
	struct trace_record *records;
	uint32_t size;		/* how many fit: a power of two, 2 at least */
	/* Written by the one writer, read by all. */
	uint32_t head;		/* number of the next record; wraps around */
	uint32_t ready;		/* records before this one are complete */
	uint32_t used;		/* records in the ring that may be read, up to size - 1 */
	uint32_t overwritten;	/* since it was cleared; stays at UINT32_MAX */
	struct trace_record *open;	/* one that trace_ring_close completes, or NULL */
};

/* Empty, over size records (a power of two, 2 at least) that outlive it. */
void trace_ring_init(struct trace_ring *ring, struct trace_record *records, uint32_t size);

/* Forgets all records and counts from 0 again.  By the writer. */
void trace_ring_clear(struct trace_ring *ring);

/* Adds a record, in place of the oldest where there is no room.  By the writer. */
void trace_ring_add(struct trace_ring *ring, const struct trace_record *record);

/*
 * The same for a record that gets one more word later: until trace_ring_close, readers see neither
 * it nor what is added behind it, but for one that reads from head after a panic.  None is open.
 */
void trace_ring_open(struct trace_ring *ring, const struct trace_record *record);

/* Completes it with words[index] = value, unless it was overwritten since.  By the writer. */
void trace_ring_close(struct trace_ring *ring, unsigned index, uint32_t value);

/* Completes it as it stands.  By anybody, when the writer has stopped for good. */
void trace_ring_abandon(struct trace_ring *ring);

/* How many records can be read, and the number of the oldest.  Any CPU. */
uint32_t trace_ring_count(const struct trace_ring *ring, uint32_t *first);

/*
 * Copies the record with that number, which trace_ring_count named.  False when it has been
 * overwritten by now.  Any CPU.
 */
bool trace_ring_copy(const struct trace_ring *ring, uint32_t number, struct trace_record *record);

/*
 * For a reader that follows the writer: *next is the number of the record that it wants, moved on
 * to the oldest that is there.  Returns how many it has missed by that.
 */
uint32_t trace_ring_catch_up(const struct trace_ring *ring, uint32_t *next);

#endif

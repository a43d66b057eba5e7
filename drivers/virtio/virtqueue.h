/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The device's side of a split virtqueue (virtio 1.0, 2.4) in a guest's memory.
 * Used by the device models; set up by the transports.
 *
 * Everything in the queue is chosen by the guest: each value is read once and
 * checked, a chain has no more buffers than the queue has descriptors, and what
 * breaks the rules breaks the queue, which calls broken() once with a cause
 * for the log and is dead from then on.  The addresses of buffers are checked
 * when they are used, by virtqueue_read and virtqueue_write.
 *
 * Only the CPU that runs the guest calls these functions, between two entries to it; so the guest
 * does not access the queue meanwhile, and compiler barriers suffice.  No locks.
 */
#ifndef UMBRA_DRIVERS_VIRTIO_VIRTQUEUE_H
#define UMBRA_DRIVERS_VIRTIO_VIRTQUEUE_H

#include "lib/compiler.h"
#include "mm/address.h"
#include "mm/guest_memory.h"

#include <stdbool.h>
#include <stdint.h>

/* Where the three parts lie, and how many descriptors there are. */
struct virtqueue_place {
	gpa_t descriptors;
	gpa_t available;
	gpa_t used;
	uint16_t size;
};

struct virtqueue {
	/* Set by virtqueue_init. */
	const char *device;
	unsigned index;
	struct guest_memory *memory;
	void (*broken)(void *context, const char *cause);
	void *context;

	/* Set by virtqueue_start. */
	bool live;
	bool indirect;
	bool kicks_suppressed;		/* as virtqueue_suppress_kicks wants it */
	struct virtqueue_place place;
	uint16_t next_available;	/* counters that run on and wrap */
	uint16_t next_used;
};

struct virtqueue_buffer {
	gpa_t gpa;
	uint32_t length;
};

/* One request: first the buffers that the device reads, then those that it writes. */
struct virtqueue_chain {
	struct virtqueue_buffer *buffers;	/* the caller's, and how many */
	unsigned capacity;
	unsigned count;
	unsigned readable_count;
	uint32_t readable;			/* bytes in all */
	uint32_t writable;
	uint16_t head;
};

/* device and index are for messages; device must outlive the queue, which is not live yet. */
void virtqueue_init(struct virtqueue *queue, const char *device, unsigned index,
		    struct guest_memory *memory, void (*broken)(void *context, const char *cause),
		    void *context);

/*
 * Begins at index 0.  -E_INVAL when size is no power of two up to
 * VIRTQ_SIZE_MAX, a part is not aligned (16, 2 and 4 bytes) or goes over
 * the end of the address space; the queue is not live then.
 */
int virtqueue_start(struct virtqueue *queue, const struct virtqueue_place *place, bool indirect);

/*
 * Goes on where another guest's queue is, whose memory is the same; after virtqueue_init.  Neither
 * has a request in flight that the device model does not copy too.
 */
void virtqueue_clone(struct virtqueue *queue, const struct virtqueue *from);

/* Stops the queue: it is not live any more. */
void virtqueue_stop(struct virtqueue *queue);

/*
 * Fetches the next request.  1 when there was one, 0 when there is none,
 * -E_INVAL when the queue is broken or not live.  chain->buffers and capacity
 * are set by the caller, and a chain with more buffers breaks the queue.
 */
int virtqueue_pop(struct virtqueue *queue, struct virtqueue_chain *chain);

/*
 * hears is called for each request of any queue that virtqueue_pop fetches from now on, on the
 * CPU that does; NULL: nothing is.  Boot CPU.
 */
void virtqueue_set_taken(void (*hears)(const struct virtqueue *queue,
				       const struct virtqueue_chain *chain));

/*
 * Puts back the last count requests that were fetched, to be fetched again; none of them, nor a
 * later one, may have been pushed.
 */
void virtqueue_unpop(struct virtqueue *queue, unsigned count);

/* Gives the request back, with written bytes (at most chain->writable) in it. */
void virtqueue_push(struct virtqueue *queue, const struct virtqueue_chain *chain, uint32_t written);

/*
 * Copy length bytes from the readable part, or to the writable part, at offset
 * in it.  False, and the queue is broken, when the guest's memory does not
 * reach so far; false as well when the part is too short, which the caller
 * excludes by chain->readable and chain->writable.
 */
bool __must_check virtqueue_read(struct virtqueue *queue, const struct virtqueue_chain *chain,
				 uint32_t offset, void *to, uint32_t length);
bool __must_check virtqueue_write(struct virtqueue *queue, const struct virtqueue_chain *chain,
				  uint32_t offset, const void *from, uint32_t length);

/* A place in the readable or the writable part of a chain. */
struct virtqueue_position {
	unsigned index;		/* of the buffer */
	unsigned end;		/* where the part ends */
	uint32_t offset;	/* in the buffer; may be beyond its end */
};

/* offset bytes into the readable, or the writable, part. */
struct virtqueue_position virtqueue_readable_at(const struct virtqueue_chain *chain,
						uint32_t offset);
struct virtqueue_position virtqueue_writable_at(const struct virtqueue_chain *chain,
						uint32_t offset);

/*
 * For copying without a stop in between: the next run of at most wanted bytes
 * that lie in one buffer, and *at behind them.  Returns how many they are and
 * where they lie in Umbra's address space (see guest_locate); 0 at the end of
 * the part, and when the guest's memory does not reach so far, which breaks the
 * queue.
 */
uint32_t virtqueue_next_piece(struct virtqueue *queue, const struct virtqueue_chain *chain,
			      struct virtqueue_position *at, uint32_t wanted, void **where);

/* False, and the queue is broken, when a buffer of the chain reaches outside the guest's memory. */
bool __must_check virtqueue_check_buffers(struct virtqueue *queue,
					  const struct virtqueue_chain *chain);

/* True when the guest wants to be interrupted for what was pushed. */
bool virtqueue_wants_interrupt(struct virtqueue *queue);

/*
 * Is there a request of the guest's that was not given back?  Without one the queue is no
 * reason for an interrupt until the guest does something.  True also where it cannot be told.
 */
bool virtqueue_has_in_flight(const struct virtqueue *queue);

/* Asks the guest not to kick.  After that was turned off again virtqueue_pop is due once more. */
void virtqueue_suppress_kicks(struct virtqueue *queue, bool suppress);

/* Breaks the queue: the guest did what text says.  Does nothing when it is not live. */
void virtqueue_break(struct virtqueue *queue, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * The legacy layout (virtio 1.0, 2.4.2): all parts in one piece from base on,
 * the used ring on the next multiple of align.  Returns the bytes it takes.
 */
uint32_t virtqueue_legacy_place(struct virtqueue_place *place, gpa_t base, uint16_t size,
				uint32_t align);

#endif

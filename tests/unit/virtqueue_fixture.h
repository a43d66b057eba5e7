/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * For tests of drivers/virtio/virtqueue.c: a queue of eight descriptors in a
 * pretended guest's memory, and the guest's hand.  Included by one source file
 * of each test program.
 */
#ifndef UMBRA_TESTS_UNIT_VIRTQUEUE_FIXTURE_H
#define UMBRA_TESTS_UNIT_VIRTQUEUE_FIXTURE_H

#include "drivers/virtio/virtqueue.h"
#include "lib/error.h"
#include "tests/unit/fake_guest_memory.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NEXT 1
#define WRITE 2
#define INDIRECT 4

#define MEMORY_SIZE 0x10000u
#define SIZE 8u
#define DESCRIPTORS 0x1000u
#define AVAILABLE 0x2000u
#define USED 0x3000u
#define BUFFERS 0x4000u
#define TABLE 0x8000u

struct fixture {
	struct guest_memory *memory;
	struct virtqueue queue;
	struct virtqueue_buffer buffers[SIZE];
	struct virtqueue_chain chain;
	uint16_t available;
	unsigned times_broken;
	char cause[256];
};

static inline void note_broken(void *context, const char *cause)
{
	struct fixture *f = context;

	f->times_broken++;
	snprintf(f->cause, sizeof(f->cause), "%s", cause);
}

static const struct virtqueue_place place = { DESCRIPTORS, AVAILABLE, USED, SIZE };

static inline int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	f->memory = fake_guest_memory_create(MEMORY_SIZE);
	virtqueue_init(&f->queue, "test", 3, f->memory, note_broken, f);
	assert_int_equal(virtqueue_start(&f->queue, &place, true), 0);
	f->chain.buffers = f->buffers;
	f->chain.capacity = SIZE;
	*state = f;
	return 0;
}

static inline int teardown(void **state)
{
	struct fixture *f = *state;

	fake_guest_memory_free(f->memory);
	free(f);
	return 0;
}

static inline void describe(struct fixture *f, unsigned index, uint64_t buffer, uint32_t length,
		     uint16_t flags, uint16_t next)
{
	fake_put_descriptor(f->memory, DESCRIPTORS + index * 16, buffer, length, flags, next);
}

static inline void describe_in_table(struct fixture *f, unsigned index, uint64_t buffer,
				     uint32_t length, uint16_t flags, uint16_t next)
{
	fake_put_descriptor(f->memory, TABLE + index * 16, buffer, length, flags, next);
}

static inline void offer(struct fixture *f, uint16_t head)
{
	fake_put16(f->memory, AVAILABLE + 4 + f->available % SIZE * 2, head);
	fake_put16(f->memory, AVAILABLE + 2, ++f->available);
}

static inline void expect_broken(struct fixture *f, const char *words)
{
	assert_int_equal(virtqueue_pop(&f->queue, &f->chain), -E_INVAL);
	assert_int_equal(f->times_broken, 1);
	assert_non_null(strstr(f->cause, "test queue 3: "));
	if (!strstr(f->cause, words))
		fail_msg("\"%s\" lacks \"%s\"", f->cause, words);
	/* It stays so, and says so once only. */
	assert_int_equal(virtqueue_pop(&f->queue, &f->chain), -E_INVAL);
	assert_false(virtqueue_wants_interrupt(&f->queue));
	virtqueue_push(&f->queue, &f->chain, 0);
	assert_int_equal(fake_get16(f->memory, USED + 2), 0);
	assert_int_equal(f->times_broken, 1);
}

#endif

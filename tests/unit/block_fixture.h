/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * For tests of the virtio block device without a transport: a disk of ordinary
 * memory that finishes requests at once, later or badly, and the hand of the
 * guest's driver.  Included by one source file of each test program.
 */
#ifndef UMBRA_TESTS_UNIT_BLOCK_FIXTURE_H
#define UMBRA_TESTS_UNIT_BLOCK_FIXTURE_H

#include "drivers/virtio/virtio_block.h"
#include "lib/error.h"
#include "tests/unit/fake_guest_memory.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NEXT 1
#define WRITE 2

#define MEMORY_SIZE 0x400000u
#define RINGS 0x1000u		/* three pages, legacy layout */
#define HEADERS 0x8000u		/* a header and a status byte for each descriptor, 32 bytes apart */
#define STATUS_OFFSET 24u
#define DATA 0x10000u
#define SECTORS 8192u		/* of the disk */
#define REQUESTS_MAX 64u	/* that the disk remembers */

#define TYPE_IN 0u
#define TYPE_OUT 1u
#define TYPE_FLUSH 4u
#define TYPE_GET_ID 8u
#define OK 0
#define IOERR 1
#define UNSUPP 2
#define UNTOUCHED 0xEE

struct fixture {
	struct guest_memory *memory;
	struct virtio_block block;
	struct virtqueue_place place;
	uint16_t available;
	unsigned interrupts, wakes, times_broken;
	uint32_t spent;			/* of others, as told with wakes */
	char cause[256];

	struct block_device disk;
	uint8_t *sectors;
	bool later;			/* requests finish when the test says so */
	int error;			/* and this is what becomes of them */
	struct block_request *waiting[REQUESTS_MAX];
	unsigned waiting_count, submitted, flushed, cancelled;
	unsigned cancels;		/* calls */
	uint64_t transferred;
};

static inline void transfer(struct fixture *f, const struct block_request *request)
{
	uint8_t *at = f->sectors + request->sector * BLOCK_SECTOR_SIZE;
	uint32_t length = 0;

	assert_true(block_has_range(&f->disk, request->sector, request->length));
	for (unsigned i = 0; i < request->segment_count; i++) {
		const struct block_segment *segment = &request->segments[i];

		assert_true(segment->length > 0);
		if (request->operation == BLOCK_READ)
			memcpy(segment->bytes, at + length, segment->length);
		else
			memcpy(at + length, segment->bytes, segment->length);
		length += segment->length;
	}
	assert_int_equal(length, request->length);
	assert_int_equal(length % BLOCK_SECTOR_SIZE, 0);
	f->transferred += length;
}

static inline int carry_out(struct fixture *f, const struct block_request *request)
{
	if (f->error)
		return f->error;
	if (request->operation == BLOCK_FLUSH)
		f->flushed++;
	else
		transfer(f, request);
	return 0;
}

static inline int fake_submit(struct block_device *device, struct block_request *request)
{
	struct fixture *f = container_of(device, struct fixture, disk);

	f->submitted++;
	assert_false(device->read_only && request->operation == BLOCK_WRITE);
	if (!f->later)
		return carry_out(f, request);
	assert_true(f->waiting_count < REQUESTS_MAX);
	f->waiting[f->waiting_count++] = request;
	return BLOCK_LATER;
}

static inline void forget(struct fixture *f, unsigned index)
{
	f->waiting[index] = f->waiting[--f->waiting_count];
}

static inline bool fake_cancel(struct block_device *device, struct block_request *const *list,
			       unsigned count)
{
	struct fixture *f = container_of(device, struct fixture, disk);

	f->cancels++;
	for (unsigned n = 0; n < count; n++) {
		for (unsigned i = 0; i < f->waiting_count; i++) {
			if (f->waiting[i] != list[n])
				continue;
			forget(f, i);
			f->cancelled++;
			break;
		}
	}
	return true;
}

/* The disk has finished what it was asked index-th of what it still has. */
static inline void finish(struct fixture *f, unsigned index)
{
	struct block_request *request = f->waiting[index];

	assert_true(index < f->waiting_count);
	forget(f, index);
	request->done(request, carry_out(f, request));
}

static const struct block_device_ops fake_ops = { fake_submit, fake_cancel };

static inline void note_wake(void *context, uint32_t spent)
{
	((struct fixture *)context)->wakes++;
	((struct fixture *)context)->spent += spent;
}

static inline void note_interrupt(struct virtio_device *device, unsigned queue)
{
	assert_int_equal(queue, 0);
	((struct fixture *)device->transport)->interrupts++;
}

static inline void note_broken(void *context, const char *cause)
{
	struct fixture *f = context;

	f->times_broken++;
	snprintf(f->cause, sizeof(f->cause), "%s", cause);
}

/* The driver starts the device anew, with empty rings. */
static inline void start_queue(struct fixture *f)
{
	memset(f->memory->bytes + RINGS, 0, 0x3000);
	f->available = 0;
	virtqueue_legacy_place(&f->place, gpa_make(RINGS), VIRTIO_QUEUE_SIZE, 4096);
	assert_int_equal(virtqueue_start(&f->block.queue, &f->place, false), 0);
}

static inline void attach(struct fixture *f)
{
	virtio_block_init(&f->block, "vda", &f->disk, "web-vda", note_wake, f);
	f->block.device.interrupt = note_interrupt;
	f->block.device.transport = f;
	virtqueue_init(&f->block.queue, f->block.device.name, 0, f->memory, note_broken, f);
	start_queue(f);
}

static inline int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	f->memory = fake_guest_memory_create(MEMORY_SIZE);
	f->sectors = malloc(SECTORS * BLOCK_SECTOR_SIZE);
	for (uint32_t i = 0; i < SECTORS * BLOCK_SECTOR_SIZE; i++)
		f->sectors[i] = (uint8_t)(i * 7 + (i >> BLOCK_SECTOR_SHIFT) * 3);
	f->disk = (struct block_device){
		.ops = &fake_ops, .sectors = SECTORS, .block_size = BLOCK_SECTOR_SIZE,
	};
	attach(f);
	*state = f;
	return 0;
}

static inline int teardown(void **state)
{
	struct fixture *f = *state;

	assert_true(virtio_block_close(&f->block));
	assert_int_equal(f->waiting_count, 0);
	fake_guest_memory_free(f->memory);
	free(f->sectors);
	free(f);
	return 0;
}

static inline void describe(struct fixture *f, unsigned index, uint64_t buffer, uint32_t length,
			    unsigned flags, unsigned next)
{
	fake_put_descriptor(f->memory, gpa_value(f->place.descriptors) + index * 16, buffer, length,
			    (uint16_t)flags, (uint16_t)next);
}

static inline void offer(struct fixture *f, unsigned head)
{
	uint32_t ring = gpa_value(f->place.available);

	fake_put16(f->memory, ring + 4 + f->available % VIRTIO_QUEUE_SIZE * 2, (uint16_t)head);
	fake_put16(f->memory, ring + 2, ++f->available);
}

static inline void kick(struct fixture *f)
{
	f->block.device.ops->kick(&f->block.device, 0);
}

static inline void service(struct fixture *f)
{
	f->block.device.ops->service(&f->block.device);
}

static inline uint32_t header_of(unsigned head)
{
	return HEADERS + head * 32;
}

static inline uint8_t status(struct fixture *f, unsigned head)
{
	return f->memory->bytes[header_of(head) + STATUS_OFFSET];
}

static inline unsigned used(struct fixture *f)
{
	return fake_get16(f->memory, gpa_value(f->place.used) + 2);
}

static inline uint32_t used_id(struct fixture *f, unsigned slot)
{
	return fake_get32(f->memory, gpa_value(f->place.used) + 4 + slot * 8);
}

static inline uint32_t used_length(struct fixture *f, unsigned slot)
{
	return fake_get32(f->memory, gpa_value(f->place.used) + 8 + slot * 8);
}

static inline void put_header(struct fixture *f, unsigned head, uint32_t type, uint64_t sector)
{
	fake_put32(f->memory, header_of(head), type);
	fake_put32(f->memory, header_of(head) + 4, 0);
	fake_put64(f->memory, header_of(head) + 8, sector);
	f->memory->bytes[header_of(head) + STATUS_OFFSET] = UNTOUCHED;
}

/* A request as Linux makes it: header, one buffer (none for length 0), status, from head on. */
static inline void request(struct fixture *f, unsigned head, uint32_t type, uint64_t sector,
			   uint32_t buffer, uint32_t length)
{
	unsigned last = length > 0 ? head + 2 : head + 1;

	put_header(f, head, type, sector);
	describe(f, head, header_of(head), 16, NEXT, head + 1);
	if (length > 0)
		describe(f, head + 1, buffer, length, NEXT | (type == TYPE_OUT ? 0 : WRITE), last);
	describe(f, last, header_of(head) + STATUS_OFFSET, 1, WRITE, 0);
	offer(f, head);
}

#define CHUNK 4096u

/* The guest has in its memory at buffer what the disk has from sector on. */
static inline void expect_disk(struct fixture *f, uint64_t sector, uint32_t buffer, uint32_t length)
{
	assert_memory_equal(f->memory->bytes + buffer, f->sectors + sector * BLOCK_SECTOR_SIZE,
			    length);
}

#define test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

#endif

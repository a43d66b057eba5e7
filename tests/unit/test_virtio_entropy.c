// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of the virtio entropy model without a transport.  Its random bytes are
 * 1, 2, 3 and so on, never 0, so that it shows who wrote what.
 */
#include "drivers/virtio/virtio_entropy.h"
#include "tests/unit/fake_guest_memory.h"
#include "tests/unit/unit.h"

#include <stdlib.h>
#include <string.h>

#define NEXT 1
#define WRITE 2

#define MEMORY_SIZE 0x80000u
#define RING 0x1000u
#define BUFFERS 0x10000u
#define BUDGET 4096u		/* bytes of one call, and 16 for each descriptor */

struct fixture {
	struct guest_memory *memory;
	struct virtio_entropy entropy;
	struct virtqueue_place place;
	uint16_t available;
	unsigned interrupts, times_broken;
	uint8_t next;
	uint64_t given;
};

static void fill(void *context, void *bytes, size_t size)
{
	struct fixture *f = context;

	for (size_t i = 0; i < size; i++) {
		((uint8_t *)bytes)[i] = ++f->next ? f->next : ++f->next;
		f->given++;
	}
}

static void interrupt(struct virtio_device *device, unsigned queue)
{
	assert_int_equal(queue, 0);
	((struct fixture *)device->transport)->interrupts++;
}

static void broken(void *context, const char *cause)
{
	assert_non_null(strstr(cause, "entropy queue 0"));
	((struct fixture *)context)->times_broken++;
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	f->memory = fake_guest_memory_create(MEMORY_SIZE);
	virtio_entropy_init(&f->entropy, fill, f);
	f->entropy.device.interrupt = interrupt;
	f->entropy.device.transport = f;
	virtqueue_init(&f->entropy.queue, "entropy", 0, f->memory, broken, f);
	virtqueue_legacy_place(&f->place, gpa_make(RING), 256, 4096);
	assert_int_equal(virtqueue_start(&f->entropy.queue, &f->place, false), 0);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	fake_guest_memory_free(f->memory);
	free(f);
	return 0;
}

static void describe(struct fixture *f, unsigned index, uint64_t buffer, uint32_t length,
		     uint16_t flags, uint16_t next)
{
	fake_put_descriptor(f->memory, gpa_value(f->place.descriptors) + index * 16, buffer, length,
			    flags, next);
}

static void offer(struct fixture *f, unsigned head)
{
	uint32_t ring = gpa_value(f->place.available);

	fake_put16(f->memory, ring + 4 + f->available % 256u * 2, (uint16_t)head);
	fake_put16(f->memory, ring + 2, ++f->available);
}

static void kick(struct fixture *f)
{
	f->entropy.device.ops->kick(&f->entropy.device, 0);
}

static void service(struct fixture *f)
{
	f->entropy.device.ops->service(&f->entropy.device);
}

static unsigned used(struct fixture *f)
{
	return fake_get16(f->memory, gpa_value(f->place.used) + 2);
}

static uint32_t used_length(struct fixture *f, unsigned slot)
{
	return fake_get32(f->memory, gpa_value(f->place.used) + 8 + slot * 8);
}

/* Bytes from address on that are not zero. */
static uint32_t written(struct fixture *f, uint32_t address)
{
	uint32_t count = 0;

	while (f->memory->bytes[address + count])
		count++;
	return count;
}

/* --- good guests ------------------------------------------------------------------- */

static void fills_a_buffer(void **state)
{
	struct fixture *f = *state;

	describe(f, 0, BUFFERS, 64, WRITE, 0);
	offer(f, 0);
	kick(f);
	assert_int_equal(used(f), 1);
	assert_int_equal(used_length(f, 0), 64);
	assert_int_equal(written(f, BUFFERS), 64);
	assert_int_equal(f->memory->bytes[BUFFERS], 1);
	assert_int_equal(f->memory->bytes[BUFFERS + 63], 64);
	assert_int_equal(f->interrupts, 1);
	assert_false(f->entropy.device.more_work);
	/* Each byte goes to one place only. */
	assert_int_equal(f->given, 64);
}

static void no_request_no_work(void **state)
{
	struct fixture *f = *state;

	kick(f);
	service(f);
	assert_int_equal(f->given, 0);
	assert_int_equal(f->interrupts, 0);
}

static void many_requests_one_interrupt(void **state)
{
	struct fixture *f = *state;

	for (unsigned i = 0; i < 8; i++) {
		describe(f, i, BUFFERS + i * 0x100, 1 + i, WRITE, 0);
		offer(f, i);
	}
	kick(f);
	assert_int_equal(used(f), 8);
	for (unsigned i = 0; i < 8; i++) {
		assert_int_equal(used_length(f, i), 1 + i);
		assert_int_equal(written(f, BUFFERS + i * 0x100), 1 + i);
	}
	assert_int_equal(f->interrupts, 1);
}

/* The pieces in which it is made do not show. */
static void chains_are_filled_in_order(void **state)
{
	struct fixture *f = *state;

	describe(f, 0, BUFFERS, 479, WRITE | NEXT, 1);
	describe(f, 1, BUFFERS + 0x1000, 3, WRITE | NEXT, 2);
	describe(f, 2, BUFFERS + 0x2000, 1000, WRITE, 0);
	offer(f, 0);
	kick(f);
	assert_int_equal(used_length(f, 0), 1482);
	assert_int_equal(written(f, BUFFERS), 479);
	assert_int_equal(written(f, BUFFERS + 0x1000), 3);
	assert_int_equal(written(f, BUFFERS + 0x2000), 1000);
	assert_int_equal(f->given, 1482);
}

static void guest_may_not_want_interrupts(void **state)
{
	struct fixture *f = *state;

	fake_put16(f->memory, gpa_value(f->place.available), 1);
	describe(f, 0, BUFFERS, 64, WRITE, 0);
	offer(f, 0);
	kick(f);
	assert_int_equal(used(f), 1);
	assert_int_equal(f->interrupts, 0);
}

/* --- odd and hostile guests ---------------------------------------------------------- */

static void large_buffers_get_a_part(void **state)
{
	struct fixture *f = *state;

	describe(f, 0, BUFFERS, 0x80000000, WRITE, 0);
	offer(f, 0);
	kick(f);
	assert_int_equal(f->times_broken, 0);
	assert_int_equal(used(f), 1);
	assert_int_equal(used_length(f, 0), ENTROPY_REQUEST_MAX);
	assert_int_equal(written(f, BUFFERS), ENTROPY_REQUEST_MAX);
}

/* 256 buffers of 2 GB: each call does its share, kicks add nothing, and it ends. */
static void work_is_bounded(void **state)
{
	struct fixture *f = *state;
	unsigned calls = 1;

	for (unsigned i = 0; i < 256; i++) {
		describe(f, i, BUFFERS, 0x80000000, WRITE, 0);
		offer(f, i);
	}
	kick(f);
	assert_true(f->entropy.device.more_work);
	assert_int_equal(f->given, BUDGET);
	for (unsigned i = 0; i < 100; i++)
		kick(f);
	assert_int_equal(f->given, BUDGET);
	while (f->entropy.device.more_work) {
		uint64_t before = f->given;

		service(f);
		assert_true(f->given - before <= BUDGET);
		assert_true(++calls <= 257);
	}
	assert_int_equal(used(f), 256);
	assert_int_equal(f->given, 256 * ENTROPY_REQUEST_MAX);
}

/* Requests for nothing, or that are to be read, cost work too. */
static void empty_requests_are_bounded(void **state)
{
	struct fixture *f = *state;

	for (unsigned i = 0; i < 256; i++) {
		describe(f, i, BUFFERS, i % 2 ? 0 : 64, i % 2 ? WRITE : 0, 0);
		offer(f, i);
	}
	kick(f);
	assert_int_equal(f->given, 0);
	assert_int_equal(used(f), BUDGET / 16);
	for (unsigned i = 0; i < BUDGET / 16; i++)
		assert_int_equal(used_length(f, i), 0);
}

static void readable_part_is_left_alone(void **state)
{
	struct fixture *f = *state;

	describe(f, 0, BUFFERS, 64, NEXT, 1);
	describe(f, 1, BUFFERS + 0x1000, 16, WRITE, 0);
	offer(f, 0);
	kick(f);
	assert_int_equal(used_length(f, 0), 16);
	assert_int_equal(written(f, BUFFERS), 0);
	assert_int_equal(written(f, BUFFERS + 0x1000), 16);
}

static void memory_that_is_not_there(void **state)
{
	struct fixture *f = *state;

	describe(f, 0, MEMORY_SIZE - 32, 64, WRITE, 0);
	offer(f, 0);
	offer(f, 0);
	kick(f);
	assert_int_equal(f->times_broken, 1);
	assert_int_equal(used(f), 0);
	assert_int_equal(f->interrupts, 0);
	kick(f);
	service(f);
	assert_int_equal(f->times_broken, 1);
	assert_false(f->entropy.device.more_work);
}

/* A buffer over the ring makes new requests: served within the budget, or the queue breaks. */
static void buffer_over_the_ring(void **state)
{
	struct fixture *f = *state;

	describe(f, 0, gpa_value(f->place.available), 4096, WRITE, 0);
	offer(f, 0);
	kick(f);
	for (unsigned i = 0; i < 1000 && f->entropy.device.more_work; i++) {
		uint64_t before = f->given;

		service(f);
		assert_true(f->given - before <= BUDGET + ENTROPY_REQUEST_MAX);
	}
	assert_true(f->times_broken <= 1);
}

static void reset_forgets(void **state)
{
	struct fixture *f = *state;

	for (unsigned i = 0; i < 4; i++) {
		describe(f, i, BUFFERS, 4096, WRITE, 0);
		offer(f, i);
	}
	kick(f);
	assert_true(f->entropy.device.more_work);
	virtqueue_stop(&f->entropy.queue);
	f->entropy.device.ops->reset(&f->entropy.device);
	assert_false(f->entropy.device.more_work);
	service(f);
	assert_int_equal(f->given, BUDGET);
	assert_int_equal(f->times_broken, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(fills_a_buffer),
		TEST(no_request_no_work),
		TEST(many_requests_one_interrupt),
		TEST(chains_are_filled_in_order),
		TEST(guest_may_not_want_interrupts),
		TEST(large_buffers_get_a_part),
		TEST(work_is_bounded),
		TEST(empty_requests_are_bounded),
		TEST(readable_part_is_left_alone),
		TEST(memory_that_is_not_there),
		TEST(buffer_over_the_ring),
		TEST(reset_forgets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

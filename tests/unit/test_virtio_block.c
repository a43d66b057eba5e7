// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of the virtio block model: what each request does, at once or later, and
 * what becomes of it when the guest resets the device.
 */
#include "lib/bytes.h"
#include "tests/unit/block_fixture.h"

static void test_identity(void **state)
{
	struct fixture *f = *state;
	const struct virtio_device *device = &f->block.device;

	assert_int_equal(device->id, 2);
	assert_int_equal(device->queue_count, 1);
	assert_int_equal(device->config_size, 24);
	assert_int_equal(load_le64(device->config), SECTORS);
	assert_int_equal(load_le32(device->config + 12), 126);
	assert_int_equal(load_le32(device->config + 20), 512);
	/* seg_max, blk_size, flush, indirect descriptors. */
	assert_true(device->offered == (1u << 2 | 1u << 6 | 1u << 9 | 1u << 28));
	f->disk.read_only = true;
	f->disk.block_size = 4096;
	attach(f);
	assert_int_equal(load_le32(device->config + 20), 4096);
	assert_true(device->offered == (1u << 2 | 1u << 5 | 1u << 6 | 1u << 9 | 1u << 28));
}

static void test_read(void **state)
{
	struct fixture *f = *state;

	request(f, 0, TYPE_IN, 5, DATA, CHUNK);
	kick(f);
	assert_int_equal(status(f, 0), OK);
	expect_disk(f, 5, DATA, CHUNK);
	assert_int_equal(f->memory->bytes[DATA + CHUNK], 0);
	assert_int_equal(used(f), 1);
	assert_int_equal(used_id(f, 0), 0);
	assert_int_equal(used_length(f, 0), CHUNK + 1);
	assert_int_equal(f->interrupts, 1);
	assert_int_equal(f->wakes, 0);
	assert_false(f->block.device.more_work);
}

static void test_write(void **state)
{
	struct fixture *f = *state;
	uint8_t before[BLOCK_SECTOR_SIZE];

	memcpy(before, f->sectors + (SECTORS - 2) * BLOCK_SECTOR_SIZE, sizeof(before));
	memset(f->memory->bytes + DATA, 0x5A, BLOCK_SECTOR_SIZE);
	request(f, 4, TYPE_OUT, SECTORS - 1, DATA, BLOCK_SECTOR_SIZE);
	kick(f);
	assert_int_equal(status(f, 4), OK);
	expect_disk(f, SECTORS - 1, DATA, BLOCK_SECTOR_SIZE);
	assert_memory_equal(before, f->sectors + (SECTORS - 2) * BLOCK_SECTOR_SIZE, sizeof(before));
	assert_int_equal(used_id(f, 0), 4);
	assert_int_equal(used_length(f, 0), 1);
}

/* Linux 2.6.32 sets the bit of barriers without having been offered them. */
static void test_barrier_bit(void **state)
{
	struct fixture *f = *state;

	memset(f->memory->bytes + DATA, 0x77, BLOCK_SECTOR_SIZE);
	request(f, 0, TYPE_OUT, 3, DATA, BLOCK_SECTOR_SIZE);
	fake_put32(f->memory, header_of(0), TYPE_OUT | 0x80000000);
	kick(f);
	assert_int_equal(status(f, 0), OK);
	expect_disk(f, 3, DATA, BLOCK_SECTOR_SIZE);
}

static void test_flush(void **state)
{
	struct fixture *f = *state;

	request(f, 0, TYPE_FLUSH, 0, 0, 0);
	request(f, 3, 5, 0, 0, 0);
	kick(f);
	assert_int_equal(f->flushed, 2);
	assert_int_equal(status(f, 0), OK);
	assert_int_equal(status(f, 3), OK);
	assert_int_equal(used_length(f, 0), 1);
	f->error = -E_IO;
	request(f, 6, TYPE_FLUSH, 0, 0, 0);
	kick(f);
	assert_int_equal(status(f, 6), IOERR);
}

static void test_id(void **state)
{
	struct fixture *f = *state;

	memset(f->memory->bytes + DATA, 0xEE, 64);
	request(f, 0, TYPE_GET_ID, 0, DATA, 20);
	request(f, 3, TYPE_GET_ID, 0, DATA + 64, 5);
	request(f, 6, TYPE_GET_ID, 0, DATA + 128, 40);
	request(f, 9, TYPE_GET_ID, 0, 0, 0);
	kick(f);
	assert_memory_equal(f->memory->bytes + DATA, "web-vda\0\0\0\0\0\0\0\0\0\0\0\0\0", 20);
	assert_int_equal(f->memory->bytes[DATA + 20], 0xEE);
	assert_memory_equal(f->memory->bytes + DATA + 64, "web-v\0", 6);
	assert_int_equal(used_length(f, 0), 21);
	assert_int_equal(used_length(f, 1), 6);
	assert_int_equal(used_length(f, 2), 20);
	assert_int_equal(used_length(f, 3), 1);
	for (unsigned head = 0; head <= 9; head += 3)
		assert_int_equal(status(f, head), OK);
	assert_int_equal(f->submitted, 0);
}

/* A request that is cut up in any way, header and status included, is the same request. */
static void test_scatter(void **state)
{
	struct fixture *f = *state;
	uint32_t length = 3 * BLOCK_SECTOR_SIZE;
	unsigned index = 0;

	/* The header in 16 bytes of their own, the data in pieces of 1, 2, 3 ... bytes. */
	put_header(f, 0, TYPE_IN, 9);
	for (unsigned i = 0; i < 16; i++, index++)
		describe(f, index, header_of(0) + i, 1, NEXT, index + 1);
	for (uint32_t done = 0, piece = 1; done < length; done += piece, piece++, index++) {
		piece = MIN(piece, length - done);
		describe(f, index, DATA + done, piece, NEXT | WRITE, index + 1);
	}
	/* An empty buffer does no harm. */
	describe(f, index, DATA, 0, NEXT | WRITE, index + 1);
	describe(f, index + 1, header_of(0) + STATUS_OFFSET, 1, WRITE, 0);
	offer(f, 0);
	kick(f);
	assert_int_equal(status(f, 0), OK);
	expect_disk(f, 9, DATA, length);
	assert_int_equal(used_length(f, 0), length + 1);
}

/* Virtio 1.0, 2.4.4: header and data in one buffer, or data and status. */
static void test_joined_buffers(void **state)
{
	struct fixture *f = *state;

	put_header(f, 0, TYPE_OUT, 2);
	memcpy(f->memory->bytes + DATA, f->memory->bytes + header_of(0), 16);
	memset(f->memory->bytes + DATA + 16, 0x3C, BLOCK_SECTOR_SIZE);
	describe(f, 0, DATA, 16 + BLOCK_SECTOR_SIZE, NEXT, 1);
	describe(f, 1, header_of(0) + STATUS_OFFSET, 1, WRITE, 0);
	offer(f, 0);

	put_header(f, 2, TYPE_IN, 2);
	describe(f, 2, header_of(2), 16, NEXT, 3);
	describe(f, 3, DATA + CHUNK, BLOCK_SECTOR_SIZE + 1, WRITE, 0);
	f->memory->bytes[DATA + CHUNK + BLOCK_SECTOR_SIZE] = UNTOUCHED;
	offer(f, 2);
	kick(f);
	assert_int_equal(status(f, 0), OK);
	expect_disk(f, 2, DATA + 16, BLOCK_SECTOR_SIZE);
	expect_disk(f, 2, DATA + CHUNK, BLOCK_SECTOR_SIZE);
	assert_int_equal(f->memory->bytes[DATA + CHUNK + BLOCK_SECTOR_SIZE], OK);
}

static void test_disk_fails(void **state)
{
	struct fixture *f = *state;

	f->error = -E_IO;
	request(f, 0, TYPE_IN, 0, DATA, CHUNK);
	request(f, 3, TYPE_OUT, 0, DATA, CHUNK);
	kick(f);
	assert_int_equal(status(f, 0), IOERR);
	assert_int_equal(used_length(f, 0), 0);
	assert_int_equal(status(f, 3), IOERR);
}

/* Of several requests in one call the guest hears once. */
static void test_interrupts(void **state)
{
	struct fixture *f = *state;

	for (unsigned i = 0; i < 20; i++)
		request(f, 3 * i, TYPE_IN, i, DATA + i * CHUNK, CHUNK);
	kick(f);
	assert_int_equal(used(f), 20);
	assert_int_equal(f->interrupts, 1);
	fake_put16(f->memory, gpa_value(f->place.available), 1);
	request(f, 0, TYPE_IN, 0, DATA, CHUNK);
	kick(f);
	assert_int_equal(used(f), 21);
	assert_int_equal(f->interrupts, 1);
	/* Nothing to do is nothing to tell. */
	kick(f);
	service(f);
	assert_int_equal(f->interrupts, 1);
}

#define LATER_COUNT 12u

static void test_later(void **state)
{
	struct fixture *f = *state;

	f->later = true;
	for (unsigned i = 0; i < LATER_COUNT; i++)
		request(f, 3 * i, TYPE_IN, 8 * i, DATA + i * CHUNK, CHUNK);
	kick(f);
	assert_int_equal(f->waiting_count, VIRTIO_BLOCK_REQUESTS);
	assert_int_equal(used(f), 0);
	assert_int_equal(f->interrupts, 0);
	assert_false(f->block.device.more_work);
	/* Out of order; the guest hears of it in the call after. */
	f->waiting[5]->spent = 300;
	finish(f, 5);
	f->waiting[1]->spent = 50;
	finish(f, 1);
	assert_int_equal(f->wakes, 2);
	assert_int_equal(f->spent, 350);
	assert_int_equal(used(f), 0);
	service(f);
	assert_int_equal(used(f), 2);
	assert_int_equal(used_id(f, 0), 3);
	assert_int_equal(used_id(f, 1), 15);
	assert_int_equal(f->interrupts, 1);
	/* There was room for two more. */
	assert_int_equal(f->waiting_count, VIRTIO_BLOCK_REQUESTS);
	while (f->waiting_count > 0) {
		finish(f, 0);
		service(f);
	}
	assert_int_equal(used(f), LATER_COUNT);
	for (unsigned i = 0; i < LATER_COUNT; i++) {
		assert_int_equal(status(f, 3 * i), OK);
		expect_disk(f, 8 * i, DATA + i * CHUNK, CHUNK);
	}
}

static void test_later_pieces_and_errors(void **state)
{
	struct fixture *f = *state;

	f->later = true;
	request(f, 0, TYPE_IN, 0, 0x20000, 0x100000);
	request(f, 3, TYPE_FLUSH, 0, 0, 0);
	kick(f);
	assert_int_equal(f->waiting_count, 2);
	assert_int_equal(f->waiting[0]->length, 0x80000);
	finish(f, 0);
	service(f);
	assert_int_equal(used(f), 0);
	assert_int_equal(f->waiting_count, 2);
	finish(f, 0);
	assert_int_equal(f->flushed, 1);
	f->error = -E_IO;
	finish(f, 0);
	service(f);
	assert_int_equal(status(f, 3), OK);
	assert_int_equal(status(f, 0), IOERR);
	/* The first piece came; the length promises no more than that. */
	assert_int_equal(used_length(f, 0), 0x80000);
}

static bool reset(struct fixture *f)
{
	virtqueue_stop(&f->block.queue);
	f->block.device.ops->reset(&f->block.device);
	return f->block.device.ops->is_at_rest(&f->block.device);
}

/*
 * What is under way when the guest resets the device is finished by the disk, unheard; the rest
 * is not begun.  Nobody waits for it, and the disk is asked for nothing.
 */
static void test_reset(void **state)
{
	struct fixture *f = *state;

	f->later = true;
	for (unsigned i = 0; i < 3; i++)
		request(f, 3 * i, TYPE_OUT, 8 * i, DATA, CHUNK);
	request(f, 9, TYPE_IN, 0, 0x20000, 0x100000);	/* in two pieces */
	kick(f);
	assert_int_equal(f->waiting_count, 4);
	assert_false(reset(f));
	assert_int_equal(f->cancels, 0);
	service(f);
	while (f->waiting_count > 0) {
		assert_false(reset(f));
		finish(f, 0);
	}
	assert_true(reset(f));
	assert_int_equal(f->submitted, 4);
	assert_int_equal(f->block.busy, 0);
	service(f);
	assert_int_equal(used(f), 0);
	assert_int_equal(status(f, 0), UNTOUCHED);

	f->later = false;
	start_queue(f);
	request(f, 6, TYPE_IN, 1, DATA, CHUNK);
	kick(f);
	assert_int_equal(used(f), 1);
	assert_int_equal(used_id(f, 0), 6);
	assert_int_equal(status(f, 6), OK);
}

/* A guest that does not wait for the end of its reset: what it asks then has what room is left. */
static void test_start_during_reset(void **state)
{
	struct fixture *f = *state;

	f->later = true;
	for (unsigned i = 0; i < VIRTIO_BLOCK_REQUESTS - 1; i++)
		request(f, 3 * i, TYPE_OUT, 8 * i, DATA, CHUNK);
	kick(f);
	for (unsigned round = 0; round < 5; round++) {
		assert_false(reset(f));
		start_queue(f);
		request(f, 30, TYPE_IN, 1, DATA, CHUNK);
		request(f, 33, TYPE_IN, 2, DATA, CHUNK);
		kick(f);
		assert_int_equal(f->waiting_count, VIRTIO_BLOCK_REQUESTS);
	}
	assert_int_equal(f->submitted, VIRTIO_BLOCK_REQUESTS);
	while (f->waiting_count > 0)
		finish(f, 0);
	assert_int_equal(used(f), 0);
	service(f);
	assert_int_equal(f->waiting_count, 2);
	while (f->waiting_count > 0)
		finish(f, 0);
	service(f);
	assert_int_equal(used(f), 2);
	assert_int_equal(status(f, 30), OK);
	assert_int_equal(status(f, 33), OK);
	assert_true(reset(f));
	assert_int_equal(f->cancels, 0);
}

static void test_reset_with_budget_spent(void **state)
{
	struct fixture *f = *state;

	request(f, 0, TYPE_IN, 0, 0x20000, 0x380000);
	kick(f);
	assert_true(f->block.device.more_work);
	assert_true(reset(f));
	assert_false(f->block.device.more_work);
	start_queue(f);
	service(f);
	assert_int_equal(used(f), 0);
	assert_int_equal(f->cancelled, 0);
}

/* The disk is told of all requests at once, of those from before a reset too. */
static void test_close(void **state)
{
	struct fixture *f = *state;

	f->later = true;
	request(f, 0, TYPE_OUT, 8, DATA, CHUNK);
	kick(f);
	assert_false(reset(f));
	start_queue(f);
	request(f, 3, TYPE_OUT, 8, DATA, CHUNK);
	request(f, 6, TYPE_OUT, 8, DATA, CHUNK);
	kick(f);
	assert_int_equal(f->waiting_count, 3);
	assert_true(virtio_block_close(&f->block));
	assert_int_equal(f->cancels, 1);
	assert_int_equal(f->cancelled, 3);
	assert_int_equal(f->waiting_count, 0);
}

/* Even when nothing is under way: so that no call of `wake` is, either. */
static void test_close_at_rest(void **state)
{
	struct fixture *f = *state;

	assert_true(virtio_block_close(&f->block));
	assert_int_equal(f->cancels, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(test_identity),
		test(test_read),
		test(test_write),
		test(test_barrier_bit),
		test(test_flush),
		test(test_id),
		test(test_scatter),
		test(test_joined_buffers),
		test(test_disk_fails),
		test(test_interrupts),
		test(test_later),
		test(test_later_pieces_and_errors),
		test(test_reset),
		test(test_start_during_reset),
		test(test_reset_with_budget_spent),
		test(test_close),
		test(test_close_at_rest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

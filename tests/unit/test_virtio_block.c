// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of the virtio block model: what each request does, and what a hostile
 * one does not.
 */
#include "lib/bytes.h"
#include "tests/unit/block_fixture.h"

#define CHUNK 4096u

static void expect_disk(struct fixture *f, uint64_t sector, uint32_t buffer, uint32_t length)
{
	assert_memory_equal(f->memory->bytes + buffer, f->sectors + sector * BLOCK_SECTOR_SIZE,
			    length);
}

static void expect_broken(struct fixture *f, const char *words)
{
	kick(f);
	assert_int_equal(f->times_broken, 1);
	if (!strstr(f->cause, words))
		fail_msg("\"%s\" lacks \"%s\"", f->cause, words);
	assert_int_equal(used(f), 0);
	assert_int_equal(f->interrupts, 0);
	assert_int_equal(f->submitted, 0);
	kick(f);
	service(f);
	assert_int_equal(f->times_broken, 1);
}

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
	attach(f);
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

static void test_unknown_types(void **state)
{
	static const uint32_t types[] = { 2, 3, 6, 7, 9, 11, 0x100, 0x40000000, 0x7FFFFFFF, 0x80000002 };
	struct fixture *f = *state;

	for (unsigned i = 0; i < ARRAY_SIZE(types); i++)
		request(f, 3 * i, types[i], 0, DATA, BLOCK_SECTOR_SIZE);
	kick(f);
	assert_int_equal(used(f), ARRAY_SIZE(types));
	for (unsigned i = 0; i < ARRAY_SIZE(types); i++) {
		assert_int_equal(status(f, 3 * i), UNSUPP);
		assert_int_equal(used_length(f, i), 0);
	}
	assert_int_equal(f->submitted, 0);
	assert_int_equal(f->memory->bytes[DATA], 0);
}

/* Beyond the disk, overflowing, or not in sectors: an error, and nothing is read or written. */
static void test_bad_ranges(void **state)
{
	static const struct { uint64_t sector; uint32_t length; } bad[] = {
		{ SECTORS, 512 }, { SECTORS - 1, 1024 }, { SECTORS - 7, 4096 }, { UINT64_MAX, 512 },
		{ UINT64_MAX - 7, 4096 }, { 1ull << 55, 512 }, { 1ull << 32, 512 }, { SECTORS + 1, 512 },
		{ 0, 1 }, { 0, 511 }, { 0, 513 }, { 0, 4095 }, { SECTORS, 1 }, { UINT64_MAX, 511 },
	};
	struct fixture *f = *state;
	uint8_t *before = malloc(SECTORS * BLOCK_SECTOR_SIZE);

	memcpy(before, f->sectors, SECTORS * BLOCK_SECTOR_SIZE);
	for (unsigned i = 0; i < ARRAY_SIZE(bad); i++) {
		request(f, 6 * i, TYPE_IN, bad[i].sector, DATA, bad[i].length);
		request(f, 6 * i + 3, TYPE_OUT, bad[i].sector, DATA, bad[i].length);
	}
	kick(f);
	assert_int_equal(used(f), 2 * ARRAY_SIZE(bad));
	for (unsigned i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_int_equal(status(f, 6 * i), IOERR);
		assert_int_equal(status(f, 6 * i + 3), IOERR);
		assert_int_equal(used_length(f, 2 * i), 0);
	}
	assert_int_equal(f->submitted, 0);
	assert_memory_equal(before, f->sectors, SECTORS * BLOCK_SECTOR_SIZE);
	for (uint32_t i = 0; i < 8192; i++)
		assert_int_equal(f->memory->bytes[DATA + i], 0);
	free(before);
}

static void test_read_only(void **state)
{
	struct fixture *f = *state;

	f->disk.read_only = true;
	attach(f);
	request(f, 0, TYPE_OUT, 0, DATA, BLOCK_SECTOR_SIZE);
	request(f, 3, TYPE_IN, 0, DATA, BLOCK_SECTOR_SIZE);
	request(f, 6, TYPE_FLUSH, 0, 0, 0);
	kick(f);
	assert_int_equal(status(f, 0), IOERR);
	assert_int_equal(status(f, 3), OK);
	assert_int_equal(status(f, 6), OK);
	assert_int_equal(f->submitted, 2);
}

static void test_no_data(void **state)
{
	struct fixture *f = *state;

	request(f, 0, TYPE_IN, 0, 0, 0);
	request(f, 3, TYPE_OUT, SECTORS, 0, 0);
	request(f, 6, TYPE_OUT, SECTORS + 1, 0, 0);
	kick(f);
	assert_int_equal(status(f, 0), OK);
	assert_int_equal(status(f, 3), OK);
	assert_int_equal(status(f, 6), IOERR);
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

static void test_short_header(void **state)
{
	struct fixture *f = *state;

	put_header(f, 0, TYPE_IN, 0);
	describe(f, 0, header_of(0), 15, NEXT, 1);
	describe(f, 1, header_of(0) + STATUS_OFFSET, 1, WRITE, 0);
	offer(f, 0);
	describe(f, 2, header_of(2) + STATUS_OFFSET, 1, WRITE, 0);
	offer(f, 2);
	kick(f);
	assert_int_equal(status(f, 0), IOERR);
	assert_int_equal(status(f, 2), IOERR);
	assert_int_equal(used(f), 2);
	assert_int_equal(f->times_broken, 0);
}

static void test_no_status(void **state)
{
	struct fixture *f = *state;

	put_header(f, 0, TYPE_OUT, 0);
	describe(f, 0, header_of(0), 16, NEXT, 1);
	describe(f, 1, DATA, BLOCK_SECTOR_SIZE, 0, 0);
	offer(f, 0);
	expect_broken(f, "vda queue 0: a request without room for its status");
}

/* All buffers are looked at before anything is done. */
static void test_buffers_outside(void **state)
{
	static const struct { uint32_t header, data, status; } bad[] = {
		{ HEADERS, DATA, MEMORY_SIZE }, { HEADERS, MEMORY_SIZE - 511, HEADERS + 24 },
		{ HEADERS, 0xFFFFFD00, HEADERS + 24 }, { MEMORY_SIZE - 15, DATA, HEADERS + 24 },
	};

	for (unsigned i = 0; i < ARRAY_SIZE(bad); i++) {
		for (uint32_t type = TYPE_IN; type <= TYPE_OUT; type++) {
			struct fixture *f;

			setup((void **)&f);
			put_header(f, 0, type, 0);
			describe(f, 0, bad[i].header, 16, NEXT, 1);
			describe(f, 1, DATA, CHUNK, NEXT | (type == TYPE_IN ? WRITE : 0), 2);
			describe(f, 2, bad[i].data, 512, NEXT | (type == TYPE_IN ? WRITE : 0), 3);
			describe(f, 3, bad[i].status, 1, WRITE, 0);
			offer(f, 0);
			expect_broken(f, "reaches outside memory");
			assert_int_equal(f->memory->bytes[DATA], 0);
			teardown((void **)&f);
		}
	}
	(void)state;
}

static uint32_t changes_left;

/* A second processor makes a read of one sector a write of many, as soon as the header was read. */
static void change_header(struct guest_memory *memory, uint32_t address, uint32_t length)
{
	if (address != HEADERS || length == 0)
		return;
	changes_left--;
	fake_put32(memory, HEADERS, TYPE_OUT);
	fake_put64(memory, HEADERS + 8, SECTORS);
}

static void test_header_changes(void **state)
{
	struct fixture *f = *state;

	changes_left = 1;
	f->memory->after_read = change_header;
	request(f, 0, TYPE_IN, 7, DATA, BLOCK_SECTOR_SIZE);
	kick(f);
	assert_int_equal(changes_left, 0);
	assert_int_equal(status(f, 0), OK);
	expect_disk(f, 7, DATA, BLOCK_SECTOR_SIZE);
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

static unsigned run_until_idle(struct fixture *f, uint64_t most)
{
	unsigned calls = 1;

	kick(f);
	while (f->block.device.more_work) {
		uint64_t before = f->transferred;

		assert_true(calls++ < 1000);
		service(f);
		assert_true(f->transferred - before <= most);
	}
	return calls;
}

/* Whatever is asked for, a call moves no more than a megabyte and a half. */
static void test_bounded(void **state)
{
	struct fixture *f = *state;

	/* The disk is 4 MB. */
	request(f, 0, TYPE_IN, 0, 0x20000, 0x380000);
	request(f, 3, TYPE_IN, 0, 0x20000, 0x380000);
	kick(f);
	assert_true(f->transferred <= 0x180000);
	assert_true(f->block.device.more_work);
	assert_int_equal(used(f), 0);
	assert_true(run_until_idle(f, 0x180000) > 3);
	assert_int_equal(used(f), 2);
	assert_int_equal(status(f, 0), OK);
	assert_int_equal(used_length(f, 0), 0x380001);
	expect_disk(f, 0, 0x20000, 0x380000);
	assert_int_equal(f->transferred, 2 * 0x380000);
}

/* What drivers ask for in one go is done in one: half a megabyte in pages, or 4 KB often. */
static void test_common_sizes(void **state)
{
	struct fixture *f = *state;

	request(f, 0, TYPE_IN, 0, 0x20000, 0x80000);
	assert_int_equal(run_until_idle(f, 0), 1);
	for (unsigned i = 0; i < 85; i++)
		request(f, 3 * i, TYPE_IN, i, 0x20000, CHUNK);
	assert_int_equal(run_until_idle(f, 0), 1);
	assert_int_equal(used(f), 86);
}

/* The data is the next announcement in the available ring: it goes on for ever, but not in one call. */
static void test_data_over_ring(void **state)
{
	struct fixture *f = *state;

	for (uint32_t i = 0; i < SECTORS; i++)
		store_le16(f->sectors + i * BLOCK_SECTOR_SIZE, (uint16_t)(i + 2));
	request(f, 0, TYPE_IN, 0, gpa_value(f->place.available) + 2, BLOCK_SECTOR_SIZE);
	kick(f);
	assert_true(used(f) > 0);
	for (unsigned i = 0; i < 100; i++) {
		uint64_t before = f->transferred;

		service(f);
		assert_true(f->transferred - before <= 0x180000);
	}
	assert_true(f->times_broken <= 1);
}

static void test_many_empty_requests(void **state)
{
	struct fixture *f = *state;
	unsigned calls;

	/* 256 announcements of one chain that has all 256 descriptors. */
	put_header(f, 0, TYPE_IN, 0);
	describe(f, 0, header_of(0), 16, NEXT, 1);
	for (unsigned i = 1; i < 255; i++)
		describe(f, i, DATA, 0, NEXT | WRITE, i + 1);
	describe(f, 255, header_of(0) + STATUS_OFFSET, 1, WRITE, 0);
	for (unsigned i = 0; i < 256; i++)
		offer(f, 0);
	calls = run_until_idle(f, 0);
	assert_true(calls >= 8 && calls <= 16);
	assert_int_equal(used(f), 256);
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
	finish(f, 5);
	finish(f, 1);
	assert_int_equal(f->wakes, 2);
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

/* What is under way when the guest resets the device is given up, finished or not. */
static void test_reset(void **state)
{
	struct fixture *f = *state;

	f->later = true;
	for (unsigned i = 0; i < 3; i++)
		request(f, 3 * i, TYPE_OUT, 8 * i, DATA, CHUNK);
	kick(f);
	assert_int_equal(f->waiting_count, 3);
	virtqueue_stop(&f->block.queue);
	f->block.device.ops->reset(&f->block.device);
	assert_int_equal(f->cancelled, 3);
	assert_int_equal(f->waiting_count, 0);
	service(f);
	assert_int_equal(used(f), 0);

	f->later = false;
	start_queue(f);
	request(f, 6, TYPE_IN, 1, DATA, CHUNK);
	kick(f);
	assert_int_equal(used(f), 1);
	assert_int_equal(used_id(f, 0), 6);
	assert_int_equal(status(f, 6), OK);
}

static void test_reset_with_budget_spent(void **state)
{
	struct fixture *f = *state;

	request(f, 0, TYPE_IN, 0, 0x20000, 0x380000);
	kick(f);
	assert_true(f->block.device.more_work);
	virtqueue_stop(&f->block.queue);
	f->block.device.ops->reset(&f->block.device);
	assert_false(f->block.device.more_work);
	start_queue(f);
	service(f);
	assert_int_equal(used(f), 0);
	assert_int_equal(f->cancelled, 0);
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
		test(test_unknown_types),
		test(test_bad_ranges),
		test(test_read_only),
		test(test_no_data),
		test(test_scatter),
		test(test_joined_buffers),
		test(test_short_header),
		test(test_no_status),
		cmocka_unit_test(test_buffers_outside),
		test(test_header_changes),
		test(test_disk_fails),
		test(test_interrupts),
		test(test_bounded),
		test(test_common_sizes),
		test(test_data_over_ring),
		test(test_many_empty_requests),
		test(test_later),
		test(test_later_pieces_and_errors),
		test(test_reset),
		test(test_reset_with_budget_spent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

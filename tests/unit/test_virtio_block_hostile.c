// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of the virtio block model: requests that make no sense, change under it, or ask
 * for more than one call may do.
 */
#include "lib/bytes.h"
#include "tests/unit/block_fixture.h"

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

static void test_unknown_types(void **state)
{
	static const uint32_t types[] = { 2, 3, 6, 7, 9, 11, 0x100, 0x40000000, 0x7FFFFFFF,
					  0x80000002 };
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
		{ UINT64_MAX - 7, 4096 }, { 1ull << 55, 512 }, { 1ull << 32, 512 },
		{ SECTORS + 1, 512 },
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

/* Data read over the available ring makes new requests for ever, but not in one call. */
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(test_unknown_types),
		test(test_bad_ranges),
		test(test_read_only),
		test(test_no_data),
		test(test_short_header),
		test(test_no_status),
		cmocka_unit_test(test_buffers_outside),
		test(test_header_changes),
		test(test_bounded),
		test(test_common_sizes),
		test(test_data_over_ring),
		test(test_many_empty_requests),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * How the device treats requests: it writes what it says and nothing else.
 */
#include "guest/runtime/entropy.h"
#include "guest/runtime/layout.h"
#include "guest/runtime/report.h"
#include "guest/runtime/string.h"
#include "guest/runtime/virtio.h"

#define SPACE_SIZE 65536u
#define MARK 0xA5u

static uint8_t space[SPACE_SIZE];

/* One request for length bytes at offset of the space, which is all MARK before. */
static uint32_t request(uint32_t offset, uint32_t length)
{
	struct virtqueue_buffer buffer = {phys_of(space + offset), length};

	memset(space, MARK, sizeof(space));
	return entropy_request(&buffer, 1);
}

/* Whether all from start to end is as it was. */
static bool untouched(uint32_t start, uint32_t end)
{
	for (uint32_t i = start; i < end; i++)
		if (space[i] != MARK)
			return false;
	return true;
}

/* Of size random bytes so many are MARK by chance that at most this may be taken for untouched. */
static bool touched(uint32_t start, uint32_t size)
{
	uint32_t same = 0;

	for (uint32_t i = start; i < start + size; i++)
		same += space[i] == MARK;
	return same <= size / 16 + 3;
}

TEST(device, shape)
{
	struct virtio virtio;

	CHECK(virtio_open(&virtio, LGUEST_DEVICE_ENTROPY), "no device");
	CHECK(virtio_queue_count(&virtio) == 1, "%u queues", virtio_queue_count(&virtio));
}

TEST(device, writes_what_it_says)
{
	static const uint32_t lengths[] = {1, 2, 3, 31, 32, 33, 63, 64, 65,
					   479, 480, 481, 512, 4096};

	for (uint32_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		uint32_t length = lengths[i];
		uint32_t offset = 4000 + i;

		CHECK(request(offset, length) == length, "%u bytes are not given", length);
		CHECK(touched(offset, length), "%u bytes are not filled", length);
		CHECK(untouched(0, offset) && untouched(offset + length, SPACE_SIZE),
		      "a request for %u bytes spills", length);
	}
}

/* It may give less than asked for (5.4.6), but must give something. */
TEST(device, large_request)
{
	uint32_t got = request(0, SPACE_SIZE);

	CHECK(got > 0 && got <= SPACE_SIZE, "%u bytes", got);
	CHECK(touched(0, got), "%u bytes are not filled", got);
	CHECK(untouched(got, SPACE_SIZE), "more than %u bytes are written", got);
}

TEST(device, huge_request)
{
	uint32_t got = request(0, 0x80000000);

	CHECK(got > 0 && got <= SPACE_SIZE, "%u bytes", got);
	CHECK(untouched(got, SPACE_SIZE), "more than %u bytes are written", got);
}

TEST(device, empty_request)
{
	CHECK(request(0, 0) == 0, "bytes for nothing");
	CHECK(untouched(0, SPACE_SIZE), "something was written");
}

TEST(device, chain)
{
	struct virtqueue_buffer buffers[16];

	memset(space, MARK, sizeof(space));
	for (uint32_t i = 0; i < 16; i++)
		buffers[i] = (struct virtqueue_buffer){phys_of(space + 256 * i), 10 + i};
	CHECK(entropy_request(buffers, 16) == 16 * 10 + 120, "not all are filled");
	for (uint32_t i = 0; i < 16; i++) {
		CHECK(touched(256 * i, 10 + i), "buffer %u is not filled", i);
		CHECK(untouched(256 * i + 10 + i, 256 * i + 256), "buffer %u spills", i);
	}
}

TEST(device, again_after_reset)
{
	uint8_t before[16], after[16];

	entropy_read(before, sizeof(before));
	CHECK(entropy_start(), "does not start again");
	entropy_read(after, sizeof(after));
	CHECK(memcmp(before, after, sizeof(before)) != 0, "the same bytes again");
}

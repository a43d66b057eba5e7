// SPDX-License-Identifier: GPL-2.0-only
/*
 * Requests in every shape that virtio 1.0, section 2.4.4, allows.
 */
#include "guest/disk/pattern.h"
#include "guest/runtime/layout.h"
#include "guest/runtime/report.h"
#include "guest/runtime/string.h"

#include <stddef.h>

#define INDIRECT 4u
#define BUFFERS_MAX 254u                /* with header and status all of the queue */
#define BUFFERS 126u                    /* seg_max */

static struct virtqueue_buffer buffers[BUFFERS_MAX];
static struct block_request request;

/* Buffers of different lengths, with gaps between them, for so many bytes. */
static unsigned int scatter(uint32_t length, unsigned int most)
{
	uint32_t offset = 3;
	unsigned int count = 0;

	while (length > 0) {
		uint32_t part = count + 1 < most ? 1 + count * 37 % 1000 : length;

		part = part < length ? part : length;
		buffers[count++] = (struct virtqueue_buffer){phys_of(disk_data) + offset, part};
		offset += part + 5;
		length -= part;
	}
	return count;
}

/* Brings the scattered bytes together at the start of disk_data. */
static void gather(unsigned int count)
{
	uint8_t *to = disk_data;

	for (unsigned int i = 0; i < count; i++) {
		memmove(to, virt_of(buffers[i].physical), buffers[i].length);
		to += buffers[i].length;
	}
}

TEST(disk, scattered_read)
{
	static const unsigned int most[] = {2, BUFFERS, BUFFERS_MAX};
	uint32_t length = 128 * BLOCK_SECTOR;

	for (size_t i = 0; i < 3; i++) {
		unsigned int count;

		if (!disk_ready())
			return;
		count = scatter(length, most[i]);
		CHECK(block_carry_out(&disk, BLOCK_IN, WRITABLE, buffers, count) == BLOCK_OK,
		      "not read into %u buffers", count);
		for (unsigned int gap = 1; gap < count; gap++)
			CHECK(pattern_filled((uint8_t *)virt_of(buffers[gap].physical) - 5, 5,
					     0xEE),
			      "between buffers %u and %u", gap - 1, gap);
		gather(count);
		CHECK(pattern_holds(disk_data, WRITABLE, 128), "other data in %u buffers", count);
	}
}

TEST(disk, scattered_write)
{
	uint32_t length = 96 * BLOCK_SECTOR;
	unsigned int count;

	if (!disk_ready())
		return;
	CHECK(block_transfer(&disk, BLOCK_IN, WRITABLE, disk_data, DATA_SIZE / 2) == BLOCK_OK,
	      "not read");
	count = scatter(length, BUFFERS);
	CHECK(block_carry_out(&disk, BLOCK_OUT, 8, buffers, count) == BLOCK_OK, "not written");
	gather(count);
	memcpy(disk_data + DATA_SIZE / 2, disk_data, length);
	CHECK(block_transfer(&disk, BLOCK_IN, 8, disk_data, length) == BLOCK_OK, "not read back");
	CHECK(memcmp(disk_data, disk_data + DATA_SIZE / 2, length) == 0, "other data");
	CHECK(block_transfer(&disk, BLOCK_IN, 8 + 96, disk_data, BLOCK_SECTOR) == BLOCK_OK &&
	      pattern_holds(disk_data, 8 + 96, 1), "too much was written");
	/* Back to the pattern: from another place, with the words put right. */
	for (uint32_t i = 0; i < 96 * WORDS; i++)
		((struct disk_word *)disk_data)[i].value =
			(8 + i / WORDS) * 0x9E3779B1u + i % WORDS;
	CHECK(block_transfer(&disk, BLOCK_OUT, 8, disk_data, length) == BLOCK_OK, "not put back");
}

/* Offers the chain; the device writes its last `writes` buffers. The caller has the status. */
static bool offer(const struct virtqueue_buffer *chain, unsigned int reads, unsigned int writes)
{
	uint32_t head, length;

	virtqueue_offer_chain(&disk.queue, 0, chain, reads, writes);
	virtqueue_kick(&disk.queue);
	return block_wait(&disk, &head, &length);
}

static void make_request(uint32_t type, uint64_t sector)
{
	request = (struct block_request){type, 0, sector, BLOCK_NO_ANSWER};
}

TEST(disk, split_header)
{
	struct virtqueue_buffer chain[18];
	uint32_t header = phys_of(&request);

	if (!disk_ready())
		return;
	make_request(BLOCK_IN, WRITABLE + 5);
	for (uint32_t i = 0; i < BLOCK_HEADER_SIZE; i++)
		chain[i] = (struct virtqueue_buffer){header + i, 1};
	chain[16] = (struct virtqueue_buffer){phys_of(disk_data), BLOCK_SECTOR};
	chain[17] = (struct virtqueue_buffer){header + BLOCK_HEADER_SIZE, 1};
	CHECK(offer(chain, 16, 2), "not answered");
	CHECK(request.status == BLOCK_OK && pattern_holds(disk_data, WRITABLE + 5, 1), "status %u",
	      request.status);
}

/* The status is the last byte that the device may write, wherever that is. */
TEST(disk, status_behind_data)
{
	struct virtqueue_buffer chain[2];

	if (!disk_ready())
		return;
	make_request(BLOCK_IN, WRITABLE + 6);
	chain[0] = (struct virtqueue_buffer){phys_of(&request), BLOCK_HEADER_SIZE};
	chain[1] = (struct virtqueue_buffer){phys_of(disk_data), 3 * BLOCK_SECTOR + 1};
	CHECK(offer(chain, 1, 1), "not answered");
	CHECK(pattern_holds(disk_data, WRITABLE + 6, 3), "other data");
	CHECK(disk_data[3 * BLOCK_SECTOR] == BLOCK_OK, "status %u", disk_data[3 * BLOCK_SECTOR]);
	CHECK(request.status == BLOCK_NO_ANSWER, "another status too");
}

TEST(disk, short_header)
{
	struct virtqueue_buffer chain[2];

	if (!disk_ready())
		return;
	make_request(BLOCK_IN, 0);
	chain[0] = (struct virtqueue_buffer){phys_of(&request), BLOCK_HEADER_SIZE - 1};
	chain[1] = (struct virtqueue_buffer){phys_of(&request) + BLOCK_HEADER_SIZE, 1};
	CHECK(offer(chain, 1, 1), "not answered");
	CHECK(request.status == BLOCK_ERROR, "status %u", request.status);
	make_request(BLOCK_IN, 0);
	CHECK(offer(chain + 1, 0, 1), "not answered without a header");
	CHECK(request.status == BLOCK_ERROR, "status %u without a header", request.status);
}

/* A table of descriptors for one request, as many as a table may have. */
TEST(disk, indirect)
{
	static struct virtqueue_descriptor table[BUFFERS + 2] __attribute__((aligned(16)));
	volatile struct virtqueue_descriptor *outer;
	uint32_t head, length;
	unsigned int count;

	if (!disk_ready())
		return;
	CHECK(block_start(&disk, FEATURES | BLOCK_INDIRECT), "it refuses");
	make_request(BLOCK_IN, WRITABLE);
	count = scatter(100 * BLOCK_SECTOR, BUFFERS);
	table[0] = (struct virtqueue_descriptor){phys_of(&request), BLOCK_HEADER_SIZE,
						 VIRTQUEUE_NEXT, 1};
	for (unsigned int i = 0; i < count; i++)
		table[i + 1] = (struct virtqueue_descriptor){
			buffers[i].physical, buffers[i].length, VIRTQUEUE_NEXT | VIRTQUEUE_WRITE,
			(uint16_t)(i + 2)};
	table[count + 1] = (struct virtqueue_descriptor){phys_of(&request) + BLOCK_HEADER_SIZE, 1,
							 VIRTQUEUE_WRITE, 0};
	virtqueue_offer(&disk.queue, 7, phys_of(table), (count + 2) * (uint32_t)sizeof(table[0]),
			false);
	outer = &disk.queue.descriptors[7];
	outer->flags = INDIRECT;
	virtqueue_kick(&disk.queue);
	CHECK(block_wait(&disk, &head, &length) && head == 7, "not answered");
	gather(count);
	CHECK(request.status == BLOCK_OK && pattern_holds(disk_data, WRITABLE, 100), "status %u",
	      request.status);
	CHECK(length == 100 * BLOCK_SECTOR + 1, "length %u", length);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzzer of drivers/virtio/virtqueue.c: the input says where the queue lies and
 * what is in the guest's memory.  Whatever it is, the device's side must stay
 * inside that memory, keep its promises about chains, and complain once at most.
 *
 * Input: u8 logarithm of the size, u8 flags (1 indirect tables agreed on, 2
 * memory changes behind each read), u16 each: descriptors, available ring, used
 * ring; then the memory from 0 on.
 */
#include "drivers/virtio/virtqueue.h"
#include "lib/bytes.h"
#include "tests/fuzz/fuzz.h"
#include "tests/unit/fake_guest_memory.h"

#include <string.h>

#define MEMORY_SIZE 8192u
#define HEAD 8u
#define CAPACITY 64u
#define REQUESTS 100

static unsigned times_broken;

static void note_broken(void *context, const char *cause)
{
	(void)context;
	REQUIRE(strlen(cause) > 0);
	times_broken++;
}

static void change(struct guest_memory *memory, uint32_t address, uint32_t length)
{
	for (uint32_t i = address; i < address + length; i++)
		memory->bytes[i] = (uint8_t)(memory->bytes[i] * 5 + 1);
}

static void check_chain(const struct virtqueue *queue, const struct virtqueue_chain *chain)
{
	uint64_t readable = 0;
	uint64_t writable = 0;

	REQUIRE(chain->head < queue->place.size);
	REQUIRE(chain->count >= 1 && chain->count <= CAPACITY);
	REQUIRE(chain->count <= queue->place.size);
	REQUIRE(chain->readable_count <= chain->count);
	for (unsigned i = 0; i < chain->count; i++) {
		const struct virtqueue_buffer *buffer = &chain->buffers[i];

		REQUIRE((uint64_t)gpa_value(buffer->gpa) + buffer->length <= UINT32_MAX);
		*(i < chain->readable_count ? &readable : &writable) += buffer->length;
	}
	REQUIRE(readable == chain->readable && writable == chain->writable);
}

/* Reads and writes the begin, and what lies just before the end. */
static void use_chain(struct virtqueue *queue, const struct virtqueue_chain *chain)
{
	uint8_t bytes[64] = { 1, 2, 3 };
	uint32_t length = MIN(chain->readable, (uint32_t)sizeof(bytes));
	bool worked;

	worked = virtqueue_read(queue, chain, 0, bytes, length) &&
		 virtqueue_read(queue, chain, chain->readable - length, bytes, length);
	length = MIN(chain->writable, (uint32_t)sizeof(bytes));
	worked = worked && virtqueue_write(queue, chain, chain->writable - length, bytes, length) &&
		 virtqueue_write(queue, chain, 0, bytes, length);
	/* Only memory that is not there can be the reason. */
	REQUIRE(worked || !queue->live);
	REQUIRE(!virtqueue_read(queue, chain, chain->readable, bytes, 1));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct virtqueue_buffer buffers[CAPACITY];
	struct virtqueue_chain chain = { .buffers = buffers, .capacity = CAPACITY };
	struct virtqueue_place place;
	struct guest_memory *memory;
	struct virtqueue queue;

	if (size < HEAD)
		return 0;
	place = (struct virtqueue_place){
		.descriptors = gpa_make(load_le16(data + 2)),
		.available = gpa_make(load_le16(data + 4)),
		.used = gpa_make(load_le16(data + 6)),
		.size = (uint16_t)(1u << data[0] % 17),
	};
	times_broken = 0;
	memory = fake_guest_memory_create(MEMORY_SIZE);
	memcpy(memory->bytes, data + HEAD, MIN(size - HEAD, MEMORY_SIZE));
	memory->after_read = data[1] & 2 ? change : NULL;
	virtqueue_init(&queue, "fuzz", 0, memory, note_broken, NULL);
	if (virtqueue_start(&queue, &place, data[1] & 1) == 0) {
		for (int i = 0; i < REQUESTS && virtqueue_pop(&queue, &chain) > 0; i++) {
			check_chain(&queue, &chain);
			use_chain(&queue, &chain);
			virtqueue_push(&queue, &chain, chain.writable);
			virtqueue_suppress_kicks(&queue, i % 2);
			virtqueue_wants_interrupt(&queue);
		}
	}
	REQUIRE(times_broken <= 1);
	REQUIRE(times_broken == 0 || !queue.live);
	fake_guest_memory_free(memory);
	return 0;
}

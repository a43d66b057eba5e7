// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzzer of drivers/virtio/virtio_block.c: the input is a guest's memory with a
 * queue in it, and what happens then: kicks, a disk that finishes requests now or
 * later, well or badly, resets.  Whatever it is, the model asks the disk only for
 * what the disk has, with memory that the guest has, and a read-only disk for no
 * write; a call does a bounded amount of work.
 *
 * Input: u8 flags (1 indirect tables agreed on, 2 memory changes behind each read,
 * 4 disk=ro, 8 requests finish later), u8 number of steps, a u8 for each step;
 * then the memory from 0 on: the rings of a queue of 16 from 0, 16 bytes apart.
 */
#include "drivers/virtio/virtio_block.h"
#include "lib/error.h"
#include "tests/unit/fake_guest_memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REQUIRE(condition)								\
	do {										\
		if (!(condition)) {							\
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);	\
			abort();							\
		}									\
	} while (0)

#define MEMORY_SIZE 0x4000u
#define QUEUE_SIZE 16u
#define AVAILABLE 0x100u
#define USED 0x130u
#define SECTORS 16u
/* In one call: the budget, and a piece more. */
#define WORK_MAX ((1u << 20) + (512u << 10))

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct world {
	struct guest_memory *memory;
	struct virtio_block block;
	struct block_device disk;
	uint8_t sectors[SECTORS * BLOCK_SECTOR_SIZE];
	bool later;
	int error;
	struct block_request *waiting[VIRTIO_BLOCK_REQUESTS];
	unsigned waiting_count;
	uint32_t work;
	unsigned times_broken;
};

static int carry_out(struct world *world, const struct block_request *request)
{
	uint8_t *at = world->sectors + (request->sector % SECTORS) * BLOCK_SECTOR_SIZE;
	uint32_t length = 0;

	if (world->error || request->operation == BLOCK_FLUSH)
		return world->error;
	for (unsigned i = 0; i < request->segment_count; i++) {
		const struct block_segment *segment = &request->segments[i];

		if (request->operation == BLOCK_READ)
			memcpy(segment->bytes, at + length, segment->length);
		else
			memcpy(at + length, segment->bytes, segment->length);
		length += segment->length;
	}
	return 0;
}

static void check_request(const struct world *world, const struct block_request *request)
{
	uint32_t length = 0;

	REQUIRE(request->length % BLOCK_SECTOR_SIZE == 0);
	REQUIRE(request->segment_count <= QUEUE_SIZE);
	REQUIRE(request->operation == BLOCK_FLUSH ||
		block_has_range(&world->disk, request->sector, request->length));
	REQUIRE(request->operation != BLOCK_WRITE || !world->disk.read_only);
	for (unsigned i = 0; i < request->segment_count; i++) {
		const struct block_segment *segment = &request->segments[i];
		const uint8_t *bytes = segment->bytes;

		REQUIRE(bytes >= world->memory->bytes &&
			bytes + segment->length <= world->memory->bytes + MEMORY_SIZE);
		length += segment->length;
	}
	REQUIRE(length == request->length);
}

static int submit(struct block_device *device, struct block_request *request)
{
	struct world *world = container_of(device, struct world, disk);

	check_request(world, request);
	world->work += request->length;
	REQUIRE(world->work <= WORK_MAX);
	if (!world->later)
		return carry_out(world, request);
	REQUIRE(world->waiting_count < VIRTIO_BLOCK_REQUESTS);
	world->waiting[world->waiting_count++] = request;
	return BLOCK_LATER;
}

static bool cancel(struct block_device *device, struct block_request *const *list, unsigned count)
{
	struct world *world = container_of(device, struct world, disk);

	for (unsigned n = 0; n < count; n++)
		for (unsigned i = 0; i < world->waiting_count; i++)
			if (world->waiting[i] == list[n])
				world->waiting[i] = world->waiting[--world->waiting_count];
	return true;
}

static const struct block_device_ops ops = { submit, cancel };

static void finish(struct world *world, unsigned index)
{
	struct block_request *request;

	if (world->waiting_count == 0)
		return;
	index %= world->waiting_count;
	request = world->waiting[index];
	world->waiting[index] = world->waiting[--world->waiting_count];
	check_request(world, request);
	request->done(request, carry_out(world, request));
}

static void wake(void *context, uint32_t spent)
{
	(void)context;
	(void)spent;
}

static void interrupt(struct virtio_device *device, unsigned queue)
{
	(void)device;
	REQUIRE(queue == 0);
}

static void broken(void *context, const char *cause)
{
	REQUIRE(strncmp(cause, "vda queue 0: ", 13) == 0);
	((struct world *)context)->times_broken++;
}

static void change(struct guest_memory *memory, uint32_t address, uint32_t length)
{
	for (uint32_t i = address; i < address + length; i++)
		memory->bytes[i] = (uint8_t)(memory->bytes[i] * 5 + 1);
}

static void reset(struct world *world, bool indirect)
{
	const struct virtqueue_place place = { gpa_make(0), gpa_make(AVAILABLE), gpa_make(USED),
					       QUEUE_SIZE };

	virtqueue_stop(&world->block.queue);
	world->block.device.ops->reset(&world->block.device);
	/* At rest or not: the guest may start it again at once. */
	REQUIRE(world->block.device.ops->is_at_rest(&world->block.device) ==
		(world->waiting_count == 0));
	REQUIRE(virtqueue_start(&world->block.queue, &place, indirect) == 0);
}

/* The lowest three bits say what happens, the others are its argument. */
static void step(struct world *world, uint8_t what, bool indirect)
{
	struct virtio_device *device = &world->block.device;

	world->work = 0;
	switch (what & 7) {
	case 0:
		finish(world, what >> 3);
		break;
	case 1:
		world->error = what & 8 ? -E_IO : 0;
		break;
	case 2:
		world->later = what & 8;
		break;
	case 3:
		reset(world, indirect);
		break;
	case 4:
		device->ops->service(device);
		break;
	default:
		device->ops->kick(device, 0);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct world *world;
	unsigned steps;

	if (size < 2 || size < 2u + data[1])
		return 0;
	steps = data[1];
	world = calloc(1, sizeof(*world));
	world->disk = (struct block_device){ &ops, SECTORS, BLOCK_SECTOR_SIZE, data[0] & 4 };
	world->later = data[0] & 8;
	world->memory = fake_guest_memory_create(MEMORY_SIZE);
	memcpy(world->memory->bytes, data + 2 + steps, MIN(size - 2 - steps, MEMORY_SIZE));
	world->memory->after_read = data[0] & 2 ? change : NULL;
	virtio_block_init(&world->block, "vda", &world->disk, "fuzz-vda", wake, world);
	world->block.device.interrupt = interrupt;
	virtqueue_init(&world->block.queue, world->block.device.name, 0, world->memory, broken,
		       world);
	reset(world, data[0] & 1);
	/* A dead guest does nothing. */
	for (unsigned i = 0; i < steps && world->times_broken == 0; i++)
		step(world, data[2 + i], data[0] & 1);
	REQUIRE(virtio_block_close(&world->block));
	REQUIRE(world->waiting_count == 0 && world->times_broken <= 1);
	fake_guest_memory_free(world->memory);
	free(world);
	return 0;
}

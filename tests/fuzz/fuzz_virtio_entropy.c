// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzzer of drivers/virtio/virtio_entropy.c: the input is the guest's memory,
 * ring included, and how it kicks.  Whatever it is, one call gives a bounded
 * number of bytes, none of them outside the memory, and complains once at most.
 *
 * Input: u8 logarithm of the queue's size, u8 flags (1 indirect tables agreed
 * on, 2 memory changes behind each read), u8 each: number of calls, which of
 * them are kicks (a bit each, around and around); then the memory from 0 on,
 * where the ring lies in legacy layout.
 */
#include "drivers/virtio/virtio_entropy.h"
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

#define MEMORY_SIZE 16384u
#define HEAD 4u
#define BUDGET 4096u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct world {
	struct guest_memory *memory;
	struct virtio_entropy entropy;
	size_t given;			/* in one call */
	unsigned interrupts, times_broken;
};

static void fill(void *context, void *bytes, size_t size)
{
	struct world *world = context;

	memset(bytes, 'r', size);
	world->given += size;
}

static void interrupt(struct virtio_device *device, unsigned queue)
{
	REQUIRE(queue == 0);
	((struct world *)device->transport)->interrupts++;
}

static void broken(void *context, const char *cause)
{
	REQUIRE(strlen(cause) > 0);
	((struct world *)context)->times_broken++;
}

static void change(struct guest_memory *memory, uint32_t address, uint32_t length)
{
	for (uint32_t i = address; i < address + length; i++)
		memory->bytes[i] = (uint8_t)(memory->bytes[i] * 5 + 1);
}

static void call(struct world *world, bool is_kick)
{
	struct virtio_device *device = &world->entropy.device;
	bool waits = device->more_work;

	world->given = world->interrupts = 0;
	if (is_kick)
		device->ops->kick(device, 0);
	else
		device->ops->service(device);
	/* The last request of a call may be as long as any. */
	REQUIRE(world->given < BUDGET + ENTROPY_REQUEST_MAX);
	REQUIRE(world->interrupts <= 1);
	if (is_kick && waits)
		REQUIRE(world->given == 0 && device->more_work);
	if (world->times_broken > 0)
		REQUIRE(world->times_broken == 1 && !device->more_work);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct world *world;
	struct virtqueue_place place;

	if (size < HEAD)
		return 0;
	world = calloc(1, sizeof(*world));
	world->memory = fake_guest_memory_create(MEMORY_SIZE);
	memcpy(world->memory->bytes, data + HEAD, MIN(size - HEAD, MEMORY_SIZE));
	world->memory->after_read = data[1] & 2 ? change : NULL;
	virtio_entropy_init(&world->entropy, fill, world);
	world->entropy.device.interrupt = interrupt;
	world->entropy.device.transport = world;
	virtqueue_init(&world->entropy.queue, "entropy", 0, world->memory, broken, world);
	virtqueue_legacy_place(&place, gpa_make(0), (uint16_t)(1u << data[0] % 9), 4096);
	REQUIRE(virtqueue_start(&world->entropy.queue, &place, data[1] & 1) == 0);
	for (unsigned i = 0; i < data[2] % 32u; i++)
		call(world, data[3] >> i % 8 & 1);
	fake_guest_memory_free(world->memory);
	free(world);
	return 0;
}

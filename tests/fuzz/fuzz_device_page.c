// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzzer of the lguest device page with a console behind it: the input is what
 * a hostile guest does, writes to its memory and NOTIFY calls, and what happens
 * outside meanwhile.
 *
 * Input: records of u8 kind, u32 address, u8 length, then length bytes.  Kind 0
 * writes the bytes at the address; 1 notifies the address; 2 is keys that the
 * user types; 3 lets the devices work; 4 makes room for output.  Addresses
 * count from the device page on, so that small ones matter.
 */
#include "drivers/virtio/device_page.h"
#include "drivers/virtio/virtio_console.h"
#include "lib/bytes.h"
#include "tests/fuzz/fuzz.h"
#include "tests/unit/fake_guest_memory.h"

#include <string.h>

#define RAM 0x2000u
#define PAGES 7u	/* the device page and two rings */
#define RECORD 6u

struct world {
	struct guest_memory *memory;
	struct virtio_console console;
	struct device_page page;
	size_t room;
	size_t keys;
	unsigned times_broken;
};

static size_t port_write(void *context, const void *data, size_t length)
{
	struct world *world = context;
	size_t taken = MIN(length, world->room);

	(void)data;
	world->room -= taken;
	return taken;
}

static size_t port_read(void *context, void *buffer, size_t size)
{
	struct world *world = context;
	size_t count = MIN(size, world->keys);

	memset(buffer, 'k', count);
	world->keys -= count;
	return count;
}

static size_t port_waiting(void *context)
{
	return ((struct world *)context)->keys;
}

static const struct console_port port = { port_write, port_read, port_waiting };

static void raise_irq(void *context, unsigned irq)
{
	(void)context;
	REQUIRE(irq == 1 || irq == 2);
}

static void broken(void *context, const char *cause)
{
	REQUIRE(strlen(cause) > 0);
	((struct world *)context)->times_broken++;
}

static const struct device_page_callbacks callbacks = { raise_irq, broken, port_write };

static void act(struct world *world, const uint8_t *record, const uint8_t *bytes, uint8_t length)
{
	gpa_t gpa = gpa_make(RAM + load_le32(record + 1));

	switch (record[0] % 5) {
	case 0:
		if (!guest_write(world->memory, gpa, bytes, length))
			world->room++;
		break;
	case 1:
		device_page_notify(&world->page, gpa);
		break;
	case 2:
		world->keys += length;
		break;
	case 3:
		device_page_service(&world->page);
		break;
	default:
		world->room += 100u * length;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct world *world = calloc(1, sizeof(*world));
	struct virtio_device *devices[] = { &world->console.device };

	world->memory = fake_guest_memory_create(RAM + PAGES * PAGE_SIZE);
	virtio_console_init(&world->console, &port, world);
	REQUIRE(device_page_pages(devices, 1) == PAGES);
	REQUIRE(device_page_init(&world->page, world->memory, gpa_make(RAM), devices, 1,
				 &callbacks, world) == 0);
	while (size >= RECORD) {
		uint8_t length = (uint8_t)MIN(data[5], size - RECORD);

		act(world, data, data + RECORD, length);
		data += RECORD + length;
		size -= RECORD + length;
		/* A dead guest does nothing. */
		if (world->times_broken > 0)
			break;
	}
	REQUIRE(world->times_broken <= 1);
	fake_guest_memory_free(world->memory);
	free(world);
	return 0;
}

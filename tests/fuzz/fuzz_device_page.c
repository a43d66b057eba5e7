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
#include "lib/bytes.h"
#include "tests/fuzz/console_outside.h"
#include "tests/unit/fake_guest_memory.h"

#define RAM 0x2000u
#define PAGES 7u	/* the device page and two rings */
#define RECORD 6u

struct world {
	struct guest_memory *memory;
	struct virtio_console console;
	struct device_page page;
	struct outside outside;
};

static const struct device_page_callbacks callbacks = { raise_irq, broken, port_write };

static void act(struct world *world, const uint8_t *record, const uint8_t *bytes, uint8_t length)
{
	gpa_t gpa = gpa_make(RAM + load_le32(record + 1));

	switch (record[0] % 5) {
	case 0:
		if (!guest_write(world->memory, gpa, bytes, length))
			world->outside.room++;
		break;
	case 1:
		device_page_notify(&world->page, gpa);
		break;
	case 2:
		world->outside.keys += length;
		break;
	case 3:
		device_page_service(&world->page, UINT32_MAX);
		break;
	default:
		world->outside.room += 100u * length;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct world *world = calloc(1, sizeof(*world));
	struct virtio_device *devices[] = { &world->console.device };

	world->memory = fake_guest_memory_create(RAM + PAGES * PAGE_SIZE);
	virtio_console_init(&world->console, &port, &world->outside);
	REQUIRE(device_page_pages(devices, 1) == PAGES);
	REQUIRE(device_page_init(&world->page, world->memory, gpa_make(RAM), devices, 1,
				 &callbacks, &world->outside) == 0);
	while (size >= RECORD) {
		uint8_t length = (uint8_t)MIN(data[5], size - RECORD);

		act(world, data, data + RECORD, length);
		data += RECORD + length;
		size -= RECORD + length;
		/* A dead guest does nothing. */
		if (world->outside.times_broken > 0)
			break;
	}
	REQUIRE(world->outside.times_broken <= 1);
	fake_guest_memory_free(world->memory);
	free(world);
	return 0;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzzer of the PCI bus and the virtio transport with two consoles behind it:
 * the input is what a hostile guest does to ports, to device registers and to
 * its memory, and what happens outside meanwhile.
 *
 * Input: records of u8 kind, u8 width, u16 place, u32 value.  Kind 0 writes the
 * port 0xCF0 + place (16 of them), 1 reads it; 2 writes the registers around
 * the windows, 3 reads them; 4 writes the guest's memory; 5 is keys that the
 * user types and room for output; 6 lets the devices work; 7 moves on: what is
 * written next is configuration space of a device, addressed as it should be.
 */
#include "drivers/virtio/vpci_bus.h"
#include "drivers/virtio/vpci_config.h"
#include "lib/bytes.h"
#include "tests/fuzz/console_outside.h"
#include "tests/unit/fake_guest_memory.h"

#define RAM_PAGES 4u
#define WINDOWS (RAM_PAGES * PAGE_SIZE + VPCI_HOLE_SIZE)
#define CONSOLES 2u
#define RECORD 8u

struct world {
	struct guest_memory *memory;
	struct virtio_console consoles[CONSOLES];
	struct vpci_bus bus;
	struct outside outside;
};

static const struct vpci_callbacks callbacks = { raise_irq, broken };

static void access_port(struct world *world, unsigned number, unsigned width, uint32_t value,
			bool write)
{
	if (!vpci_bus_has_port(&world->bus, number, width))
		return;
	if (!write)
		REQUIRE((vpci_bus_read_port(&world->bus, number, width) & ~low_bytes(width)) == 0);
	else if (!vpci_bus_write_port(&world->bus, number, width, value))
		REQUIRE(world->outside.room == 0);
}

/* The windows, wherever they are now, and what is around the place where they were at first. */
static gpa_t find_register(const struct world *world, uint16_t place)
{
	gpa_t start = gpa_make(WINDOWS);

	if (place & 0x8000)
		(void)vpci_config_window(&world->bus.functions[place >> 14 & 1], &start);
	return gpa_make(gpa_value(start) + (place & 0x3FFF) - (place & 0x2000) * 2);
}

static void access_register(struct world *world, uint16_t place, unsigned width, uint32_t value,
			    bool write)
{
	gpa_t gpa = find_register(world, place);

	if (!vpci_bus_has_memory(&world->bus, gpa))
		return;
	if (!write)
		REQUIRE((vpci_bus_read_memory(&world->bus, gpa, width) & ~low_bytes(width)) == 0);
	else if (!vpci_bus_write_memory(&world->bus, gpa, width, value))
		REQUIRE(world->outside.room == 0);
}

static void write_memory(struct world *world, uint16_t place, unsigned width, uint32_t value)
{
	uint8_t bytes[4];

	store_le32(bytes, value);
	if (!guest_write(world->memory, gpa_make(place), bytes, width))
		world->outside.room++;
}

static void act(struct world *world, const uint8_t *record)
{
	unsigned width = 1u << (record[1] % 3);
	uint16_t place = load_le16(record + 2);
	uint32_t value = load_le32(record + 4);

	switch (record[0] % 8) {
	case 0:
	case 1:
		access_port(world, 0xCF0 + place % 32, width, value, record[0] % 8 == 0);
		break;
	case 2:
	case 3:
		access_register(world, place, width, value, record[0] % 8 == 2);
		break;
	case 4:
		write_memory(world, place, width, value);
		break;
	case 5:
		world->outside.keys += value & 0xFF;
		world->outside.room += value >> 8 & 0xFFF;
		break;
	case 6:
		vpci_bus_service(&world->bus, UINT32_MAX);
		break;
	default:
		access_port(world, 0xCF8, 4, 0x80000000 | (place & 0xFCu) | (place & 0x300u) << 3,
			    true);
		access_port(world, 0xCFC + (record[1] >> 4 & 3), width, value, true);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct world *world = calloc(1, sizeof(*world));
	struct virtio_device *devices[CONSOLES];

	world->memory = fake_guest_memory_create(RAM_PAGES * PAGE_SIZE);
	for (unsigned i = 0; i < CONSOLES; i++) {
		virtio_console_init(&world->consoles[i], &port, &world->outside);
		devices[i] = &world->consoles[i].device;
	}
	REQUIRE(vpci_bus_init(&world->bus, world->memory, RAM_PAGES, devices, CONSOLES, &callbacks,
			     &world->outside) == 0);
	for (; size >= RECORD; data += RECORD, size -= RECORD) {
		act(world, data);
		/* A dead guest does nothing. */
		if (world->outside.times_broken > 0)
			break;
	}
	REQUIRE(world->outside.times_broken <= 1);
	vpci_bus_remove(&world->bus);
	fake_guest_memory_free(world->memory);
	free(world);
	return 0;
}

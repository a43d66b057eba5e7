// SPDX-License-Identifier: GPL-2.0-only
/* Tests of the PCI bus: configuration mechanism 1, headers, windows. */
#include "tests/unit/pci_fixture.h"

/* --- the address register ------------------------------------------------------------------ */

/* What Linux does to find the mechanism. */
static void test_probe(void **state)
{
	struct fixture *f = *state;
	uint32_t old;

	out(f, 0xCFB, 1, 0x01);
	old = in(f, 0xCF8, 4);
	out(f, 0xCF8, 4, 0x80000000);
	assert_int_equal(in(f, 0xCF8, 4), 0x80000000);
	assert_int_equal(in(f, 0xCFC, 4), 0);
	out(f, 0xCF8, 4, ADDRESS(0, 0x08));
	assert_int_equal(in(f, 0xCFE, 2), 0x0600);
	out(f, 0xCF8, 4, old);
	assert_int_equal(old, 0x01000000);
}

/* Every width at every port: the bytes of the two registers, and ones around them. */
static void test_every_width(void **state)
{
	struct fixture *f = *state;
	uint8_t ports[24];	/* from 0xCF0 on */

	out(f, 0xCF8, 4, ADDRESS(BLOCK, 0));
	memset(ports, 0xFF, sizeof(ports));
	store_le32(ports + 8, ADDRESS(BLOCK, 0));
	store_le32(ports + 12, 0x10421AF4);
	for (unsigned port = 0; port < 20; port++)
		for (unsigned width = 1; width <= 4; width *= 2) {
			bool inside = port + width > 8 && port < 16;

			assert_int_equal(vpci_bus_has_port(&f->bus, 0xCF0 + port, width), inside);
			if (inside)
				assert_int_equal(in(f, 0xCF0 + port, width),
						 load_le32(ports + port) & low_bytes(width));
		}
	assert_false(vpci_bus_has_port(&f->bus, 0, 4));
	assert_false(vpci_bus_has_port(&f->bus, 0xFFFF, 4));
}

static void test_address_in_pieces(void **state)
{
	struct fixture *f = *state;

	out(f, 0xCF8, 4, 0);
	out(f, 0xCF8, 1, 0x11);
	out(f, 0xCF9, 2, 0x3322);
	out(f, 0xCFB, 1, 0x44);
	assert_int_equal(in(f, 0xCF8, 4), 0x44332211);
	/* The upper half goes to the data register of device "bus 0x33": nowhere. */
	out(f, 0xCFA, 4, 0xAABBCCDD);
	assert_int_equal(in(f, 0xCF8, 4), 0xCCDD2211);
	/* And the lower half beside both. */
	out(f, 0xCF6, 4, 0x12345678);
	assert_int_equal(in(f, 0xCF8, 4), 0xCCDD1234);
}

/* The address of one access counts for its own data part. */
static void test_address_and_data_at_once(void **state)
{
	struct fixture *f = *state;

	out(f, 0xCF8, 4, ADDRESS(NET, 0x0C));
	out(f, 0xCFA, 4, 0x55AA0000 | ADDRESS(NET, 0) >> 16);
	assert_int_equal(config_read(f, NET, 0x0C), 0x55AA);
}

static void test_absent(void **state)
{
	struct fixture *f = *state;
	const uint32_t absent[] = {
		ADDRESS(BLOCK, 0) & 0x7FFFFFFF, ADDRESS(BLOCK, 0) | 0x10000,
		ADDRESS(BLOCK, 0) | 0x800000, ADDRESS(BLOCK, 0) | 0x100, ADDRESS(BLOCK, 0) | 0x700,
		ADDRESS(3, 0), ADDRESS(31, 0), ADDRESS(BLOCK, 0x98), ADDRESS(BLOCK, 0xFC),
	};

	for (unsigned i = 0; i < ARRAY_SIZE(absent); i++) {
		out(f, 0xCF8, 4, absent[i]);
		assert_int_equal(in(f, 0xCFC, 4), ONES);
		assert_int_equal(in(f, 0xCFD, 2), 0xFFFF);
		out(f, 0xCFC, 4, 0);
		assert_int_equal(in(f, 0xCFC, 4), ONES);
	}
	/* Bits 24 to 30 are reserved, and 0 and 1 do not count. */
	out(f, 0xCF8, 4, ADDRESS(BLOCK, 3) | 0x7F000000);
	assert_int_equal(in(f, 0xCFC, 4), 0x10421AF4);
}

/* --- headers ---------------------------------------------------------------------------------- */

static void test_bridge(void **state)
{
	struct fixture *f = *state;

	for (unsigned offset = 0; offset < 256; offset += 4) {
		config_write(f, 0, offset, ONES);
		assert_int_equal(config_read(f, 0, offset), offset == 8 ? 0x06000000 : 0);
	}
	out(f, 0xCF8, 4, ADDRESS(0, 8));
	assert_int_equal(in(f, 0xCFF, 1), 6);
	assert_int_equal(in(f, 0xCFE, 1), 0);
}

static void test_header(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(config_read(f, BLOCK, 0x00), 0x10421AF4);
	assert_int_equal(config_read(f, BLOCK, 0x04), 0x00100002);
	assert_int_equal(config_read(f, BLOCK, 0x08), 0x01800001);
	assert_int_equal(config_read(f, BLOCK, 0x0C), 0);
	assert_int_equal(config_read(f, BLOCK, 0x10), WINDOW_1);
	assert_int_equal(config_read(f, BLOCK, 0x2C), 0x00400000);
	assert_int_equal(config_read(f, BLOCK, 0x34), 0x40);
	assert_int_equal(config_read(f, BLOCK, 0x3C), BLOCK);
	assert_int_equal(config_read(f, NET, 0x00), 0x10411AF4);
	assert_int_equal(config_read(f, NET, 0x08), 0x02000001);
	assert_int_equal(config_read(f, NET, 0x10), WINDOW_2);
	assert_int_equal(config_read(f, NET, 0x3C), NET);
}

/* Each type once, in a chain that ends; DEVICE_CFG only where there is a configuration. */
static void test_capabilities(void **state)
{
	struct fixture *f = *state;
	static const uint32_t where[6][2] = { { 0 },	 { 0, 56 }, { 56, 2 },
					      { 58, 1 }, { 60, 8 }, { 0 } };

	for (unsigned device = BLOCK; device <= NET; device++) {
		uint32_t seen = 0, offset = config_read(f, device, 0x34) & 0xFF;

		while (offset != 0) {
			uint32_t head = config_read(f, device, offset), type = head >> 24;

			assert_int_equal(head & 0xFF, 0x09);
			assert_int_equal(head >> 16 & 0xFF, type == 2 || type == 5 ? 20 : 16);
			assert_in_range(type, 1, 5);
			assert_false(seen & BIT(type));
			seen |= BIT(type);
			assert_int_equal(config_read(f, device, offset + 4), 0);
			assert_int_equal(config_read(f, device, offset + 8), where[type][0]);
			assert_int_equal(config_read(f, device, offset + 12), where[type][1]);
			offset = head >> 8 & 0xFF;
		}
		assert_int_equal(seen, device == BLOCK ? 0x3E : 0x2E);
	}
}

/* All that sticks, after ones and after zeroes are written everywhere but to the data. */
static void test_writable_bits(void **state)
{
	struct fixture *f = *state;

	for (unsigned offset = 0; offset < 0x94; offset += 4) {
		uint32_t before = config_read(f, BLOCK, offset), mask = 0, ones, zeroes;

		switch (offset) {
		case 0x04:
			mask = 0x406;
			break;
		case 0x0C:
			mask = 0xFFFF;
			break;
		case 0x10:
			mask = 0xFFFFF000;
			break;
		case 0x88:
			mask = 0xFF;
			break;
		case 0x8C:
		case 0x90:
			mask = ONES;
		}
		config_write(f, BLOCK, offset, ONES);
		ones = config_read(f, BLOCK, offset);
		config_write(f, BLOCK, offset, 0);
		zeroes = config_read(f, BLOCK, offset);
		assert_int_equal(ones ^ zeroes, mask);
		assert_int_equal(ones & ~mask, before & ~mask);
		config_write(f, BLOCK, offset, before);
	}
}

static void test_bytes_of_a_register(void **state)
{
	struct fixture *f = *state;

	out(f, 0xCF8, 4, ADDRESS(BLOCK, 0x10));
	out(f, 0xCFF, 1, 0x12);
	out(f, 0xCFD, 2, 0x5678);
	assert_int_equal(in(f, 0xCFC, 4), 0x12567000 | (WINDOW_1 & 0xFF & 0xF000));
	assert_int_equal(in(f, 0xCFD, 2), 0x5670);
	out(f, 0xCFC, 1, 0xFF);
	assert_int_equal(in(f, 0xCFC, 1), 0);
}

/*
 * --- windows
 * --------------------------------------------------------------------------------------
 */

static bool has(const struct fixture *f, uint32_t address)
{
	return vpci_bus_has_memory(&f->bus, gpa_make(address));
}

static void test_hole(void **state)
{
	struct fixture *f = *state;

	assert_false(has(f, RAM - 1));
	assert_true(has(f, RAM));
	assert_true(has(f, WINDOW_1 - 1));
	assert_true(has(f, WINDOW_2 + 0xFFF));
	assert_false(has(f, WINDOW_2 + 0x1000));
	assert_false(has(f, 0));
	assert_false(has(f, ONES));
	assert_int_equal(read_at(f, RAM, 4), ONES);
	assert_int_equal(read_at(f, RAM + 0x5001, 1), 0xFF);
	write_at(f, RAM, 4, 0);
	write_at(f, WINDOW_1 - 1, 2, 0);
}

static void test_windows(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(read_at(f, WINDOW_1 + 18, 2), 1);
	assert_int_equal(read_at(f, WINDOW_2 + 18, 2), 2);
	/* An access over the end is to no register. */
	assert_int_equal(read_at(f, WINDOW_1 + 0xFFE, 4), ONES);
	assert_int_equal(read_at(f, WINDOW_2 + 0xFFF, 2), 0xFFFF);
	write_at(f, WINDOW_1 + 0xFFF, 4, 0);
	/* Nothing but ones behind the registers. */
	for (uint32_t offset = 68; offset < 4096; offset++)
		assert_int_equal(read_at(f, WINDOW_1 + offset, 1), 0xFF);
}

static void test_window_moves(void **state)
{
	struct fixture *f = *state;

	config_write(f, BLOCK, 0x10, 0xF0000000);
	assert_true(has(f, 0xF0000000));
	assert_true(has(f, 0xF0000FFF));
	assert_false(has(f, 0xF0001000));
	assert_int_equal(read_at(f, 0xF0000000 + 18, 2), 1);
	assert_int_equal(read_at(f, WINDOW_1 + 18, 2), 0xFFFF);
	/* Two in one place: the first answers. */
	config_write(f, NET, 0x10, 0xF0000000);
	assert_int_equal(read_at(f, 0xF0000000 + 18, 2), 1);
	/* The highest one there can be. */
	config_write(f, BLOCK, 0x10, ONES);
	assert_true(has(f, ONES));
	assert_int_equal(read_at(f, 0xFFFFF000 + 18, 2), 1);
	assert_int_equal(read_at(f, 0xF0000000 + 18, 2), 2);
	assert_int_equal(read_at(f, ONES, 4), ONES);
}

static void test_window_closed(void **state)
{
	struct fixture *f = *state;

	config_write(f, BLOCK, 0x10, 0xF0000000);
	config_write(f, BLOCK, 0x04, 0);
	assert_false(has(f, 0xF0000000));
	config_write(f, BLOCK, 0x04, 2);
	assert_true(has(f, 0xF0000000));
}

/*
 * --- life
 * --------------------------------------------------------------------------------------------
 */

static void test_removed(void **state)
{
	struct fixture *f = *state;
	unsigned resets = f->block.resets;

	vpci_bus_remove(&f->bus);
	assert_int_equal(f->block.resets, resets + 1);
	for (unsigned port = 0xCF8; port < 0xD00; port++)
		assert_false(vpci_bus_has_port(&f->bus, port, 1));
	assert_false(has(f, RAM));
	assert_false(has(f, WINDOW_1));
	assert_false(vpci_bus_has_work(&f->bus));
	vpci_bus_service(&f->bus, UINT32_MAX);
	assert_int_equal(f->block.services, 0);
}

static void test_limits(void **state)
{
	struct fixture *f = *state;
	struct virtio_device *many[VPCI_DEVICES_MAX + 1];
	struct vpci_bus bus;

	for (unsigned i = 0; i < ARRAY_SIZE(many); i++)
		many[i] = &f->block.device;
	assert_int_equal(vpci_bus_init(&bus, f->memory, RAM_PAGES, many, VPCI_DEVICES_MAX + 1,
				      &callbacks, f), -E_NOSPC);
	assert_int_equal(vpci_bus_init(&bus, f->memory, RAM_PAGES, many, VPCI_DEVICES_MAX,
				      &callbacks, f), 0);
	assert_true(vpci_bus_has_memory(&bus, gpa_make(HOLE_END + 15 * 4096 - 1)));
	assert_false(vpci_bus_has_memory(&bus, gpa_make(HOLE_END + 15 * 4096)));
	f->block.device.queue_count = VPCI_QUEUES_MAX + 1;
	assert_int_equal(vpci_bus_init(&bus, f->memory, RAM_PAGES, many, 1, &callbacks, f),
			 -E_NOSPC);
	f->block.device.queue_count = 1;
	f->block.device.config_size = 4096 - 59;
	assert_int_equal(vpci_bus_init(&bus, f->memory, RAM_PAGES, many, 1, &callbacks, f),
			 -E_NOSPC);
	f->block.device.config_size = 0;
	/* A bus without devices is a bus. */
	assert_int_equal(vpci_bus_init(&bus, f->memory, RAM_PAGES, many, 0, &callbacks, f), 0);
	assert_true(vpci_bus_has_port(&bus, 0xCF8, 4));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		test(test_probe),
		test(test_every_width),
		test(test_address_in_pieces),
		test(test_address_and_data_at_once),
		test(test_absent),
		test(test_bridge),
		test(test_header),
		test(test_capabilities),
		test(test_writable_bits),
		test(test_bytes_of_a_register),
		test(test_hole),
		test(test_windows),
		test(test_window_moves),
		test(test_window_closed),
		test(test_removed),
		test(test_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

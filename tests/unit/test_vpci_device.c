// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of the virtio transport on PCI, as a driver uses it: registers, status, and the
 * device's configuration.
 */
#include "tests/unit/vpci_device_fixture.h"

/* --- registers -------------------------------------------------------------------------------- */

static void test_at_rest(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(get(f, NUM_QUEUES, 2), 1);
	assert_int_equal(get(f, NO_VECTOR, 2), 0xFFFF);
	assert_int_equal(get(f, QUEUE_VECTOR, 2), 0xFFFF);
	assert_int_equal(get(f, STATUS, 1), 0);
	assert_int_equal(get(f, GENERATION, 1), 0);
	assert_int_equal(get(f, QUEUE_SIZE, 2), 256);
	assert_int_equal(get(f, QUEUE_ENABLE, 2), 0);
	assert_int_equal(get(f, QUEUE_NOTIFY, 2), 0);
	assert_int_equal(get(f, ISR, 1), 0);
	for (unsigned offset = QUEUE_ADDRESS; offset < NOTIFY; offset += 4)
		assert_int_equal(get(f, offset, 4), 0);
}

/* Only whole registers count; every other width and offset gives ones and changes nothing. */
static void test_widths(void **state)
{
	static const struct {
		uint8_t offset, width;
	} registers[] = {
		{ 0, 4 }, { 4, 4 }, { 8, 4 }, { 12, 4 }, { 16, 2 }, { 18, 2 }, { 20, 1 }, { 21, 1 },
		{ 22, 2 }, { 24, 2 }, { 26, 2 }, { 28, 2 }, { 30, 2 }, { 32, 4 }, { 36, 4 },
		{ 40, 4 }, { 44, 4 }, { 48, 4 }, { 52, 4 }, { 56, 2 }, { 58, 1 },
	};
	struct fixture *f = *state;
	struct vpci_device before;

	for (unsigned offset = 0; offset < 60; offset++)
		for (unsigned width = 1; width <= 4; width *= 2) {
			bool whole = false;

			for (unsigned i = 0; i < ARRAY_SIZE(registers); i++)
				whole |= registers[i].offset == offset &&
					 registers[i].width == width;
			if (whole)
				continue;
			before = f->bus.functions[0];
			assert_int_equal(get(f, offset, width), low_bytes(width));
			set(f, offset, width, 0x5A5A5A5A);
			assert_memory_equal(&before, &f->bus.functions[0], sizeof(before));
		}
}

static void test_offered(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(get(f, DEVICE_FEATURE, 4), 0x10000204);
	set(f, DEVICE_FEATURE_SELECT, 4, 1);
	assert_int_equal(get(f, DEVICE_FEATURE, 4), 0x101);
	set(f, DEVICE_FEATURE_SELECT, 4, 2);
	assert_int_equal(get(f, DEVICE_FEATURE, 4), 0);
	set(f, DEVICE_FEATURE_SELECT, 4, ONES);
	assert_int_equal(get(f, DEVICE_FEATURE, 4), 0);
	assert_int_equal(get(f, DEVICE_FEATURE_SELECT, 4), ONES);
	set(f, DEVICE_FEATURE, 4, 0);
}

static void test_agreement(void **state)
{
	static const struct {
		uint64_t features;
		bool accepted;
	} rows[] = {
		{ VERSION_1, true },
		{ VERSION_1 | 0x10000204 | BIT64(40), true },
		{ 0, false },
		{ 0x204, false },
		{ VERSION_1 | 1, false },
		{ VERSION_1 | BIT64(63), false },
	};
	struct fixture *f = *state;

	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		set(f, STATUS, 1, 0);
		set(f, STATUS, 1, 3);
		choose_features(f, rows[i].features);
		set(f, STATUS, 1, 0x0B);
		assert_int_equal(get(f, STATUS, 1), rows[i].accepted ? 0x0B : 3);
		/* It does not run without. */
		set(f, STATUS, 1, 0x0F);
		assert_int_equal(get(f, STATUS, 1), rows[i].accepted ? 0x0F : 3);
	}
	assert_int_equal(f->block.starts, 2);
}

static void test_features_are_final(void **state)
{
	struct fixture *f = *state;

	agree(f, VERSION_1 | 4);
	choose_features(f, VERSION_1 | 0x204);
	set(f, DRIVER_FEATURE_SELECT, 4, 0);
	assert_int_equal(get(f, DRIVER_FEATURE, 4), 4);
	set(f, DRIVER_FEATURE_SELECT, 4, 7);
	assert_int_equal(get(f, DRIVER_FEATURE, 4), 0);
	set(f, STATUS, 1, 0x0F);
	assert_true(f->block.device.features == (VERSION_1 | 4));
}

/* --- status ----------------------------------------------------------------------------------- */

static void test_start(void **state)
{
	struct fixture *f = *state;

	start(f);
	assert_int_equal(f->block.starts, 1);
	assert_true(f->block.queues[0].live);
	assert_false(f->block.queues[0].indirect);
	assert_int_equal(f->net.starts, 0);
	/* Once is enough. */
	set(f, STATUS, 1, 0x0F);
	assert_int_equal(f->block.starts, 1);
	set(f, STATUS, 1, 1);
	assert_int_equal(get(f, STATUS, 1), 0x0F);
}

/* All at once, as no driver does. */
static void test_start_in_one(void **state)
{
	struct fixture *f = *state;

	choose_features(f, VERSION_1 | BIT64(VIRTIO_F_RING_INDIRECT_DESC));
	place_queue(f, DESCRIPTORS, AVAILABLE, USED);
	set(f, QUEUE_ENABLE, 2, 1);
	set(f, STATUS, 1, 0x7F);
	assert_int_equal(get(f, STATUS, 1), 0x0F);
	assert_true(f->block.queues[0].live);
	assert_true(f->block.queues[0].indirect);
}

static void test_reset(void **state)
{
	struct fixture *f = *state;
	unsigned resets = f->block.resets;

	start(f);
	offer(f);
	set(f, NOTIFY, 2, 0);
	f->block.device.more_work = true;
	set(f, DEVICE_FEATURE_SELECT, 4, 9);
	set(f, STATUS, 1, 0);
	assert_int_equal(f->block.resets, resets + 2);
	assert_false(f->block.queues[0].live);
	assert_false(f->block.device.more_work);
	assert_int_equal(f->block.device.features, 0);
	test_at_rest(state);
	assert_int_equal(get(f, DEVICE_FEATURE_SELECT, 4), 0);
	/* And again, from index 0. */
	memset(f->memory->bytes, 0, RAM);
	start(f);
	offer(f);
	set(f, NOTIFY, 2, 0);
	assert_int_equal(used(f), 1);
}

/* A disk still moves what was asked of it: the guest's instruction is to be repeated. */
static void test_reset_waits(void **state)
{
	struct fixture *f = *state;
	unsigned services;

	start(f);
	services = f->block.services;
	f->block.restless = 2;
	for (unsigned i = 0; i < 2; i++) {
		assert_false(vpci_bus_write_memory(&f->bus, gpa_make(WINDOW_1 + STATUS), 1, 0));
		offer(f);
		set(f, NOTIFY, 2, 0);
		vpci_bus_service(&f->bus, UINT32_MAX);
		assert_int_equal(f->block.kicks[0] + f->block.services, services);
		assert_false(f->block.queues[0].live);
	}
	assert_true(vpci_bus_write_memory(&f->bus, gpa_make(WINDOW_1 + STATUS), 1, 0));
	test_at_rest(state);
}

static void test_failed(void **state)
{
	struct fixture *f = *state;

	start(f);
	set(f, STATUS, 1, 0x8F);
	assert_int_equal(get(f, STATUS, 1), 0x8F);
	assert_false(f->block.queues[0].live);
	offer(f);
	set(f, NOTIFY, 2, 0);
	set(f, STATUS, 1, 0x0F);
	vpci_bus_service(&f->bus, UINT32_MAX);
	assert_int_equal(f->block.kicks[0], 0);
	assert_int_equal(f->block.starts, 1);
	memset(f->memory->bytes, 0, RAM);
	start(f);
	assert_int_equal(f->block.starts, 2);
}

/*
 * --- queues
 * ------------------------------------------------------------------------------------------
 */

/* --- work ------------------------------------------------------------------------------ */

static void test_service(void **state)
{
	struct fixture *f = *state;

	vpci_bus_service(&f->bus, UINT32_MAX);
	assert_int_equal(f->block.services, 0);
	start(f);
	vpci_bus_service(&f->bus, UINT32_MAX);
	assert_int_equal(f->block.services, 2);
	assert_int_equal(f->net.services, 0);
	assert_false(vpci_bus_has_work(&f->bus));
	f->block.device.more_work = true;
	assert_true(vpci_bus_has_work(&f->bus));
}

/*
 * --- the device's configuration
 * -----------------------------------------------------------------------------
 */

static void test_config_read(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(get(f, CONFIG, 4), 0x64636261);
	assert_int_equal(get(f, CONFIG + 7, 1), 'h');
	assert_int_equal(get(f, CONFIG + 1, 2), 0x6362);
	/* Partly behind the end, and wholly. */
	assert_int_equal(get(f, CONFIG + 6, 4), 0xFFFF6867);
	assert_int_equal(get(f, CONFIG + 8, 4), ONES);
	/* Net has none. */
	assert_int_equal(read_at(f, WINDOW_2 + CONFIG, 4), ONES);
	write_at(f, WINDOW_2 + CONFIG, 4, 0);
}

static void test_config_write(void **state)
{
	struct fixture *f = *state;

	set(f, CONFIG, 4, 0x34333231);
	set(f, CONFIG + 7, 1, 0xFFFFFF38);
	set(f, CONFIG + 5, 2, 0x3736);
	assert_memory_equal(f->block.config, "1234e678", 8);
	set(f, CONFIG + 6, 4, 0);
	set(f, CONFIG + 8, 1, 0);
	assert_memory_equal(f->block.config, "1234e678", 8);
	assert_int_equal(f->block.config_writes, 3);
}

static void test_config_write_waits(void **state)
{
	struct fixture *f = *state;

	f->block.writes_refused = 1;
	assert_false(vpci_bus_write_memory(&f->bus, gpa_make(WINDOW_1 + CONFIG), 1, 'x'));
	assert_true(vpci_bus_write_memory(&f->bus, gpa_make(WINDOW_1 + CONFIG), 1, 'x'));
	assert_int_equal(f->block.config[0], 'x');
}

/*
 * --- the access capability
 * ------------------------------------------------------------------------------------
 */

#define ACCESS 0x84u

static void access_choose(struct fixture *f, uint32_t bar, uint32_t offset, uint32_t length)
{
	config_write(f, BLOCK, ACCESS + 4, bar);
	config_write(f, BLOCK, ACCESS + 8, offset);
	config_write(f, BLOCK, ACCESS + 12, length);
}

static uint32_t access_read(struct fixture *f, uint32_t bar, uint32_t offset, uint32_t length)
{
	access_choose(f, bar, offset, length);
	return config_read(f, BLOCK, ACCESS + 16);
}

static void test_access_read(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(access_read(f, 0, CONFIG, 4), 0x64636261);
	assert_int_equal(access_read(f, 0, NUM_QUEUES, 2), 1);
	assert_int_equal(access_read(f, 0, CONFIG + 7, 1), 'h');
	/* Bytes of the data are bytes of what was read. */
	access_choose(f, 0, CONFIG, 4);
	out(f, 0xCF8, 4, ADDRESS(BLOCK, ACCESS + 16));
	assert_int_equal(in(f, 0xCFE, 1), 'c');
}

static void test_access_nowhere(void **state)
{
	static const uint32_t rows[][3] = {
		{ 1, CONFIG, 4 }, { 0xFF, CONFIG, 4 }, { 0, CONFIG, 0 }, { 0, CONFIG, 3 },
		{ 0, CONFIG, 8 }, { 0, CONFIG, ONES }, { 0, CONFIG, 0x80000004 },
		{ 0, CONFIG + 2, 4 },
		{ 0, CONFIG + 1, 2 }, { 0, 4096, 1 }, { 0, 4096, 4 }, { 0, 0xFFFFFFFC, 4 },
		{ 0, ONES, 1 }, { 0, 0x80000000 + CONFIG, 4 },
	};
	struct fixture *f = *state;

	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		assert_int_equal(access_read(f, rows[i][0], rows[i][1], rows[i][2]), ONES);
		config_write(f, BLOCK, ACCESS + 16, 0);
	}
	assert_int_equal(f->block.config_writes, 0);
	assert_memory_equal(f->block.config, "abcdefgh", 8);
}

static void test_access_write(void **state)
{
	struct fixture *f = *state;

	access_choose(f, 0, CONFIG + 4, 2);
	config_write(f, BLOCK, ACCESS + 16, 0xFFFF3635);
	assert_memory_equal(f->block.config, "abcd56gh", 8);
	/* It is the status register as well as any other way in. */
	access_choose(f, 0, STATUS, 1);
	out(f, 0xCF8, 4, ADDRESS(BLOCK, ACCESS + 16));
	out(f, 0xCFC, 1, 3);
	assert_int_equal(get(f, STATUS, 1), 3);
}

/* As an early console: with the device at rest and the window closed, and until there is room. */
static void test_access_waits(void **state)
{
	struct fixture *f = *state;

	config_write(f, BLOCK, 0x04, 0);
	access_choose(f, 0, CONFIG, 4);
	f->block.writes_refused = 2;
	out(f, 0xCF8, 4, ADDRESS(BLOCK, ACCESS + 16));
	assert_false(vpci_bus_write_port(&f->bus, 0xCFC, 4, 0x34333231));
	assert_false(vpci_bus_write_port(&f->bus, 0xCFC, 4, 0x34333231));
	assert_true(vpci_bus_write_port(&f->bus, 0xCFC, 4, 0x34333231));
	assert_memory_equal(f->block.config, "1234efgh", 8);
	assert_int_equal(f->block.config_writes, 1);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		test(test_at_rest),
		test(test_widths),
		test(test_offered),
		test(test_agreement),
		test(test_features_are_final),
		test(test_start),
		test(test_start_in_one),
		test(test_reset),
		test(test_reset_waits),
		test(test_failed),
		test(test_service),
		test(test_config_read),
		test(test_config_write),
		test(test_config_write_waits),
		test(test_access_read),
		test(test_access_nowhere),
		test(test_access_write),
		test(test_access_waits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

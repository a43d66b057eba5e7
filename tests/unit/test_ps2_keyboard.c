// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of drivers/console/ps2_keyboard.c against a model of the controller, in
 * good health, absent, and stuck in every way.
 */
#include "tests/unit/fake_port.h"

#include "drivers/console/ps2_keyboard.c"
#include "lib/error.h"
#include "tests/unit/unit.h"

#include <string.h>

static struct {
	bool absent;
	bool stuck_full;	/* takes no byte */
	bool silent;		/* answers nothing */
	bool endless;		/* always has a byte */
	uint8_t config;
	bool keyboard_on, mouse_on;
	bool config_follows;	/* the next byte for the data port is the configuration */
	struct {
		uint8_t byte;
		bool mouse;
	} output[64];
	unsigned output_count;
	uint8_t to_keyboard[8];
	unsigned to_keyboard_count;
} chip;

static unsigned accesses, activities;
static irq_handler_t *handler;
static void *handler_context;
static int irq_error;

int irq_register(unsigned line, irq_handler_t *function, void *context)
{
	assert_int_equal(line, 1);
	handler = function;
	handler_context = context;
	return irq_error;
}

static void put_output(uint8_t byte, bool mouse)
{
	chip.output[chip.output_count].byte = byte;
	chip.output[chip.output_count++].mouse = mouse;
}

static uint32_t read_status(void)
{
	uint32_t value = 0;

	if (chip.absent)
		return 0xFF;
	if (chip.stuck_full)
		value |= STATUS_INPUT;
	if (chip.output_count > 0 || chip.endless)
		value |= STATUS_OUTPUT;
	if (chip.output_count > 0 && chip.output[0].mouse)
		value |= STATUS_MOUSE;
	return value;
}

static uint32_t fake_port_read(uint16_t port)
{
	uint8_t byte;

	accesses++;
	if (port == COMMAND_PORT)
		return read_status();
	assert_int_equal(port, DATA_PORT);
	if (chip.output_count == 0)
		return chip.endless ? 0x1E : 0;
	byte = chip.output[0].byte;
	memmove(chip.output, chip.output + 1, --chip.output_count * sizeof(chip.output[0]));
	return byte;
}

static void take_command(uint8_t command)
{
	if (command == COMMAND_READ_CONFIG && !chip.silent)
		put_output(chip.config, false);
	if (command == COMMAND_KEYBOARD_OFF || command == COMMAND_KEYBOARD_ON)
		chip.keyboard_on = command == COMMAND_KEYBOARD_ON;
	if (command == COMMAND_MOUSE_OFF)
		chip.mouse_on = false;
	chip.config_follows = command == COMMAND_WRITE_CONFIG;
}

static void fake_port_written(uint16_t port, uint32_t value)
{
	accesses++;
	fake_write_count = 0;
	/* Nobody writes to a controller that has not taken the last byte. */
	assert_false(chip.stuck_full);
	if (port == COMMAND_PORT) {
		take_command((uint8_t)value);
	} else if (chip.config_follows) {
		chip.config = (uint8_t)value;
		chip.config_follows = false;
	} else {
		chip.to_keyboard[chip.to_keyboard_count++] = (uint8_t)value;
		put_output(0xFA, false);
	}
}

static void note_activity(void *context)
{
	(void)context;
	activities++;
}

static int new_chip(void **state)
{
	(void)state;
	memset(&chip, 0, sizeof(chip));
	/* As firmware may leave it: the keyboard off, the mouse's interrupt on, no translation. */
	chip.config = 0x12;
	chip.keyboard_on = chip.mouse_on = true;
	accesses = activities = 0;
	irq_error = 0;
	return 0;
}

static struct console *open_keyboard(void)
{
	struct console *console = ps2_keyboard_open();

	assert_non_null(console);
	console->activity = note_activity;
	assert_int_equal(ps2_keyboard_start(console), 0);
	return console;
}

static void interrupt(void)
{
	handler(handler_context);
}

static void expect_read(struct console *console, const char *text)
{
	char bytes[CHANNEL_SIZE];

	assert_int_equal(console->ops->read(console, bytes, sizeof(bytes)), strlen(text));
	assert_memory_equal(bytes, text, strlen(text));
}

static void test_open(void **state)
{
	struct console *console;

	(void)state;
	put_output(0x10, false);	/* a key that was typed to the boot loader */
	put_output(0x33, true);
	console = open_keyboard();
	assert_int_equal(chip.config, 0x61);
	assert_true(chip.keyboard_on);
	assert_false(chip.mouse_on);
	assert_int_equal(chip.to_keyboard_count, 1);
	assert_int_equal(chip.to_keyboard[0], 0xF4);
	expect_read(console, "");
	assert_int_equal(activities, 0);
	assert_int_equal(console->ops->write(console, "text", 4), 4);
	assert_int_equal(console->ops->room(console, 4), 4);
	console->ops->write_sync(console, "text", 4);
	assert_int_equal(chip.to_keyboard_count, 1);
}

static void test_keys(void **state)
{
	struct console *console = open_keyboard();

	(void)state;
	put_output(0x2A, false);
	put_output(0x1E, false);
	put_output(0x30, true);		/* the mouse's */
	put_output(0xAA, false);
	put_output(0xE0, false);
	put_output(0x48, false);
	interrupt();
	assert_int_equal(chip.output_count, 0);
	assert_int_equal(activities, 1);
	expect_read(console, "A\x1B[A");
	interrupt();			/* for nothing */
	expect_read(console, "");
}

/* Keys that nobody takes are dropped whole, not in part. */
static void test_full(void **state)
{
	struct console *console = open_keyboard();
	char bytes[CHANNEL_SIZE];

	(void)state;
	for (unsigned i = 0; i < 100; i++) {
		put_output(0xE0, false);
		put_output(0x48, false);
		interrupt();
	}
	assert_int_equal(console->ops->read(console, bytes, sizeof(bytes)), 255);
	for (unsigned i = 0; i < 255; i += 3)
		assert_memory_equal(bytes + i, "\x1B[A", 3);
	put_output(0x1E, false);
	interrupt();
	expect_read(console, "a");
}

static void test_bad_controllers(void **state)
{
	(void)state;
	chip.absent = true;
	assert_null(ps2_keyboard_open());
	assert_true(accesses < 10);

	new_chip(state);
	chip.stuck_full = true;
	assert_null(ps2_keyboard_open());
	assert_in_range(accesses, POLLS, 2 * POLLS);

	new_chip(state);
	chip.silent = true;
	assert_null(ps2_keyboard_open());
	assert_in_range(accesses, POLLS, 2 * POLLS);

	/* One that says the same for ever neither stops the start nor the handler. */
	new_chip(state);
	chip.endless = true;
	open_keyboard();
	accesses = 0;
	interrupt();
	assert_true(accesses <= 2 * BYTES_AN_INTERRUPT + 1);

	/* One that disappears. */
	new_chip(state);
	open_keyboard();
	chip.absent = true;
	interrupt();
	assert_int_equal(activities, 0);
}

static void test_no_line(void **state)
{
	struct console *console = ps2_keyboard_open();

	(void)state;
	irq_error = -E_EXIST;
	assert_int_equal(ps2_keyboard_start(console), -E_EXIST);
	assert_int_equal(chip.to_keyboard_count, 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_open, new_chip),
		cmocka_unit_test_setup(test_keys, new_chip),
		cmocka_unit_test_setup(test_full, new_chip),
		cmocka_unit_test_setup(test_bad_controllers, new_chip),
		cmocka_unit_test_setup(test_no_line, new_chip),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

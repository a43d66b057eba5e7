// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of drivers/console/uart16550.c against a model of the chip and of its
 * edge-triggered interrupt line.  In the last test the driver, its interrupt
 * handler and the chip go on at random between any two port accesses, as on
 * two processors.
 */
#include "tests/unit/fake_port.h"

#include "drivers/console/uart16550.c"
#include "lib/error.h"
#include "tests/unit/unit.h"

#include <string.h>

#define PORT 0x3F8

static struct {
	bool present;
	uint8_t ier, lcr, mcr, msr;
	unsigned tx_count;
	uint8_t rx[16];
	unsigned rx_count;
	bool overrun;
	bool transmit_interrupt;
	bool level, edge;
	uint8_t out[100000];	/* what the chip was given to send */
	unsigned out_count;
} chip;

static irq_handler_t *handler;
static void *handler_context;
static unsigned activity_calls;
static void (*between)(void);	/* runs at every port access */

int irq_register(unsigned line, irq_handler_t *function, void *context)
{
	if (handler)
		return -E_EXIST;
	assert_int_equal(line, 4);
	handler = function;
	handler_context = context;
	return 0;
}

static void update_line(void)
{
	bool level = (chip.ier & IER_RECEIVE && chip.rx_count > 0) ||
		     (chip.ier & IER_TRANSMIT && chip.transmit_interrupt);

	level = level && chip.mcr & MCR_OUT2;
	chip.edge |= level && !chip.level;
	chip.level = level;
}

static uint32_t read_data(void)
{
	uint8_t byte = chip.rx[0];

	assert_true(chip.rx_count > 0);
	memmove(chip.rx, chip.rx + 1, --chip.rx_count);
	return byte;
}

static uint32_t read_identification(void)
{
	if (chip.ier & IER_RECEIVE && chip.rx_count > 0)
		return 0xC4;
	if (chip.ier & IER_TRANSMIT && chip.transmit_interrupt) {
		chip.transmit_interrupt = false;
		return 0xC2;
	}
	return 0xC1;
}

static uint32_t read_status(void)
{
	uint32_t status = (chip.rx_count > 0 ? LSR_DATA : 0) | (chip.overrun ? LSR_OVERRUN : 0) |
			  (chip.tx_count == 0 ? LSR_ROOM : 0);

	chip.overrun = false;
	return status;
}

static uint32_t fake_port_read(uint16_t port)
{
	uint32_t value = 0xFF;

	if (between)
		between();
	if (!chip.present)
		return 0xFF;
	switch (port - PORT) {
	case RBR_THR:
		value = read_data();
		break;
	case IIR_FCR:
		value = read_identification();
		break;
	case LSR:
		value = read_status();
		break;
	case MSR:
		value = chip.mcr & MCR_LOOPBACK ? (uint32_t)((chip.mcr & MCR_OUT2) << 4 |
							     (chip.mcr & MCR_RTS) << 3) : 0;
		break;
	}
	update_line();
	return value;
}

static void fake_port_written(uint16_t port, uint32_t value)
{
	fake_write_count = 0;
	if (between)
		between();
	switch (port - PORT) {
	case RBR_THR:
		if (chip.lcr & LCR_DIVISOR)
			break;
		assert_true(chip.tx_count < 16);
		chip.tx_count++;
		chip.transmit_interrupt = false;
		chip.out[chip.out_count++] = (uint8_t)value;
		break;
	case IER:
		if (!(chip.ier & IER_TRANSMIT) && value & IER_TRANSMIT && chip.tx_count == 0)
			chip.transmit_interrupt = true;
		chip.ier = (uint8_t)value;
		break;
	case LCR:
		chip.lcr = (uint8_t)value;
		break;
	case MCR:
		chip.mcr = (uint8_t)value;
		break;
	}
	update_line();
	if (between)
		between();
}

/* The chip sends one byte, if it has one. */
static void chip_sends(void)
{
	if (chip.tx_count > 0 && --chip.tx_count == 0)
		chip.transmit_interrupt = true;
	update_line();
}

static void chip_receives(uint8_t byte)
{
	if (chip.rx_count == sizeof(chip.rx))
		chip.overrun = true;
	else
		chip.rx[chip.rx_count++] = byte;
	update_line();
}

static bool deliver_interrupt(void)
{
	if (!chip.edge || !handler)
		return false;
	chip.edge = false;
	handler(handler_context);
	return true;
}

/* Until nothing goes on any more, whether or not everything was done. */
static void settle(void)
{
	while (chip.edge || chip.tx_count > 0) {
		deliver_interrupt();
		chip_sends();
	}
}

static void count_activity(void *context)
{
	(void)context;
	activity_calls++;
}

static struct console *open_uart(bool start)
{
	struct console *console;

	memset(&chip, 0, sizeof(chip));
	chip.present = true;
	handler = NULL;
	between = NULL;
	activity_calls = 0;
	uarts[0].started = uarts[0].polled = false;
	uarts[0].missed_room = false;
	uarts[0].overruns = 0;
	console = uart16550_open(1);
	assert_non_null(console);
	console->activity = count_activity;
	if (start)
		assert_int_equal(uart16550_start(console), 0);
	return console;
}

static void test_presence(void **state)
{
	(void)state;
	open_uart(false);
	assert_int_equal(chip.lcr, LCR_8N1);
	assert_int_equal(chip.ier, 0);
	chip.present = false;
	assert_null(uart16550_open(1));
	assert_null(uart16550_open(0));
	assert_null(uart16550_open(3));
}

/* Without an interrupt line of its own it raises nothing: polling moves the bytes. */
static void test_line_taken(void **state)
{
	struct console *console = open_uart(false);
	char key;

	(void)state;
	handler = uart_interrupt;
	assert_int_equal(uart16550_start(console), -E_EXIST);
	assert_int_equal(console->ops->write(console, "polled", 6), 6);
	assert_int_equal(chip.ier, 0);
	assert_int_equal(chip.mcr & MCR_OUT2, 0);
	assert_int_equal(chip.out_count, 0);
	chip_receives('k');
	uart16550_poll(console);
	assert_memory_equal(chip.out, "polled", 6);
	assert_int_equal(chip.ier, 0);
	assert_int_equal(console->ops->read(console, &key, 1), 1);
	assert_int_equal(key, 'k');
}

static void test_polled(void **state)
{
	struct console *console = open_uart(false);
	char text[100];
	char keys[8];

	(void)state;
	memset(text, 'x', sizeof(text));
	between = chip_sends;
	assert_int_equal(console->ops->room(console, 100000), 100000);
	assert_int_equal(console->ops->write(console, text, sizeof(text)), sizeof(text));
	assert_int_equal(chip.out_count, sizeof(text));
	assert_int_equal(console->ops->read(console, keys, sizeof(keys)), 0);
	chip_receives('k');
	assert_int_equal(console->ops->read(console, keys, sizeof(keys)), 1);
	assert_int_equal(keys[0], 'k');
}

/* A chip that never sends must not hang a panic. */
static void test_stuck(void **state)
{
	struct console *console = open_uart(false);

	(void)state;
	console->ops->write_sync(console, "abc", 3);
	assert_int_equal(chip.out_count, 1);
}

static void test_interrupt_driven_output(void **state)
{
	struct console *console = open_uart(true);
	static char text[20000];

	(void)state;
	for (unsigned i = 0; i < sizeof(text); i++)
		text[i] = (char)(i % 127);
	assert_int_equal(console->ops->room(console, 20000), TX_SIZE);
	assert_int_equal(console->ops->write(console, text, sizeof(text)), TX_SIZE);
	assert_int_equal(console->ops->room(console, 1), 0);
	settle();
	assert_int_equal(chip.out_count, TX_SIZE);
	assert_memory_equal(chip.out, text, TX_SIZE);
	/* Told once that there is room again, since somebody had missed it. */
	assert_int_equal(activity_calls, 1);
	assert_int_equal(chip.ier, IER_RECEIVE);
}

/* Panic: first what was queued, then its own text. */
static void test_sync_behind_queue(void **state)
{
	struct console *console = open_uart(true);

	(void)state;
	console->ops->write(console, "queued ", 7);
	between = chip_sends;
	console->ops->write_sync(console, "panic", 5);
	assert_memory_equal(chip.out, "queued panic", 12);
}

static void test_interrupt_driven_input(void **state)
{
	struct console *console = open_uart(true);
	uint8_t keys[RX_SIZE + 100];
	unsigned sent = 0;

	(void)state;
	/* It asks the other end to stop while it can still take what is on the way. */
	while (chip.mcr & MCR_RTS) {
		chip_receives((uint8_t)sent++);
		deliver_interrupt();
	}
	assert_int_equal(sent, RX_SIZE - RX_SPARE);
	/* More than the driver keeps: it takes no more, and the chip holds it. */
	while (sent < RX_SIZE) {
		chip_receives((uint8_t)sent++);
		deliver_interrupt();
	}
	assert_int_equal(chip.ier, 0);
	chip_receives((uint8_t)sent++);
	assert_false(deliver_interrupt());
	assert_int_equal(console->ops->read(console, keys, 100), 100);
	assert_false(chip.mcr & MCR_RTS);
	assert_true(deliver_interrupt());
	assert_int_equal(console->ops->read(console, keys + 100, RX_SIZE), sent - 100);
	assert_true(chip.mcr & MCR_RTS);
	for (unsigned i = 0; i < sent; i++)
		assert_int_equal(keys[i], (uint8_t)i);
	assert_true(activity_calls > 0);
	assert_int_equal(uart16550_overruns(console), 0);
}

static void test_overrun(void **state)
{
	struct console *console = open_uart(true);

	(void)state;
	for (unsigned i = 0; i < 17; i++)
		chip_receives('x');
	deliver_interrupt();
	assert_int_equal(uart16550_overruns(console), 1);
}

static uint64_t seed;
static struct console *subject;
static bool in_handler, in_caller;
static unsigned written, received, fetched;
static unsigned laziness;	/* of the one who reads */

static void write_some(void)
{
	uint8_t bytes[40];
	size_t length = unit_random(&seed) % sizeof(bytes);

	for (size_t i = 0; i < length; i++)
		bytes[i] = (uint8_t)(written + i);
	written += (unsigned)subject->ops->write(subject, bytes, length);
}

static void read_some(void)
{
	uint8_t bytes[40];
	size_t count = subject->ops->read(subject, bytes, unit_random(&seed) % sizeof(bytes));

	for (size_t i = 0; i < count; i++)
		assert_int_equal(bytes[i], (uint8_t)fetched++);
}

static void random_step(void)
{
	unsigned what = (unsigned)(unit_random(&seed) % 12);

	if (what < 4)
		chip_sends();
	else if (what == 4 && chip.rx_count < sizeof(chip.rx) && chip.mcr & MCR_RTS)
		chip_receives((uint8_t)received++);
	else if (what < 8 && !in_handler) {
		in_handler = true;
		deliver_interrupt();
		in_handler = false;
	} else if (what < 11 && !in_caller) {
		in_caller = true;
		if (what == 8 && unit_random(&seed) % laziness == 0)
			read_some();
		else if (written < 60000)
			write_some();
		in_caller = false;
	}
}

static void test_two_processors(void **state)
{
	(void)state;
	for (unsigned round = 1; round <= 100; round++) {
		seed = round * 0x9E3779B97F4A7C15ull;
		subject = open_uart(true);
		written = received = fetched = 0;
		laziness = round % 2 ? 1 : 100;
		between = random_step;
		for (unsigned i = 0; i < 5000; i++) {
			random_step();
			/* Nobody is inside: the registers are as the channels want them. */
			assert_int_equal(chip.ier, wanted_interrupts(&uarts[0]));
			assert_int_equal(!(chip.mcr & MCR_RTS),
					 channel_room(&uarts[0].rx) <= RX_SPARE);
		}
		between = NULL;
		settle();
		assert_int_equal(chip.out_count, written);
		for (unsigned i = 0; i < written; i++)
			assert_int_equal(chip.out[i], (uint8_t)i);
		for (unsigned i = 0; i < 2000; i++) {
			read_some();
			settle();
		}
		assert_int_equal(fetched, received);
		assert_int_equal(chip.ier, IER_RECEIVE);
		assert_true(chip.mcr & MCR_RTS);
		assert_int_equal(uart16550_overruns(subject), 0);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_presence),
		cmocka_unit_test(test_line_taken),
		cmocka_unit_test(test_polled),
		cmocka_unit_test(test_stuck),
		cmocka_unit_test(test_interrupt_driven_output),
		cmocka_unit_test(test_sync_behind_queue),
		cmocka_unit_test(test_interrupt_driven_input),
		cmocka_unit_test(test_overrun),
		cmocka_unit_test(test_two_processors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

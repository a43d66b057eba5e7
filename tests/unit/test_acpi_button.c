// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of arch/board/acpi_button.c against a model of the PM1 event registers, with the tables'
 * answers made up.
 */
#include "tests/unit/fake_port.h"

#include "arch/board/acpi_button.c"
#include "tests/unit/unit.h"

#define PM1A 0x600
#define PM1B 0x700
#define GPE0 0x620
#define GPE1 0x640

static struct acpi_fixed fixed_tables;
static uint16_t status[2], enabled[2];	/* of PM1A and PM1B */
static uint8_t general[2][8];
static unsigned entered, presses, silenced;
static irq_handler_t *handler;
static int irq_error;

const struct acpi_fixed *acpi_fixed(void)
{
	return &fixed_tables;
}

void acpi_enter_mode(void)
{
	entered++;
}

int irq_register(unsigned line, irq_handler_t *function, void *context)
{
	(void)context;
	assert_int_equal(line, 9);
	/* Nothing is enabled before there is somebody to serve it. */
	assert_int_equal(enabled[0] | enabled[1], 0xFF);
	handler = function;
	return irq_error;
}

void irq_silence(unsigned line)
{
	assert_int_equal(line, 9);
	silenced++;
}

void log_line(enum log_level level, const char *subsystem, const char *format, ...)
{
	(void)level;
	(void)subsystem;
	(void)format;
}

static uint32_t fake_port_read(uint16_t port)
{
	assert_true(port == PM1A || (port == PM1B && fixed_tables.pm1b_event));
	return status[port == PM1B];
}

static void fake_port_written(uint16_t port, uint32_t value)
{
	fake_write_count = 0;
	if (port == PM1A || port == PM1B)
		status[port == PM1B] &= (uint16_t)~value;
	else if (port == PM1A + 2 || port == PM1B + 2)
		enabled[port == PM1B + 2] = (uint16_t)value;
	else if (port >= GPE0 + 4 && port < GPE0 + 8)
		general[0][port - GPE0] = (uint8_t)value;
	else if (port == GPE1 + 1)
		general[1][1] = (uint8_t)value;
	else
		fail_msg("a write to port %x", port);
}

static void count_press(void)
{
	presses++;
}

static int start(void **state)
{
	(void)state;
	fixed_tables = (struct acpi_fixed){
		.pm1a_event = PM1A, .pm1b_event = PM1B, .pm1_event_length = 4,
		.gpe_blocks = { GPE0, GPE1 }, .gpe_lengths = { 8, 2 },
		.sci_line = 9, .has_power_button = true,
	};
	/* As firmware may leave it: events waiting, some enabled. */
	status[0] = status[1] = 0x8101;
	enabled[0] = enabled[1] = 0xFF;
	for (unsigned i = 0; i < 8; i++)
		general[0][i] = general[1][i] = 0xFF;
	entered = presses = silenced = 0;
	irq_error = 0;
	handler = NULL;
	return 0;
}

static void no_button(void **state)
{
	(void)state;
	fixed_tables.has_power_button = false;
	assert_int_equal(acpi_power_button_start(count_press), -E_UNSUPPORTED);
	assert_int_equal(entered, 0);
	assert_null(handler);
}

static void no_line(void **state)
{
	(void)state;
	irq_error = -E_EXIST;
	assert_int_equal(acpi_power_button_start(count_press), -E_EXIST);
	assert_int_equal(enabled[0], 0xFF);
}

static void events_are_the_button_alone(void **state)
{
	(void)state;
	assert_int_equal(acpi_power_button_start(count_press), 0);
	assert_int_equal(entered, 1);
	assert_int_equal(enabled[0], 0x100);
	assert_int_equal(enabled[1], 0x100);
	assert_int_equal(status[0] | status[1], 0);
	for (unsigned i = 0; i < 8; i++)
		assert_int_equal(general[0][i], i < 4 ? 0xFF : 0);
	assert_int_equal(general[1][0], 0xFF);
	assert_int_equal(general[1][1], 0);
	/* What was pressed before counts for nothing. */
	assert_int_equal(presses, 0);
}

static void presses_are_told_and_cleared(void **state)
{
	(void)state;
	assert_int_equal(acpi_power_button_start(count_press), 0);
	status[0] = 0x0100;
	handler(NULL);
	assert_int_equal(presses, 1);
	assert_int_equal(status[0], 0);
	status[1] = 0x0121;
	handler(NULL);
	assert_int_equal(presses, 2);
	assert_int_equal(status[1], 0);
	handler(NULL);
	assert_int_equal(presses, 2);
	/* One block alone. */
	fixed_tables.pm1b_event = 0;
	status[0] = 0x0100;
	handler(NULL);
	assert_int_equal(presses, 3);
}

static void line_of_somebody_else(void **state)
{
	(void)state;
	assert_int_equal(acpi_power_button_start(count_press), 0);
	for (unsigned i = 0; i < IDLE_INTERRUPTS_MAX - 1; i++)
		handler(NULL);
	assert_int_equal(silenced, 0);
	status[0] = 0x0100;
	handler(NULL);
	for (unsigned i = 0; i < IDLE_INTERRUPTS_MAX; i++)
		handler(NULL);
	assert_int_equal(silenced, 1);
}

/* All bits set would be a button that is pressed without end. */
static void nothing_at_the_port(void **state)
{
	(void)state;
	status[0] = 0xFFFF;
	assert_int_equal(acpi_power_button_start(count_press), -E_NOENT);
	assert_int_equal(entered, 0);
	assert_null(handler);
	start(NULL);
	assert_int_equal(acpi_power_button_start(count_press), 0);
	status[1] = 0xFFFF;
	handler(NULL);
	assert_int_equal(presses, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(no_button, start),
		cmocka_unit_test_setup(no_line, start),
		cmocka_unit_test_setup(events_are_the_button_alone, start),
		cmocka_unit_test_setup(presses_are_told_and_cleared, start),
		cmocka_unit_test_setup(line_of_somebody_else, start),
		cmocka_unit_test_setup(nothing_at_the_port, start),
	};

	return cmocka_run_group_tests_name("acpi_button", tests, NULL, NULL);
}

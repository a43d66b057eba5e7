// SPDX-License-Identifier: GPL-2.0-only
/* Tests of arch/irq.c over arch/pic.c, against a model of the controllers' service registers. */
#include "tests/unit/fake_port.h"

#include "arch/irq.c"
#include "arch/pic.c"
#include "tests/unit/unit.h"

#include <string.h>

static uint16_t serving;  /* lines being served, as the controllers see it */
static unsigned warnings;

void log_line(enum log_level level, const char *subsystem, const char *format, ...)
{
	(void)level;
	(void)subsystem;
	(void)format;
	warnings++;
}

static uint32_t fake_port_read(uint16_t port)
{
	return port == FIRST_COMMAND ? serving & 0xFFu : serving >> 8;
}

/* A specific end of interrupt; everything else is of no interest here. */
static void fake_port_written(uint16_t port, uint32_t value)
{
	unsigned shift = port == SECOND_COMMAND ? 8 : 0;

	if ((port == FIRST_COMMAND || port == SECOND_COMMAND) && (value & 0xF8) == COMMAND_END_LINE) {
		assert_true(serving & 1u << ((value & 7) + shift));
		serving = (uint16_t)(serving & ~(1u << ((value & 7) + shift)));
	}
}

/* What the controllers do when line fires and is acknowledged by the processor. */
static void fire(unsigned line)
{
	assert_false(masked & 1u << line);
	serving = (uint16_t)(serving | 1u << line | (line >= 8 ? 1u << PIC_CASCADE_LINE : 0));
	irq_dispatch(IRQ_FIRST_VECTOR + line);
	assert_int_equal(serving, 0);
}

static unsigned calls[IRQ_LINES];

static void count_call(void *context)
{
	/* Acknowledged only afterwards. */
	assert_int_not_equal(serving, 0);
	(*(unsigned *)context)++;
}

static int start(void **state)
{
	(void)state;
	memset(lines, 0, sizeof(lines));
	memset(calls, 0, sizeof(calls));
	serving = 0;
	warnings = 0;
	spurious = 0;
	fake_write_count = 0;
	irq_init();
	return 0;
}

static void programmed_as_the_data_sheet_says(void **state)
{
	static const struct fake_write wanted[] = {
		{ 0x20, 0x11 }, { 0xA0, 0x11 }, { 0x21, 0x20 }, { 0xA1, 0x28 }, { 0x21, 0x04 },
		{ 0xA1, 0x02 }, { 0x21, 0x01 }, { 0xA1, 0x01 }, { 0x21, 0xFB }, { 0xA1, 0xFF },
	};

	(void)state;
	assert_int_equal(fake_write_count, sizeof(wanted) / sizeof(wanted[0]));
	for (unsigned i = 0; i < fake_write_count; i++) {
		assert_int_equal(fake_writes[i].port, wanted[i].port);
		assert_int_equal(fake_writes[i].value, wanted[i].value);
	}
}

static void every_line_has_its_handler(void **state)
{
	(void)state;
	for (unsigned line = 0; line < IRQ_LINES; line++) {
		int wanted = line == PIC_CASCADE_LINE ? -E_EXIST : 0;

		assert_int_equal(irq_register(line, count_call, &calls[line]), wanted);
		assert_int_equal(irq_register(line, count_call, &calls[0]), -E_EXIST);
	}
	assert_int_equal(irq_register(16, count_call, &calls[0]), -E_RANGE);
	for (unsigned line = 0; line < IRQ_LINES; line++) {
		if (line != PIC_CASCADE_LINE)
			fire(line);
		assert_int_equal(calls[line], line == PIC_CASCADE_LINE ? 0 : 1);
	}
	assert_int_equal(warnings, 0);
	assert_int_equal(irq_spurious_count(), 0);
}

static void spurious_interrupts(void **state)
{
	(void)state;
	irq_register(7, count_call, &calls[7]);
	irq_register(15, count_call, &calls[15]);
	/* The first controller's: nothing is being served, nothing may be acknowledged. */
	irq_dispatch(IRQ_FIRST_VECTOR + 7);
	/* The second's: the first one serves its line 2 and has to be told. */
	serving = 1u << PIC_CASCADE_LINE;
	irq_dispatch(IRQ_FIRST_VECTOR + 15);
	assert_int_equal(serving, 0);
	assert_int_equal(irq_spurious_count(), 2);
	assert_int_equal(calls[7] + calls[15], 0);
	fire(7);
	fire(15);
	assert_int_equal(calls[7] + calls[15], 2);
}

static void unwanted_line_is_masked(void **state)
{
	(void)state;
	pic_unmask(5);
	fire(5);
	assert_int_equal(warnings, 1);
	assert_true(masked & 1u << 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(programmed_as_the_data_sheet_says, start),
		cmocka_unit_test_setup(every_line_has_its_handler, start),
		cmocka_unit_test_setup(spurious_interrupts, start),
		cmocka_unit_test_setup(unwanted_line_is_masked, start),
	};

	return cmocka_run_group_tests_name("irq", tests, NULL, NULL);
}

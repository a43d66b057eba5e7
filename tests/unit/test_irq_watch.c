// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of drivers/pci/irq_watch.c: eight times in a row, and no interrupt between.
 */
#include "drivers/pci/irq_watch.h"

#include "arch/cpu/log.h"
#include "tests/unit/unit.h"

static unsigned warnings;

void log_line(enum log_level level, const char *subsystem, const char *format, ...)
{
	(void)format;
	assert_int_equal(level, LOG_WARN);
	assert_string_equal(subsystem, "net");
	warnings++;
}

static void polled_after_eight(void **state)
{
	struct irq_watch watch = { 0 };

	(void)state;
	for (unsigned i = 0; i < 7; i++)
		assert_false(irq_watch_missed(&watch, "net", "net0"));
	assert_false(watch.is_polled);
	assert_true(irq_watch_missed(&watch, "net", "net0"));
	assert_true(watch.is_polled);
	/* It is said once. */
	assert_false(irq_watch_missed(&watch, "net", "net0"));
	assert_int_equal(warnings, 1);
}

static void an_interrupt_between(void **state)
{
	struct irq_watch watch = { 0 };

	(void)state;
	for (unsigned i = 0; i < 100; i++) {
		assert_false(irq_watch_missed(&watch, "net", "net0"));
		if (i % 7 == 6)
			irq_watch_raised(&watch);
	}
	assert_false(watch.is_polled);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(polled_after_eight),
		cmocka_unit_test(an_interrupt_between),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Running the tests of a guest and printing their results. Owns the counters
 * and the verdict on the test that runs.
 */
#include "guest/runtime/report.h"

#include "guest/runtime/compiler.h"
#include "guest/runtime/hypercall.h"
#include "guest/runtime/irq.h"
#include "guest/runtime/print.h"
#include "guest/runtime/string.h"
#include "guest/runtime/timer.h"

#include <stdarg.h>

/* Of guest.ld. */
extern const struct test tests_start[], tests_end[];

static uint32_t passed;
static uint32_t failed;
static const struct test *running;
static const char *verdict;
static bool has_cases;
static char reason[160];

static void note(const char *result, const char *format, va_list arguments)
{
	if (strcmp(verdict, "PASS") != 0)
		return;
	verdict = result;
	format_text_list(reason, sizeof(reason), format, arguments);
}

void report_fail(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	note("FAIL", format, arguments);
	va_end(arguments);
}

void report_skip(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	note("SKIP", format, arguments);
	va_end(arguments);
}

void report_pass_line(const char *name)
{
	passed++;
	print("PASS %s\n", name);
}

void report_fail_line(const char *name, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	format_text_list(reason, sizeof(reason), format, arguments);
	va_end(arguments);
	failed++;
	print("FAIL %s %s\n", name, reason);
}

void report_case(const char *row, bool good, const char *format, ...)
{
	va_list arguments;

	has_cases = true;
	if (good) {
		passed++;
		print("PASS %s.%s\n", running->name, row);
		return;
	}
	va_start(arguments, format);
	format_text_list(reason, sizeof(reason), format, arguments);
	va_end(arguments);
	failed++;
	print("FAIL %s.%s %s\n", running->name, row, reason);
}

/* What the test before has left of interrupts must not reach this one. */
static void settle(void)
{
	timer_arm(0);
	irq_enable();
	/* One line a call, the lowest first. */
	do {
		hypercall_send_interrupts();
	} while (READ_ONCE(lguest_data.common.irq_pending) != 0);
	(void)irq_save();
}

static void run(const struct test *test)
{
	settle();
	running = test;
	verdict = "PASS";
	has_cases = false;
	test->run();
	if (strcmp(verdict, "PASS") == 0 && has_cases)
		return;
	if (strcmp(verdict, "PASS") == 0) {
		report_pass_line(test->name);
	} else {
		failed += strcmp(verdict, "FAIL") == 0;
		print("%s %s %s\n", verdict, test->name, reason);
	}
}

void report_run(const char *prefix)
{
	for (const struct test *test = tests_start; test < tests_end; test++)
		if (strncmp(test->name, prefix, strlen(prefix)) == 0)
			run(test);
	report_total();
}

void report_total(void)
{
	print("TOTAL %u passed, %u failed\n", passed, failed);
}

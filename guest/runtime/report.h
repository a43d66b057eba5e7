/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Results of tests. Each test is a function marked TEST(topic, name) in any file
 * of a guest; the linker collects them, report_run runs them and prints one line
 * each:
 *     PASS topic.name
 *     FAIL topic.name why
 *     SKIP topic.name why
 * and at last `TOTAL n passed, m failed`.
 */
#ifndef UMBRA_GUEST_RUNTIME_REPORT_H
#define UMBRA_GUEST_RUNTIME_REPORT_H

#include <stdbool.h>
#include <stdint.h>

struct test {
	const char *name;
	void (*run)(void);
};

/*
 * Define a test. It passes unless it calls report_fail or report_skip. It starts
 * with interrupts off, none pending, the timer off and paging_kernel_space current,
 * and leaves all but pending interrupts and the timer so.
 */
#define TEST(topic, title) \
	static void test_##topic##_##title(void); \
	static const struct test entry_##topic##_##title \
		__attribute__((used, no_reorder, section(".tests"))) = {#topic "." #title, \
							    test_##topic##_##title}; \
	static void test_##topic##_##title(void)

/* Leave the test as failed unless the condition holds; the rest is like printf. */
#define CHECK(condition, ...) \
	do { \
		if (!(condition)) { \
			report_fail(__VA_ARGS__); \
			return; \
		} \
	} while (0)

/* The same for a helper that returns a bool. */
#define CHECK_BOOL(condition, ...) \
	do { \
		if (!(condition)) { \
			report_fail(__VA_ARGS__); \
			return false; \
		} \
	} while (0)

/* Note why the running test fails, or cannot run here; the first word stays. */
void __attribute__((format(printf, 1, 2))) report_fail(const char *format, ...);
void __attribute__((format(printf, 1, 2))) report_skip(const char *format, ...);

/*
 * A test that walks a table prints a line for each row, topic.name.row, and none
 * for itself.
 */
void __attribute__((format(printf, 3, 4))) report_case(const char *row, bool good,
							const char *format, ...);

/* Results outside of report_run, counted like those of tests. */
void report_pass_line(const char *name);
void __attribute__((format(printf, 2, 3))) report_fail_line(const char *name, const char *format,
							     ...);

/* Run all tests whose name starts with prefix ("" = all), then print the total. */
void report_run(const char *prefix);

/* Print the total. */
void report_total(void);

#endif

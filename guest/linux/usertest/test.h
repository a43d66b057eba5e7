/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tests of Linux from its user's side. Each test is a function marked TEST(topic, name) in any
 * file of this folder; main.c runs each of them in a process of its own, with a time limit, and
 * prints one line for it:
 *     PASS topic.name
 *     FAIL topic.name why
 *     SKIP topic.name why
 * and at last `TOTAL n passed, m failed, k skipped`.
 */
#ifndef UMBRA_GUEST_LINUX_USERTEST_TEST_H
#define UMBRA_GUEST_LINUX_USERTEST_TEST_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct test {
	const char *name;
	void (*run)(void);
};

/* Define a test. It passes unless it, or a process that it started, calls a function of below. */
#define TEST(topic, title) \
	static void test_##topic##_##title(void); \
	static const struct test entry_##topic##_##title \
		__attribute__((used, no_reorder, section("tests"))) = { #topic "." #title, \
									test_##topic##_##title }; \
	static void test_##topic##_##title(void)

/* Leave the test (or the child of a test) as failed unless the condition holds. */
#define CHECK(condition, ...) \
	do { \
		if (!(condition)) { \
			test_fail(__VA_ARGS__); \
			return; \
		} \
	} while (0)

/* The same in a helper that returns a bool. */
#define CHECK_BOOL(condition, ...) \
	do { \
		if (!(condition)) { \
			test_fail(__VA_ARGS__); \
			return false; \
		} \
	} while (0)

/* Note why the running test fails, or cannot run here; any process may. The first word stays. */
void __attribute__((format(printf, 1, 2))) test_fail(const char *format, ...);
void __attribute__((format(printf, 1, 2))) test_skip(const char *format, ...);
bool test_failed(void);

/* How many times as much as usual a test of load does: 1, or what storm= says. */
extern unsigned test_storm;

/* Where a test may write files: dir= of the command line, /tmp by default. */
extern const char *test_directory;

/* What the program was started as, for those that start it again. */
extern const char *test_program;

/* --- children (child.c) ---------------------------------------------------------------------- */

/* Start a process that does run(data) and exits with 0, or 1 if the test has failed by then. */
pid_t child_start(void (*run)(void *data), void *data);

/* Wait for the end of a child; its status as of wait(2), or -1. */
int child_wait(pid_t pid);

/* Wait for children that must all exit with 0; false, and the test failed, if one does not. */
bool child_join(const pid_t *pids, unsigned count);

/* Run something in a child that is expected to die of a signal; that signal, 0 if it exits. */
int child_signal_of(void (*run)(void *data), void *data);

/* --- memory (memory.h has what compares it) -------------------------------------------------- */

/* Memory that children share with their parent, zeroed; without it the process ends. */
void *shared_memory(size_t size);

/* Memory of the process's own, in whole pages. */
void *private_memory(size_t size);

/* Bytes that depend on their place and on a seed; the offset of the first wrong one, or -1. */
void pattern_fill(void *memory, size_t size, uint32_t seed);
ssize_t pattern_check(const void *memory, size_t size, uint32_t seed);

/* --- machine (machine.c) --------------------------------------------------------------------- */

/* A 64-bit kernel, on which this program runs too, differs here and there. */
bool kernel_is_64(void);

/* A kernel for Umbra, by its name. */
bool kernel_is_umbra(void);

/* Does a line of /proc/cpuinfo that begins so hold this text? */
bool cpuinfo_has(const char *line_name, const char *text);

/* Time of CLOCK_MONOTONIC in nanoseconds. */
uint64_t now_ns(void);

/* --- faults (faults.c) ----------------------------------------------------------------------- */

/* A signal that an instruction caused; number is 0 if it caused none. */
struct caught {
	int number, code;
	uintptr_t address;		/* si_addr */
	unsigned long trap, error, cr2; /* of the signal's frame */
};

/* Run something and catch SIGSEGV, SIGBUS, SIGILL, SIGFPE and SIGTRAP of it. Not reentrant. */
struct caught caught_of(void (*run)(void *data), void *data);

/* Set a handler with SA_SIGINFO and more flags. */
void handle(int number, void (*handler)(int, siginfo_t *, void *), int flags);

#endif

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runs the tests of this folder, each in a process group of its own with a time limit, and prints
 * what came of them (test.h). Words of the command line:
 *     PREFIX...     only tests whose names start so, as in `signal.`; !PREFIX leaves such out
 *     storm=N       tests of load do N times as much
 *     dir=PATH      where files are written, by default /tmp
 *     limit=N       seconds for one test, by default 60
 * `list` prints the names; `serve`, `talk`, `write` and `verify` are for tests of several guests
 * (network.c, kept.c), and `started` for those that start this program again (process.c).
 */
#include "guest/linux/usertest/commands.h"
#include "guest/linux/usertest/test.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Made by the linker from TEST. */
extern const struct test __start_tests[], __stop_tests[];

enum { PASS, FAIL, SKIP };

/* Shared with all processes of a test. */
struct verdict {
	int taken; /* somebody writes, or has written, the rest */
	volatile int result;
	char why[200];
};

unsigned test_storm = 1;
const char *test_directory = "/tmp";
const char *test_program;

static struct verdict *verdict;
static unsigned limit_seconds = 60;

static void note(int result, const char *format, va_list arguments)
{
	if (__atomic_exchange_n(&verdict->taken, 1, __ATOMIC_SEQ_CST))
		return;
	(void)vsnprintf(verdict->why, sizeof(verdict->why), format, arguments);
	verdict->result = result;
}

void test_fail(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	note(FAIL, format, arguments);
	va_end(arguments);
}

void test_skip(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	note(SKIP, format, arguments);
	va_end(arguments);
}

bool test_failed(void)
{
	return verdict->result == FAIL;
}

/* Wait for the test's first process, until its time is over. */
static void wait_test(pid_t pid)
{
	struct timespec limit = { .tv_sec = (time_t)limit_seconds };
	sigset_t children;
	int status;

	sigemptyset(&children);
	sigaddset(&children, SIGCHLD);
	while (waitpid(pid, &status, WNOHANG) == 0) {
		if (sigtimedwait(&children, NULL, &limit) < 0 && errno == EAGAIN) {
			test_fail("not done after %u s", limit_seconds);
			kill(-pid, SIGKILL);
			waitpid(pid, &status, 0);
			return;
		}
	}
	if (WIFSIGNALED(status))
		test_fail("ended by signal %d", WTERMSIG(status));
	else if (WEXITSTATUS(status) != 0)
		test_fail("exited with %d", WEXITSTATUS(status));
}

/* Nothing that a test left runs on beside the next one: orphans come to this process. */
static void end_group(pid_t group)
{
	kill(-group, SIGKILL);
	while (waitpid(-1, NULL, 0) > 0)
		continue;
}

static void run_child(const struct test *test)
{
	sigset_t none;

	setpgid(0, 0);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	test->run();
	_exit(0);
}

static int run_test(const struct test *test)
{
	static const char *const words[] = { "PASS", "FAIL", "SKIP" };
	pid_t pid;

	memset(verdict, 0, sizeof(*verdict));
	fflush(stdout);
	pid = fork();
	if (pid == 0)
		run_child(test);
	if (pid < 0) {
		test_fail("no process: %s", strerror(errno));
	} else {
		setpgid(pid, pid);
		wait_test(pid);
		end_group(pid);
	}
	printf("%s %s%s%s\n", words[verdict->result], test->name, *verdict->why ? " " : "",
	       verdict->why);
	return verdict->result;
}

static bool starts_with(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

static bool is_wanted(const char *name, char **words)
{
	bool wanted = true, chosen = false, any = false;

	for (; *words; words++) {
		if (strchr(*words, '='))
			continue;
		if (**words == '!') {
			wanted = wanted && !starts_with(name, *words + 1);
		} else {
			any = true;
			chosen = chosen || starts_with(name, *words);
		}
	}
	return wanted && (chosen || !any);
}

static void read_settings(char **words)
{
	for (; *words; words++) {
		if (starts_with(*words, "storm="))
			test_storm = (unsigned)strtoul(*words + 6, NULL, 10);
		else if (starts_with(*words, "limit="))
			limit_seconds = (unsigned)strtoul(*words + 6, NULL, 10);
		else if (starts_with(*words, "dir="))
			test_directory = *words + 4;
	}
}

static int run_all(char **words)
{
	unsigned counts[3] = { 0 };
	sigset_t children;

	read_settings(words);
	verdict = shared_memory(sizeof(*verdict));
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	sigemptyset(&children);
	sigaddset(&children, SIGCHLD);
	sigprocmask(SIG_BLOCK, &children, NULL);
	for (const struct test *test = __start_tests; test < __stop_tests; test++)
		if (is_wanted(test->name, words))
			counts[run_test(test)]++;
	printf("TOTAL %u passed, %u failed, %u skipped\n", counts[PASS], counts[FAIL],
	       counts[SKIP]);
	return counts[FAIL] != 0;
}

static int list(void)
{
	for (const struct test *test = __start_tests; test < __stop_tests; test++)
		printf("%s\n", test->name);
	return 0;
}

int main(int count, char **words)
{
	static const struct {
		const char *name;
		int (*run)(char **words);
	} commands[] = {
		{ "serve", command_serve },	{ "talk", command_talk },
		{ "write", command_write },	{ "verify", command_verify },
		{ "started", command_started },
	};

	test_program = "/proc/self/exe";
	if (count > 1 && strcmp(words[1], "list") == 0)
		return list();
	for (size_t i = 0; count > 1 && i < sizeof(commands) / sizeof(*commands); i++)
		if (strcmp(words[1], commands[i].name) == 0)
			return commands[i].run(words + 2);
	return run_all(words + 1);
}

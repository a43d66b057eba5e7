// SPDX-License-Identifier: GPL-2.0-only
/* Processes: their ends, what execve passes on, orphans, and who stands still meanwhile. */
#include "guest/linux/usertest/commands.h"
#include "guest/linux/usertest/test.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static void exit_with(void *data)
{
	_exit(*(const int *)data);
}

TEST(process, exit_status)
{
	for (int code = 0; code < 256; code += 17) {
		int status = child_wait(child_start(exit_with, &code));

		CHECK(WIFEXITED(status) && WEXITSTATUS(status) == code, "%d came as 0x%x", code,
		      status);
	}
	CHECK(waitpid(-1, NULL, 0) < 0 && errno == ECHILD, "a child more than there should be");
}

TEST(process, ids)
{
	pid_t parent = getpid(), pid = fork();
	int status;

	if (pid == 0)
		_exit(getppid() == parent && getpid() != parent ? 3 : 4);
	status = child_wait(pid);
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 3, "status 0x%x", status);
}

/* The child has its parent's memory until it leaves it. */
TEST(process, vfork)
{
	volatile int written = 0;
	int status;
	pid_t pid = vfork();	/* NOLINT: it is what is tested */

	if (pid == 0) {
		written = 7;	/* NOLINT: the same */
		_exit(5);
	}
	CHECK(written == 7, "the child's write did not come before its end");
	status = child_wait(pid);
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 5, "status 0x%x", status);
}

/* Its parent is gone: main.c, or what the kernel has in its place, adopts it. */
TEST(process, orphan)
{
	int ends[2];
	pid_t told = 0;

	CHECK(pipe(ends) == 0, "pipe: %s", strerror(errno));
	if (fork() == 0) {
		pid_t middle = getpid();

		if (fork() == 0) {
			while (getppid() == middle)
				usleep(1000);
			told = getppid();
			_exit(write(ends[1], &told, sizeof(told)) != sizeof(told));
		}
		_exit(0);
	}
	CHECK(read(ends[0], &told, sizeof(told)) == sizeof(told), "nothing was told");
	CHECK(told == getppid(), "adopted by %d, not %d", told, getppid());
}

/* Start this program again, which exits with how its test of what it was given went. */
static int start_again(char *const words[], char *const environment[])
{
	pid_t pid = fork();

	if (pid == 0) {
		execve(test_program, words, environment);
		_exit(100);
	}
	return child_wait(pid);
}

TEST(process, exec)
{
	char *words[] = { "usertest", "started", "plain", "", "two words", NULL };
	char *environment[] = { "UMBRA=shadow", NULL };
	int status = start_again(words, environment);

	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0, "status 0x%x", status);
}

/* An argument may have 128 KB (execve(2), "Limits on size of arguments"), less its end. */
TEST(process, exec_long)
{
	static char text[100000];
	char *words[] = { "usertest", "started", "long", text, text, NULL };
	char *environment[] = { NULL };
	int status;

	for (size_t i = 0; i < sizeof(text) - 1; i++)
		text[i] = (char)('a' + i % 23);
	status = start_again(words, environment);
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0, "status 0x%x", status);
}

TEST(process, exec_missing)
{
	char *words[] = { "nothing", NULL };

	CHECK(execv("/nothing/there", words) < 0 && errno == ENOENT, "errno %d", errno);
	CHECK(execv("/proc/self/status", words) < 0 && errno == EACCES, "errno %d", errno);
}

/* The stack grows, and keeps what is written. */
static unsigned dig(unsigned depth)
{
	volatile char page[4096];

	page[0] = (char)depth;
	page[4095] = (char)~depth;
	if (depth && dig(depth - 1) != depth - 1)
		return depth + 1;
	return page[0] == (char)depth && page[4095] == (char)~depth ? depth : depth + 1;
}

TEST(process, deep_stack)
{
	CHECK(dig(1500) == 1500, "6 MB of stack do not keep what was written");
}

static void dig_without_end(void *data)
{
	struct rlimit limit = { .rlim_cur = 1 << 20, .rlim_max = 1 << 20 };

	(void)data;
	setrlimit(RLIMIT_STACK, &limit);
	(void)dig(1u << 20);
}

TEST(process, stack_limit)
{
	int number = child_signal_of(dig_without_end, NULL);

	CHECK(number == SIGSEGV, "signal %d", number);
}

TEST(process, times)
{
	struct rusage usage;
	uint64_t start = now_ns();
	long used = 0;

	while (used < 50000 && now_ns() - start < 20000000000u) {
		getrusage(RUSAGE_SELF, &usage);
		used = (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) +
		       1000000 * (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec);
	}
	CHECK(used >= 50000, "20 s of work count as %ld us", used);
	CHECK((uint64_t)used <= (now_ns() - start) / 1000 + 40000, "%ld us in %llu us", used,
	      (unsigned long long)(now_ns() - start) / 1000);
}

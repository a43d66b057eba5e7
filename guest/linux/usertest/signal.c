// SPDX-License-Identifier: GPL-2.0-only
/* Signals: nesting, masks, queues, what they interrupt, stopping, and defaults. */
#include "guest/linux/usertest/test.h"

#include <errno.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static volatile int depth, deepest, total;

/* A handler begins; whoever calls this counts depth down when it ends. */
static void enter(void)
{
	total++;
	depth++;
	if (depth > deepest)
		deepest = depth;
}

static void nest(int number, siginfo_t *info, void *frame)
{
	(void)info;
	(void)frame;
	enter();
	if (depth < 50)
		raise(number == SIGUSR1 ? SIGUSR2 : SIGUSR1);
	depth--;
}

TEST(signal, nested)
{
	handle(SIGUSR1, nest, SA_NODEFER);
	handle(SIGUSR2, nest, SA_NODEFER);
	raise(SIGUSR1);
	CHECK(total == 50 && deepest == 50 && depth == 0, "%d handlers, %d deep, %d left", total,
	      deepest, depth);
}

static void raise_once(int number, siginfo_t *info, void *frame)
{
	(void)info;
	(void)frame;
	enter();
	if (total == 1)
		raise(number);
	depth--;
}

/* Its own signal waits for a handler's end. */
TEST(signal, deferred)
{
	handle(SIGUSR1, raise_once, 0);
	raise(SIGUSR1);
	CHECK(total == 2 && deepest == 1, "%d handlers, %d deep", total, deepest);
}

static int order[64];
static volatile int count;

static void remember(int number, siginfo_t *info, void *frame)
{
	(void)number;
	(void)frame;
	if (count < 64)
		order[count] = info->si_value.sival_int;
	count++;
}

/* Real-time signals are counted, and come in their order. */
TEST(signal, queued)
{
	sigset_t set;

	handle(SIGRTMIN, remember, 0);
	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN);
	sigprocmask(SIG_BLOCK, &set, NULL);
	for (int i = 0; i < 40; i++)
		CHECK(sigqueue(getpid(), SIGRTMIN, (union sigval){ .sival_int = i * 3 }) == 0,
		      "sigqueue %d", i);
	CHECK(count == 0, "%d came though blocked", count);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	CHECK(count == 40, "%d of 40 came", count);
	for (int i = 0; i < 40; i++)
		CHECK(order[i] == i * 3, "number %d has %d", i, order[i]);
}

/* Others are not counted. */
TEST(signal, pending)
{
	sigset_t set, found;

	handle(SIGUSR1, remember, 0);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	raise(SIGUSR1);
	raise(SIGUSR1);
	sigpending(&found);
	CHECK(sigismember(&found, SIGUSR1), "it is not pending");
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	CHECK(count == 1, "%d came", count);
}

static void die_by(void *data)
{
	int number = *(const int *)data;

	signal(number, SIG_DFL);
	raise(number);
}

TEST(signal, defaults)
{
	static const int numbers[] = { SIGHUP,	SIGINT,	 SIGQUIT, SIGILL,  SIGTRAP,
				       SIGABRT, SIGBUS,	 SIGFPE,  SIGKILL, SIGUSR1,
				       SIGSEGV, SIGUSR2, SIGPIPE, SIGALRM, SIGTERM };

	for (unsigned i = 0; i < sizeof(numbers) / sizeof(*numbers); i++) {
		int number = numbers[i];
		int found = child_signal_of(die_by, &number);

		CHECK(found == number, "signal %d ended it as %d", number, found);
	}
}

/* Call read on an empty pipe, into which only the handler writes. */
static int pipe_ends[2];

static void write_pipe(int number, siginfo_t *info, void *frame)
{
	(void)number;
	(void)info;
	(void)frame;
	total += write(pipe_ends[1], "x", 1) == 1;
}

static ssize_t read_under_alarm(int flags)
{
	struct timespec delay = { .tv_nsec = 50000000 };
	pid_t parent = getpid();
	ssize_t result;
	char byte;
	pid_t pid;

	handle(SIGUSR1, write_pipe, flags);
	pid = fork();
	if (pid == 0) {
		nanosleep(&delay, NULL);
		_exit(kill(parent, SIGUSR1));
	}
	result = read(pipe_ends[0], &byte, 1);
	child_wait(pid);
	return result;
}

TEST(signal, restart)
{
	CHECK(pipe(pipe_ends) == 0, "pipe: %s", strerror(errno));
	CHECK(read_under_alarm(SA_RESTART) == 1 && total == 1, "a read was not taken up again");
}

TEST(signal, interrupted)
{
	ssize_t result;

	CHECK(pipe(pipe_ends) == 0, "pipe: %s", strerror(errno));
	result = read_under_alarm(0);
	/* On a busy machine the signal may come before the read, which then finds a byte. */
	CHECK((result == -1 && errno == EINTR) || result == 1, "read returned %zd, errno %d",
	      result, errno);
	CHECK(total == 1, "%d handlers", total);
}

TEST(signal, stop_continue)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		raise(SIGSTOP);
		_exit(9);
	}
	CHECK(waitpid(pid, &status, WUNTRACED) == pid && WIFSTOPPED(status) &&
		      WSTOPSIG(status) == SIGSTOP,
	      "stopped: status 0x%x", status);
	kill(pid, SIGCONT);
	CHECK(waitpid(pid, &status, WCONTINUED) == pid, "no status of a child that goes on");
	if (WIFCONTINUED(status))
		status = child_wait(pid);
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 9, "status 0x%x", status);
}

TEST(signal, wait_for)
{
	struct timespec brief = { .tv_nsec = 10000000 };
	siginfo_t info;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	sigprocmask(SIG_BLOCK, &set, NULL);
	CHECK(sigtimedwait(&set, &info, &brief) < 0 && errno == EAGAIN, "there was one");
	sigqueue(getpid(), SIGUSR2, (union sigval){ .sival_int = 12 });
	CHECK(sigtimedwait(&set, &info, &brief) == SIGUSR2 && info.si_value.sival_int == 12 &&
		      info.si_pid == getpid(),
	      "it came with %d of %d", info.si_value.sival_int, info.si_pid);
}

TEST(signal, suspend)
{
	sigset_t set, none;

	handle(SIGUSR1, remember, 0);
	sigemptyset(&none);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	for (int i = 1; i <= 100; i++) {
		raise(SIGUSR1);
		CHECK(sigsuspend(&none) < 0 && errno == EINTR && count == i, "%d of %d", count, i);
	}
}

/* Two processes signal each other by turns. */
static void answer_signals(void *data)
{
	pid_t parent = getppid();
	sigset_t set;
	int number;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	for (unsigned i = 0; i < *(const unsigned *)data; i++) {
		CHECK(sigwait(&set, &number) == 0, "sigwait");
		kill(parent, SIGUSR2);
	}
}

TEST(signal, by_turns)
{
	unsigned rounds = 300 * test_storm;
	sigset_t set;
	int number;
	pid_t pid;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGUSR2);
	sigprocmask(SIG_BLOCK, &set, NULL);
	pid = child_start(answer_signals, &rounds);
	sigdelset(&set, SIGUSR1);
	for (unsigned i = 0; i < rounds; i++) {
		kill(pid, SIGUSR1);
		sigwait(&set, &number);
	}
	(void)child_join(&pid, 1);
}

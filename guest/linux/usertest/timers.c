// SPDX-License-Identifier: GPL-2.0-only
/*
 * Timers: never early, and each as often as it should be. How late one is says how busy the host
 * is, and is not judged.
 */
#include "guest/linux/usertest/test.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/select.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define MS 1000000u
#define LONG_TIME 30000000000u

static volatile unsigned ticks;

static void tick(int number, siginfo_t *info, void *frame)
{
	(void)number;
	(void)info;
	(void)frame;
	ticks++;
}

TEST(timers, nanosleep)
{
	static const unsigned lengths[] = { 1, 50000, 1000000, 7000000, 30000000 };

	for (unsigned i = 0; i < 25; i++) {
		struct timespec delay = { .tv_nsec = (long)lengths[i % 5] };
		uint64_t start = now_ns();

		CHECK(nanosleep(&delay, NULL) == 0, "%s", strerror(errno));
		CHECK(now_ns() - start >= lengths[i % 5], "%u ns took %llu", lengths[i % 5],
		      (unsigned long long)(now_ns() - start));
	}
}

TEST(timers, absolute)
{
	struct timespec then, now;

	clock_gettime(CLOCK_REALTIME, &then);
	then.tv_sec += then.tv_nsec >= 980000000;
	then.tv_nsec = (then.tv_nsec + 20000000) % 1000000000;
	CHECK(clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &then, NULL) == 0, "%s",
	      strerror(errno));
	clock_gettime(CLOCK_REALTIME, &now);
	CHECK(now.tv_sec > then.tv_sec ||
		      (now.tv_sec == then.tv_sec && now.tv_nsec >= then.tv_nsec),
	      "too early");
}

/* As many as periods have gone by at most, and at least so many as were waited for. */
static void check_interval(int which, int number)
{
	struct itimerval timer = { { 0, 5000 }, { 0, 5000 } }, off = { 0 };
	uint64_t start = now_ns();
	unsigned found;

	ticks = 0;
	handle(number, tick, SA_RESTART);
	setitimer(which, &timer, NULL);
	while (ticks < 20 && now_ns() - start < LONG_TIME)
		continue;
	setitimer(which, &off, NULL);
	found = ticks;
	CHECK(found >= 20, "%u ticks in 30 s", found);
	CHECK(which != ITIMER_REAL || now_ns() - start >= found * 5ull * MS, "%u ticks in %llu ns",
	      found, (unsigned long long)(now_ns() - start));
}

TEST(timers, real)
{
	check_interval(ITIMER_REAL, SIGALRM);
}

TEST(timers, virtual)
{
	check_interval(ITIMER_VIRTUAL, SIGVTALRM);
}

TEST(timers, profiling)
{
	check_interval(ITIMER_PROF, SIGPROF);
}

TEST(timers, timerfd)
{
	struct itimerspec setting = { { 0, 4 * MS }, { 0, 4 * MS } };
	int file = timerfd_create(CLOCK_MONOTONIC, 0);
	uint64_t start = now_ns(), total = 0, count;

	CHECK(file >= 0 && timerfd_settime(file, 0, &setting, NULL) == 0, "%s", strerror(errno));
	while (total < 25) {
		CHECK(read(file, &count, sizeof(count)) == sizeof(count) && count, "%s",
		      strerror(errno));
		total += count;
	}
	CHECK(now_ns() - start >= total * 4 * MS, "%llu ticks in %llu ns",
	      (unsigned long long)total, (unsigned long long)(now_ns() - start));
}

TEST(timers, posix)
{
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN };
	struct itimerspec setting = { { 0, 3 * MS }, { 0, 3 * MS } };
	uint64_t start = now_ns(), total = 0;
	timer_t timer;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN);
	sigprocmask(SIG_BLOCK, &set, NULL);
	CHECK(timer_create(CLOCK_MONOTONIC, &event, &timer) == 0, "%s", strerror(errno));
	CHECK(timer_settime(timer, 0, &setting, NULL) == 0, "%s", strerror(errno));
	while (total < 25) {
		siginfo_t info;

		CHECK(sigwaitinfo(&set, &info) == SIGRTMIN && info.si_code == SI_TIMER, "%s",
		      strerror(errno));
		total += 1 + (uint64_t)timer_getoverrun(timer);
	}
	CHECK(now_ns() - start >= total * 3 * MS, "%llu ticks in %llu ns",
	      (unsigned long long)total, (unsigned long long)(now_ns() - start));
}

TEST(timers, time_outs)
{
	int ends[2];

	CHECK(pipe(ends) == 0, "pipe");
	for (unsigned i = 0; i < 5; i++) {
		struct pollfd poll_pipe = { .fd = ends[0], .events = POLLIN };
		struct timeval limit = { .tv_usec = 10000 };
		uint64_t start = now_ns();
		fd_set set;

		CHECK(poll(&poll_pipe, 1, 10) == 0, "poll");
		CHECK(now_ns() - start >= 10 * MS, "poll is early");
		start = now_ns();
		FD_ZERO(&set);
		FD_SET(ends[0], &set);
		CHECK(select(ends[0] + 1, &set, NULL, NULL, &limit) == 0, "select");
		CHECK(now_ns() - start >= 10 * MS, "select is early");
	}
}

/* Two that run at once, and neither is lost. */
TEST(timers, side_by_side)
{
	struct itimerspec fast = { { 0, 2 * MS }, { 0, 2 * MS } },
			  slow = { { 0, 7 * MS }, { 0, 7 * MS } };
	int files[2] = { timerfd_create(CLOCK_MONOTONIC, 0), timerfd_create(CLOCK_REALTIME, 0) };
	uint64_t totals[2] = { 0 }, start = now_ns(), count;
	struct timespec resolution;

	clock_getres(CLOCK_MONOTONIC, &resolution);
	if (resolution.tv_nsec > 2000000) {
		test_skip("timers are only as fine as %ld ns", resolution.tv_nsec);
		return;
	}
	timerfd_settime(files[0], 0, &fast, NULL);
	timerfd_settime(files[1], 0, &slow, NULL);
	while (totals[1] < 8) {
		struct pollfd both[2] = { { .fd = files[0], .events = POLLIN },
					  { .fd = files[1], .events = POLLIN } };

		CHECK(poll(both, 2, 30000) > 0, "none in 30 s");
		for (unsigned i = 0; i < 2; i++)
			if (both[i].revents && read(files[i], &count, 8) == 8)
				totals[i] += count;
	}
	/* What came since the loop looked at it last. */
	if (read(files[0], &count, 8) == 8)
		totals[0] += count;
	CHECK(totals[0] >= 20, "%llu of the fast one", (unsigned long long)totals[0]);
	CHECK(now_ns() - start >= totals[0] * 2 * MS, "too many of the fast one");
}

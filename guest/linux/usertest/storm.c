// SPDX-License-Identifier: GPL-2.0-only
/* Much at once: trees of processes, programs started in a row, threads, and all kinds mixed. */
#include "guest/linux/usertest/registers.h"
#include "guest/linux/usertest/test.h"

#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

static unsigned *total;
static unsigned ticks;

static void grow(void *data)
{
	unsigned depth = *(unsigned *)data;
	pid_t pids[2];

	__atomic_add_fetch(total, 1, __ATOMIC_SEQ_CST);
	if (depth == 0)
		return;
	depth--;
	for (unsigned i = 0; i < 2; i++)
		pids[i] = child_start(grow, &depth);
	(void)child_join(pids, 2);
}

TEST(storm, tree)
{
	unsigned depth = 5;

	total = shared_memory(4096);
	for (unsigned i = 0; i < test_storm; i++) {
		pid_t pid = child_start(grow, &depth);

		if (!child_join(&pid, 1))
			return;
	}
	CHECK(*total == 63 * test_storm, "%u processes", *total);
}

/* All there at once, then all gone. */
static void wait_until_all(void *data)
{
	unsigned all = *(unsigned *)data;

	__atomic_add_fetch(total, 1, __ATOMIC_SEQ_CST);
	while (__atomic_load_n(total, __ATOMIC_SEQ_CST) < all)
		sched_yield();
}

TEST(storm, crowd)
{
	pid_t pids[60];
	unsigned all = 60;

	for (unsigned round = 0; round < test_storm; round++) {
		total = shared_memory(4096);
		for (unsigned i = 0; i < all; i++)
			pids[i] = child_start(wait_until_all, &all);
		if (!child_join(pids, all))
			return;
		munmap(total, 4096);
	}
}

TEST(storm, programs)
{
	for (unsigned i = 0; i < 30 * test_storm; i++) {
		pid_t pid = fork();

		if (pid == 0) {
			execl(test_program, "usertest", "started", "fpu", NULL);
			_exit(100);
		}
		CHECK(pid > 0 && child_wait(pid) == 0, "program %u", i);
	}
}

static void *nothing(void *data)
{
	return data;
}

TEST(storm, threads)
{
	for (unsigned i = 0; i < 200 * test_storm; i++) {
		pthread_t thread;
		void *result;

		CHECK(pthread_create(&thread, NULL, nothing, &ticks) == 0, "thread %u", i);
		CHECK(pthread_join(thread, &result) == 0 && result == &ticks, "thread %u", i);
	}
}

static void tick(int number, siginfo_t *info, void *frame)
{
	(void)number;
	(void)info;
	(void)frame;
	ticks++;
	fpu_load(ticks);
}

/* Page faults, copies, signals with an FPU of their own, switches, all of it checked. */
static void do_all(void *data)
{
	uint32_t id = *(const uint32_t *)data;
	struct itimerval timer = { { 0, 3000 }, { 0, 3000 } };
	struct itimerval off = { 0 };

	handle(SIGALRM, tick, SA_RESTART);
	setitimer(ITIMER_REAL, &timer, NULL);
	for (uint32_t round = 0; round < 15 * test_storm; round++) {
		char *memory = private_memory(16 * 4096);
		uint32_t seed = id * 100 + round;
		const char *part;
		bool same;
		pid_t pid;

		pattern_fill(memory, 16 * 4096, seed);
		pid = fork();
		if (pid == 0) {
			setitimer(ITIMER_REAL, &off, NULL);
			same = pattern_check(memory, 16 * 4096, seed) < 0;
			memset(memory, 0, 16 * 4096);
			_exit(!same);
		}
		fpu_load(seed);
		for (unsigned i = 0; i < 10; i++)
			syscall(SYS_sched_yield);
		part = fpu_difference(seed);
		fpu_reset();
		CHECK(!part, "worker %u, round %u: %s changed", id, round, part);
		CHECK(pid > 0 && child_wait(pid) == 0, "worker %u, round %u: its child", id, round);
		CHECK(pattern_check(memory, 16 * 4096, seed) < 0, "worker %u, round %u: memory", id,
		      round);
		munmap(memory, 16 * 4096);
	}
}

TEST(storm, mixed)
{
	pid_t pids[6];

	for (uint32_t i = 0; i < 6; i++)
		pids[i] = child_start(do_all, &i);
	(void)child_join(pids, 6);
}

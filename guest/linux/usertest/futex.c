// SPDX-License-Identifier: GPL-2.0-only
/* Futexes between processes and between threads, time-outs, and locks whose owner dies. */
#include "guest/linux/usertest/test.h"

#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define THREADS 8u

static long futex(volatile uint32_t *word, int operation, uint32_t value,
		  const struct timespec *limit)
{
	return syscall(SYS_futex, word, operation, value, limit, NULL, 0);
}

/* Let the other side have its turn, wait for one's own. */
static void take_turns(volatile uint32_t *word, uint32_t self, unsigned rounds)
{
	for (unsigned i = 0; i < rounds; i++) {
		while (*word != self)
			futex(word, FUTEX_WAIT, !self, NULL);
		*word = !self;
		futex(word, FUTEX_WAKE, 1, NULL);
	}
}

static volatile uint32_t *shared;

static void other_side(void *data)
{
	take_turns(shared, 1, *(const unsigned *)data);
}

TEST(futex, between_processes)
{
	unsigned rounds = 500 * test_storm;
	pid_t pid;

	shared = shared_memory(4096);
	pid = child_start(other_side, &rounds);
	take_turns(shared, 0, rounds);
	(void)child_join(&pid, 1);
	CHECK(*shared == 0, "the word is %u", *shared);
}

TEST(futex, values)
{
	static volatile uint32_t word = 5;
	struct timespec limit = { .tv_nsec = 20000000 };
	uint64_t start = now_ns();

	CHECK(futex(&word, FUTEX_WAIT, 4, NULL) < 0 && errno == EAGAIN, "errno %d", errno);
	CHECK(futex(&word, FUTEX_WAIT, 5, &limit) < 0 && errno == ETIMEDOUT, "errno %d", errno);
	CHECK(now_ns() - start >= 20000000, "20 ms took %llu ns",
	      (unsigned long long)(now_ns() - start));
	CHECK(futex(&word, FUTEX_WAKE, 1, NULL) == 0, "somebody waited");
	CHECK(futex((uint32_t *)16, FUTEX_WAIT, 0, NULL) < 0 && errno == EFAULT, "errno %d", errno);
}

/* --- threads --------------------------------------------------------------------------------- */

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static unsigned counter, phase, arrived;

static void *count_up(void *data)
{
	for (unsigned i = 0; i < 1000 * test_storm; i++) {
		pthread_mutex_lock(&mutex);
		counter++;
		if (i % 50 == 0) {
			pthread_mutex_unlock(&mutex);
			sched_yield();
			continue;
		}
		pthread_mutex_unlock(&mutex);
	}
	return data;
}

static bool with_threads(void *(*run)(void *))
{
	pthread_t threads[THREADS];

	for (unsigned i = 0; i < THREADS; i++)
		CHECK_BOOL(pthread_create(&threads[i], NULL, run, NULL) == 0, "no thread %u", i);
	for (unsigned i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	return true;
}

TEST(futex, mutex)
{
	if (with_threads(count_up))
		CHECK(counter == THREADS * 1000 * test_storm, "%u", counter);
}

/* All wait for the last one, again and again. */
static void *meet(void *data)
{
	for (unsigned i = 0; i < 50 * test_storm; i++) {
		pthread_mutex_lock(&mutex);
		if (++arrived == THREADS) {
			arrived = 0;
			phase++;
			pthread_cond_broadcast(&condition);
		} else {
			unsigned before = phase;

			while (phase == before)
				pthread_cond_wait(&condition, &mutex);
		}
		pthread_mutex_unlock(&mutex);
	}
	return data;
}

TEST(futex, condition)
{
	if (with_threads(meet))
		CHECK(phase == 50 * test_storm, "%u", phase);
}

static pthread_mutex_t *make_mutex(int robust, int protocol)
{
	pthread_mutex_t *made = shared_memory(4096);
	pthread_mutexattr_t attributes;

	pthread_mutexattr_init(&attributes);
	pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
	pthread_mutexattr_setrobust(&attributes, robust);
	pthread_mutexattr_setprotocol(&attributes, protocol);
	if (pthread_mutex_init(made, &attributes) != 0)
		test_fail("no such mutex");
	return made;
}

static void lock_and_die(void *data)
{
	pthread_mutex_lock(data);
	_exit(0);
}

/* The kernel looks at what a process that died had locked. */
TEST(futex, owner_dies)
{
	pthread_mutex_t *made = make_mutex(PTHREAD_MUTEX_ROBUST, PTHREAD_PRIO_NONE);

	for (unsigned i = 0; i < 10; i++) {
		pid_t pid = child_start(lock_and_die, made);
		int result;

		if (!child_join(&pid, 1))
			return;
		result = pthread_mutex_lock(made);
		CHECK(result == EOWNERDEAD, "round %u: locked with %d", i, result);
		pthread_mutex_consistent(made);
		pthread_mutex_unlock(made);
	}
}

struct inherited {
	pthread_mutex_t *mutex;
	volatile unsigned *count;
};

static void count_locked(void *data)
{
	struct inherited *inherited = data;

	for (unsigned i = 0; i < 200; i++) {
		CHECK(pthread_mutex_lock(inherited->mutex) == 0, "lock");
		++*inherited->count;
		if (i % 20 == 0)
			sched_yield();
		CHECK(pthread_mutex_unlock(inherited->mutex) == 0, "unlock");
	}
}

TEST(futex, priority_inheritance)
{
	struct inherited inherited = { make_mutex(PTHREAD_MUTEX_STALLED, PTHREAD_PRIO_INHERIT),
				       shared_memory(4096) };
	pid_t pids[4];

	for (unsigned i = 0; i < 4; i++)
		pids[i] = child_start(count_locked, &inherited);
	if (child_join(pids, 4))
		CHECK(*inherited.count == 800, "%u", *inherited.count);
}

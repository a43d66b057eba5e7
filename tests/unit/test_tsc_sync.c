// SPDX-License-Identifier: GPL-2.0-only
/* Tests of arch/board/tsc_sync.c: two threads are two CPUs, each with a TSC of its own. */
#define UMBRA_ARCH_CPU_X86_H /* the processors are made up */

#include <stdint.h>

static uint64_t read_tsc(void);
static void cpu_pause(void);
static void cpuid(uint32_t leaf, uint32_t subleaf);

#include "arch/board/tsc_sync.c"
#include "tests/unit/unit.h"

#include <pthread.h>
#include <sched.h>
#include <time.h>

#define SECOND 1000000000ull

static uint64_t time_factor;		/* how much faster the clock runs for these CPUs */
static unsigned readings;		/* of either TSC */
static long pause_ns;			/* how long a CPU is away each time that it waits */
static _Thread_local uint64_t offset;	/* of this CPU's TSC */

static uint64_t clock_ns(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * SECOND + (uint64_t)time.tv_nsec;
}

uint64_t time_ns(void)
{
	return clock_ns() * time_factor;
}

static uint64_t read_tsc(void)
{
	__sync_fetch_and_add(&readings, 1);
	return clock_ns() + offset;
}

static void cpu_pause(void)
{
	if (pause_ns)
		nanosleep(&(struct timespec){ .tv_nsec = pause_ns }, NULL);
	else
		sched_yield();
}

static void cpuid(uint32_t leaf, uint32_t subleaf)
{
	(void)leaf;
	(void)subleaf;
	__sync_synchronize();
}

static void *other_cpu(void *skew)
{
	offset = *(uint64_t *)skew;
	tsc_sync_answer();
	return NULL;
}

static uint64_t check(uint64_t skew)
{
	pthread_t other;
	uint64_t step;

	assert_int_equal(pthread_create(&other, NULL, other_cpu, &skew), 0);
	step = tsc_sync_check();
	pthread_join(other, NULL);
	return step;
}

static int setup(void **state)
{
	(void)state;
	time_factor = 1;
	pause_ns = 0;
	return 0;
}

/* One CPU after the other, as at boot; each finds its own answers only. */
static void agree(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 8; i++)
		assert_int_equal(check(0), 0);
}

/* Either way, and not by more than it is; by a little less, as handing over takes time. */
static void differ(void **state)
{
	const uint64_t skew = 100 * SECOND;
	uint64_t step;

	(void)state;
	step = check(skew);
	assert_true(step > 90 * SECOND && step <= skew);
	assert_int_equal(check(0), 0);
	step = check(-skew);
	assert_true(step > 90 * SECOND && step <= skew);
}

/* CPUs that are threads of a busy host do not make the boot wait for all rounds. */
static void busy_host(void **state)
{
	uint64_t begin = clock_ns(), step;

	(void)state;
	pause_ns = 2000000;
	readings = 0;
	assert_int_equal(check(0), 0);
	/* Where no step is seen, no more than the least number of rounds. */
	assert_int_equal(readings, 2 * ROUNDS_LEAST + 2);
	step = check(100 * SECOND);
	assert_true(step > 90 * SECOND && step <= 100 * SECOND);
	/* All of them would take 2 * 2000 * 2 ms each time. */
	assert_true(clock_ns() - begin < 4 * SECOND);
}

static void never_comes(void **state)
{
	(void)state;
	time_factor = 1000;
	assert_true(tsc_sync_check() == UINT64_MAX);
	/* And the other, when nobody asks it. */
	tsc_sync_reset();
	tsc_sync_answer();
	time_factor = 1;
	assert_int_equal(check(0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(agree, setup),
		cmocka_unit_test_setup(differ, setup),
		cmocka_unit_test_setup(busy_host, setup),
		cmocka_unit_test_setup(never_comes, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

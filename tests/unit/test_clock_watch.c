// SPDX-License-Identifier: GPL-2.0-only
/* Tests of arch/board/clock_watch.c, arch/cpu/time_limit.h: clocks stop and jump while in use. */
#define UMBRA_ARCH_CPU_X86_H /* the processor is made up, too */

#include <stdint.h>

static uint64_t read_tsc(void);

/* Instead of arch/cpu/cpu.h, whose CPUs are found through tables. */
#define UMBRA_ARCH_CPU_CPU_H

#define MAX_CPUS 32

struct cpu {
	unsigned id;
};

static struct cpu cpus[2];
static unsigned here;

static struct cpu *this_cpu(void)
{
	return &cpus[here];
}

#include "arch/board/clock_watch.c"
#include "arch/cpu/time_limit.c"
#include "tests/unit/unit.h"

#include <string.h>

static uint64_t now, tsc;
static bool is_tsc, is_panicking;
static unsigned left;
static const char *why;

static uint64_t read_tsc(void)
{
	return tsc;
}

uint64_t time_ns(void)
{
	return now;
}

bool time_is_tsc(void)
{
	return is_tsc;
}

uint32_t time_tsc_khz(void)
{
	return 2000000;
}

bool clock_leave(const char *cause)
{
	why = cause;
	left++;
	return true;
}

void clock_leave_stopped(void)
{
	clock_leave("it stands still");
}

static bool wait_is_stuck(void)
{
	if (!is_panicking)
		clock_leave_stopped();
	return is_panicking;
}

static int start(void **state)
{
	(void)state;
	memset(watches, 0, sizeof(watches));
	cpus[1].id = 1;
	here = left = 0;
	now = 1000000000;
	tsc = 5000000000;
	is_tsc = is_panicking = false;
	return 0;
}

/* So much has really passed, by the clock and by a TSC at a factor of its rate. */
static void pass(uint64_t ns, unsigned slower)
{
	now += ns;
	tsc += ns * 2 / slower;
}

static void good_clocks(void **state)
{
	static const uint64_t ahead[] = { 1, 1000, 10000000, 3000000000 };

	(void)state;
	for (unsigned i = 0; i < 1000; i++) {
		here = i % 2;
		pass(ahead[i % 4], 1 + i % 32);
		clock_watch(now);
		/* An old clock event that comes right after another was set. */
		if (i % 3 == 0)
			clock_watch(now + 5000000);
	}
	assert_int_equal(left, 0);
}

static void stopped(void **state)
{
	(void)state;
	clock_watch(now);
	clock_watch(now + 10000000);
	assert_int_equal(left, 0);
	clock_watch(now + 10000000);
	assert_int_equal(left, 1);
	assert_string_equal(why, "it stands still");
	/* By events that are always due at once, too. */
	start(state);
	for (unsigned i = 0; i < SAME_MANY; i++)
		clock_watch(now);
	assert_int_equal(left, 0);
	clock_watch(now);
	assert_int_equal(left, 1);
}

static void jumped(void **state)
{
	(void)state;
	clock_watch(now);
	pass(10000000, 1);
	clock_watch(now);
	now += 20000000000;
	tsc += 20000000;
	clock_watch(now);
	assert_int_equal(left, 1);
	assert_string_equal(why, "it jumps");
	/* A machine that was away for that long sees it in both; and of the TSC it is no news. */
	start(state);
	clock_watch(now);
	pass(20000000000, 30);
	clock_watch(now);
	is_tsc = true;
	now += 20000000000;
	clock_watch(now);
	assert_int_equal(left, 0);
}

static void limits(void **state)
{
	struct time_limit limit = time_limit(1000);

	(void)state;
	time_limit_set_stuck(wait_is_stuck);
	assert_false(time_limit_is_over(&limit));
	now += 999;
	assert_false(time_limit_is_over(&limit));
	now++;
	assert_true(time_limit_is_over(&limit));
	/* A clock that stands still ends no wait: another one does. */
	limit = time_limit(1000);
	for (unsigned i = 0; i < TIME_LIMIT_SAME - 1; i++)
		assert_false(time_limit_is_over(&limit));
	assert_int_equal(left, 0);
	assert_false(time_limit_is_over(&limit));
	assert_int_equal(left, 1);
	is_panicking = true;
	assert_true(time_limit_is_over(&limit));
	assert_int_equal(left, 1);
}

/* The CPU was held up for seconds while it waited: what it waits for has as long as before. */
static void limits_when_held_up(void **state)
{
	struct time_limit limit = time_limit(20 * TIME_LIMIT_GAP);

	(void)state;
	for (unsigned i = 0; i < 19; i++) {
		now += 3000000000;
		assert_false(time_limit_is_over(&limit));
	}
	now += TIME_LIMIT_GAP - 1;
	assert_false(time_limit_is_over(&limit));
	now++;
	assert_true(time_limit_is_over(&limit));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(good_clocks, start),
		cmocka_unit_test_setup(stopped, start),
		cmocka_unit_test_setup(jumped, start),
		cmocka_unit_test_setup(limits, start),
		cmocka_unit_test_setup(limits_when_held_up, start),
	};

	return cmocka_run_group_tests_name("clock_watch", tests, NULL, NULL);
}

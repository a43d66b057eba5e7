// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of arch/board/device_timer.c: the soonest wish counts, on the CPU that had it.
 */
#include "arch/board/device_timer.h"

#include "arch/cpu/time.h"
#include "tests/unit/unit.h"

struct cpu native_cpu;

static uint64_t now, again;
static unsigned ticks, started;
static struct timer *last;

uint64_t time_ns(void)
{
	return now;
}

void timer_init(struct timer *timer, void (*expired)(struct timer *timer))
{
	timer->expired = expired;
}

/* A queue that is not empty, as far as timer_is_waiting looks. */
void timer_start(struct timer *timer, uint64_t deadline)
{
	timer->queue = (void *)&now;
	timer->deadline = deadline;
	last = timer;
	started++;
}

static void expire(struct timer *timer)
{
	timer->queue = NULL;
	timer->expired(timer);
}

static uint64_t tick(void)
{
	ticks++;
	return again;
}

static struct device_timer devices = DEVICE_TIMER(tick);

static int setup(void **state)
{
	(void)state;
	for (unsigned i = 0; i < MAX_CPUS; i++)
		devices.timers[i] = (struct timer){ 0 };
	now = 1000;
	again = 0;
	ticks = started = 0;
	native_cpu.id = 0;
	return 0;
}

static void soonest_counts(void **state)
{
	(void)state;
	device_timer_start(&devices, 500);
	device_timer_start(&devices, 900);
	assert_int_equal(started, 1);
	assert_int_equal(last->deadline, 1500);
	device_timer_start(&devices, 100);
	assert_int_equal(started, 2);
	assert_int_equal(last->deadline, 1100);
}

static void each_cpu_has_its_own(void **state)
{
	(void)state;
	device_timer_start(&devices, 100);
	native_cpu.id = MAX_CPUS - 1;
	device_timer_start(&devices, 500);
	assert_ptr_equal(last, &devices.timers[MAX_CPUS - 1]);
	assert_int_equal(devices.timers[0].deadline, 1100);
	assert_int_equal(last->deadline, 1500);
}

static void ticks_as_long_as_asked(void **state)
{
	(void)state;
	native_cpu.id = 3;
	device_timer_start(&devices, 100);
	now = 1200;
	again = 50;
	expire(last);
	assert_int_equal(ticks, 1);
	assert_ptr_equal(last, &devices.timers[3]);
	assert_int_equal(last->deadline, 1250);
	again = 0;
	expire(last);
	assert_int_equal(ticks, 2);
	assert_int_equal(started, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(soonest_counts, setup),
		cmocka_unit_test_setup(each_cpu_has_its_own, setup),
		cmocka_unit_test_setup(ticks_as_long_as_asked, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

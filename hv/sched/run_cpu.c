// SPDX-License-Identifier: GPL-2.0-only
/*
 * The CPUs' scheduling state, and the timers that end a turn and release capped tasks.
 */
#include "hv/sched/run_cpu.h"

#include "arch/cpu/cpu.h"

static struct run_cpu run_cpus[MAX_CPUS];

struct run_cpu *run_cpu_of(unsigned id)
{
	return &run_cpus[id];
}

struct run_cpu *this_run_cpu(void)
{
	return &run_cpus[this_cpu()->id];
}

static void set_timer(struct timer *timer, uint64_t deadline)
{
	if (deadline != UINT64_MAX && (!timer_is_waiting(timer) || timer->deadline != deadline))
		timer_start(timer, deadline);
}

void run_cpu_set_timers(struct run_cpu *run)
{
	if (run->queue.running)
		set_timer(&run->turn, run->queue.turn_end);
	set_timer(&run->release, sched_next_release(&run->queue));
}

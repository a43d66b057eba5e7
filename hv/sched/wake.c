// SPDX-License-Identifier: GPL-2.0-only
/*
 * How tasks enter a run queue, and what the timers of a queue do.  After each change, what waits
 * here is published to the other CPUs, and the timers are set again.
 */
#include "hv/sched/wake.h"

#include "arch/cpu/assert.h"
#include "arch/cpu/cpu.h"
#include "arch/cpu/time.h"
#include "hv/sched/balance.h"
#include "lib/compiler.h"

static void turn_over(struct timer *timer)
{
	container_of(timer, struct run_cpu, turn)->reschedule = true;
}

/* After tasks have entered the queue; make_way: one of them comes before the running one. */
static void after_entry(struct run_cpu *run, bool make_way)
{
	if (make_way)
		run->reschedule = true;
	balance_share(run);
	run_cpu_set_timers(run);
}

static void release_due(struct timer *timer)
{
	struct run_cpu *run = container_of(timer, struct run_cpu, release);

	after_entry(run, sched_release(&run->queue, time_ns()));
}

void sched_init_cpu(unsigned cpu)
{
	struct run_cpu *run = run_cpu_of(cpu);

	run->id = cpu;
	sched_queue_init(&run->queue);
	timer_init(&run->turn, turn_over);
	timer_init(&run->release, release_due);
	balance_init(run);
}

void task_init(struct task *task, uint32_t weight, uint32_t cap, uint32_t cpus,
	       void (*run)(struct cpu_call *call), void (*leave)(struct task *task))
{
	sched_entity_init(&task->entity, weight, cap, cpus);
	cpu_call_init(&task->call, this_run_cpu()->id, run);
	task->is_arriving = false;
	task->leave = leave;
}

void task_wake(struct task *task)
{
	struct run_cpu *run = this_run_cpu();

	assert(task->call.home == run->id);
	balance_catch_up(run);
	after_entry(run, sched_wake(&run->queue, &task->entity, time_ns()));
}

void task_arrive(struct task *task)
{
	struct run_cpu *run = this_run_cpu();

	task->is_arriving = false;
	if (!task->entity.runnable) {
		task_wake(task);
		return;
	}
	balance_catch_up(run);
	after_entry(run, sched_arrive(&run->queue, &task->entity, time_ns()));
}

void task_place(struct task *task)
{
	unsigned here = this_run_cpu()->id, best = balance_least_loaded(task->entity.cpus, here);

	__atomic_fetch_add(&run_cpu_of(here)->load, task->entity.weight, __ATOMIC_RELAXED);
	if (best == here)
		task_wake(task);
	else
		balance_send(task, best);
}

void task_change(struct task *task, uint32_t weight, uint32_t cap, uint32_t cpus)
{
	struct run_cpu *run = this_run_cpu();

	assert(task->call.home == run->id);
	__atomic_fetch_add(&run->load, weight - task->entity.weight, __ATOMIC_RELAXED);
	sched_change(&run->queue, &task->entity, weight, cap, time_ns());
	task->entity.cpus = cpus;
	if (run->queue.running == &task->entity)
		run->reschedule = true;
	after_entry(run, false);
}

void sched_end_turn(void)
{
	this_run_cpu()->reschedule = true;
}

void task_forget(const struct task *task)
{
	__atomic_fetch_sub(&this_run_cpu()->load, task->entity.weight, __ATOMIC_RELAXED);
}

bool sched_has_cpu(uint32_t cpus)
{
	return (cpus & UINT32_MAX >> (MAX_CPUS - cpu_count())) != 0;
}

uint32_t sched_load(unsigned cpu)
{
	return READ_ONCE(run_cpu_of(cpu)->load);
}

void sched_excuse_running(uint32_t ns)
{
	sched_excuse(&this_run_cpu()->queue, ns);
}

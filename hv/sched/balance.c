// SPDX-License-Identifier: GPL-2.0-only
/*
 * Balances tasks between CPUs.  The only lock taken is that of the calls between CPUs: each CPU
 * decides about its own tasks, from what the others publish, which may be out of date.  A task that
 * was moved for a reason that no longer holds is moved once more.
 */
#include "hv/sched/balance.h"

#include "arch/cpu/cpu.h"
#include "arch/cpu/time.h"
#include "arch/cpu/x86.h"
#include "lib/compiler.h"

/* How often fairness between CPUs is checked while a task waits. */
#define FAIRNESS_NS 20000000ull

/*
 * How far the running tasks must be ahead of the waiting ones: half of a task's share in that time.
 */
#define FAIRNESS_GAIN_NS 10000000ull

static uint32_t idle_cpus;	/* bit n: CPU n sleeps and was sent nothing; changed in one step */

static bool is_alone(void)
{
	return cpu_count() == 1;
}

/* --- what the others see --------------------------------------------------------------- */

void balance_show(struct run_cpu *run)
{
	const struct sched_entity *running = run->queue.running;
	uint32_t sequence = run->shown.sequence;

	if (is_alone())
		return;
	WRITE_ONCE(run->shown.sequence, sequence + 1);
	compiler_barrier();
	run->shown.weight = running ? running->weight : 0;
	run->shown.virtual_time = running ? running->virtual_time : 0;
	run->shown.started = running ? running->started : 0;
	compiler_barrier();
	WRITE_ONCE(run->shown.sequence, sequence + 2);
}

/*
 * Reads the virtual time of the task that runs on cpu; false when none runs, or it is just
 * changing.
 */
static bool look_at(unsigned cpu, uint64_t now, uint64_t *virtual_time)
{
	const struct run_cpu *run = run_cpu_of(cpu);
	uint32_t sequence = READ_ONCE(run->shown.sequence), weight;
	uint64_t started, then;

	compiler_barrier();
	weight = run->shown.weight;
	then = run->shown.virtual_time;
	started = run->shown.started;
	compiler_barrier();
	if (sequence % 2 != 0 || sequence != READ_ONCE(run->shown.sequence) || weight == 0)
		return false;
	/* Its turn may have begun after `now`. */
	*virtual_time = sched_virtual_time(then, MIN(started, now), weight, now);
	return true;
}

/* How many tasks wait, less one when none runs: that one is about to. */
static unsigned spare(const struct run_cpu *run)
{
	unsigned count = run->queue.ready_count;

	return run->queue.running || count == 0 ? count : count - 1;
}

static uint32_t wanted_cpus(const struct run_cpu *run)
{
	const struct sched_entity *entity;
	uint32_t cpus = 0;

	if (spare(run) > 0)
		list_for_each(entity, &run->queue.ready, node)
			cpus |= entity->cpus;
	return cpus & ~BIT(run->id);
}

void balance_catch_up(struct run_cpu *run)
{
	uint64_t now, least = UINT64_MAX, theirs;

	if (is_alone() || run->queue.running || run->queue.ready_count != 0)
		return;
	now = time_ns();
	for (unsigned cpu = 0; cpu < cpu_count(); cpu++)
		if (cpu != run->id && look_at(cpu, now, &theirs))
			least = MIN(least, theirs);
	if (least != UINT64_MAX)
		sched_move_on(&run->queue, least);
}

/* --- moving ----------------------------------------------------------------------------- */

void balance_send(struct task *task, unsigned cpu)
{
	task->leave(task);
	__atomic_fetch_sub(&this_run_cpu()->load, task->entity.weight, __ATOMIC_RELAXED);
	__atomic_fetch_add(&run_cpu_of(cpu)->load, task->entity.weight, __ATOMIC_RELAXED);
	task->is_arriving = true;
	cpu_call_move(&task->call, cpu);
}

/* Gives away a task that waits in the queue; this CPU must not access it afterwards. */
static void give(struct run_cpu *run, struct sched_entity *entity, unsigned cpu)
{
	struct task *task = container_of(entity, struct task, entity);

	sched_leave(&run->queue, entity);
	balance_send(task, cpu);
}

unsigned balance_least_loaded(uint32_t cpus, unsigned otherwise)
{
	unsigned best = otherwise;
	uint32_t least = UINT32_MAX;

	for (unsigned cpu = 0; cpu < cpu_count(); cpu++) {
		uint32_t load = READ_ONCE(run_cpu_of(cpu)->load);

		if (cpus & BIT(cpu) && load < least) {
			best = cpu;
			least = load;
		}
	}
	return best;
}

void balance_expel(struct run_cpu *run)
{
	struct sched_entity *entity = run->queue.running;
	struct task *task = container_of(entity, struct task, entity);

	sched_put(&run->queue, time_ns(), false);
	balance_show(run);
	balance_send(task, balance_least_loaded(entity->cpus, run->id));
}

/* --- idle CPUs ----------------------------------------------------------------------------- */

/* Clears cpu's idle bit.  True when it was set: then the caller must send the CPU a task. */
static bool claim(unsigned cpu)
{
	return (__atomic_fetch_and(&idle_cpus, ~BIT(cpu), __ATOMIC_SEQ_CST) & BIT(cpu)) != 0;
}

static bool give_to_idle(struct run_cpu *run)
{
	/* Handlers that run in this CPU's sleep see its own bit. */
	for (uint32_t idle = READ_ONCE(idle_cpus) & ~BIT(run->id); idle; idle &= idle - 1) {
		unsigned cpu = (unsigned)__builtin_ctz(idle);
		struct sched_entity *entity = sched_waiting_for(&run->queue, cpu);

		if (entity && claim(cpu)) {
			give(run, entity, cpu);
			return true;
		}
	}
	return false;
}

/*
 * A CPU that goes to sleep first sets its bit in idle_cpus and then reads the others' offers
 * (balance_idle); here the offer is written before idle_cpus is read.  So one of the two
 * sees the other.
 */
void balance_share(struct run_cpu *run)
{
	if (is_alone())
		return;
	do {
		__atomic_store_n(&run->offers, wanted_cpus(run), __ATOMIC_SEQ_CST);
	} while (spare(run) > 0 && give_to_idle(run));
	if (spare(run) > 0 && !timer_is_waiting(&run->fairness))
		timer_start(&run->fairness, time_ns() + FAIRNESS_NS);
}

void balance_idle(struct run_cpu *run)
{
	unsigned count = cpu_count();

	if (is_alone())
		return;
	__atomic_fetch_or(&idle_cpus, BIT(run->id), __ATOMIC_SEQ_CST);
	for (unsigned i = 1; i < count; i++) {
		struct run_cpu *other = run_cpu_of((run->id + i) % count);

		if (READ_ONCE(other->offers) & BIT(run->id)) {
			cpu_call_post(&other->ask);
			return;
		}
	}
}

void balance_awake(const struct run_cpu *run)
{
	if (READ_ONCE(idle_cpus) & BIT(run->id))
		(void)claim(run->id);
}

static void asked(struct cpu_call *call)
{
	struct run_cpu *run = container_of(call, struct run_cpu, ask);

	balance_share(run);
	run_cpu_set_timers(run);
}

/* --- fairness --------------------------------------------------------------------------------- */

/*
 * Finds a task that waits here and would be served better elsewhere: *cpu gets the CPU whose
 * running task has had the most, if that is much more than the tasks here have had.  NULL for none.
 */
static struct sched_entity *find_disadvantaged(struct run_cpu *run, uint64_t now, unsigned *cpu)
{
	struct sched_entity *found = NULL;
	uint64_t most, theirs;

	if (!sched_progress(&run->queue, now, &most))
		return NULL;
	most += FAIRNESS_GAIN_NS;
	for (unsigned other = 0; other < cpu_count(); other++) {
		struct sched_entity *entity = sched_waiting_for(&run->queue, other);

		if (other == run->id || !entity || !look_at(other, now, &theirs) || theirs <= most)
			continue;
		most = theirs;
		found = entity;
		*cpu = other;
	}
	return found;
}

static void fairness_due(struct timer *timer)
{
	struct run_cpu *run = container_of(timer, struct run_cpu, fairness);
	struct sched_entity *entity;
	unsigned cpu;

	if (spare(run) > 0 && (entity = find_disadvantaged(run, time_ns(), &cpu)) != NULL)
		give(run, entity, cpu);
	balance_share(run);
	run_cpu_set_timers(run);
}

void balance_init(struct run_cpu *run)
{
	timer_init(&run->fairness, fairness_due);
	cpu_call_init(&run->ask, run->id, asked);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Balancing.  Nothing here takes a lock but the notes' own: each CPU decides
 * about its guests by itself, from what the others show, which may be old.  A
 * guest that was moved for a reason that is none any more is moved once more.
 */
#include "hv/sched/balance.h"

#include "arch/cpu/assert.h"
#include "arch/cpu/time.h"
#include "hv/guest/guest_fpu.h"
#include "hv/run/run.h"

/* How often fairness between CPUs is looked after while somebody waits. */
#define FAIRNESS_NS 20000000ull

/* So much more than the waiting ones the others must have had: half of what one has in that time. */
#define FAIRNESS_GAIN_NS 10000000ull

static uint32_t idle_cpus;	/* bit n: CPU n sleeps and nobody has sent it anything; changed in one step */

static bool is_alone(void)
{
	return cpu_count() == 1;
}

bool balance_has_cpu(uint32_t cpus)
{
	return (cpus & UINT32_MAX >> (MAX_CPUS - cpu_count())) != 0;
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

/* The virtual time of who runs there; false when nobody does, or it just changes. */
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

/* Those who wait, but one if nobody runs: that one is about to. */
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

static void send(struct guest *guest, unsigned cpu)
{
	__atomic_fetch_sub(&this_run_cpu()->load, guest->sched.weight, __ATOMIC_RELAXED);
	__atomic_fetch_add(&run_cpu_of(cpu)->load, guest->sched.weight, __ATOMIC_RELAXED);
	guest->is_arriving = true;
	cpu_call_move(&guest->note, cpu);
}

/* One that waits; from here on it is none of this CPU's business. */
static void give(struct run_cpu *run, struct sched_entity *entity, unsigned cpu)
{
	struct guest *guest = container_of(entity, struct guest, sched);

	sched_leave(&run->queue, entity);
	timer_detach(&guest->clock);
	timer_detach(&guest->recheck);
	guest_fpu_save(guest);
	if (run->loaded == guest) {
		guest_window_load(NULL);
		run->loaded = NULL;
	}
	guest->counters.moves++;
	send(guest, cpu);
}

void balance_arrive(struct guest *guest)
{
	struct run_cpu *run = this_run_cpu();

	guest->is_arriving = false;
	timer_attach(&guest->clock);
	timer_attach(&guest->recheck);
	if (!guest->sched.runnable) {
		run_wake(guest);
		return;
	}
	balance_catch_up(run);
	if (sched_arrive(&run->queue, &guest->sched, time_ns()))
		run->reschedule = true;
	balance_share(run);
	run_follow_queue(run);
}

void balance_place(struct guest *guest)
{
	unsigned best = this_run_cpu()->id;
	uint32_t least = UINT32_MAX;

	for (unsigned cpu = 0; cpu < cpu_count(); cpu++) {
		uint32_t load = READ_ONCE(run_cpu_of(cpu)->load);

		if (guest->sched.cpus & BIT(cpu) && load < least) {
			best = cpu;
			least = load;
		}
	}
	__atomic_fetch_add(&this_run_cpu()->load, guest->sched.weight, __ATOMIC_RELAXED);
	if (best == this_run_cpu()->id)
		run_wake(guest);
	else
		send(guest, best);
}

void balance_forget(const struct guest *guest)
{
	__atomic_fetch_sub(&this_run_cpu()->load, guest->sched.weight, __ATOMIC_RELAXED);
}

/* --- idle CPUs ----------------------------------------------------------------------------- */

/* True when cpu was idle: whoever takes its bit away sends it something. */
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
 * A CPU that goes to sleep first says so and then looks who offers something;
 * here an offer comes before the look at who sleeps.  So one of both sees the
 * other.
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

static void asked(struct cpu_call *note)
{
	struct run_cpu *run = container_of(note, struct run_cpu, ask);

	balance_share(run);
	run_follow_queue(run);
}

/* --- fairness --------------------------------------------------------------------------------- */

/* The CPU whose guest has had most, if that is much more than somebody has had who waits here. */
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
	run_follow_queue(run);
}

void balance_init(struct run_cpu *run)
{
	timer_init(&run->fairness, fairness_due);
	cpu_call_init(&run->ask, run->id, asked);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of hv/sched/balance.c and wake.c over simulated time: several CPUs that do with their
 * queues what the run loop does, and guests that compute and sleep as the test says. Calls between
 * CPUs arrive a step later than they were posted.
 */
#include "tests/unit/unit.h"

#include "arch/board/timer.h"
#include "arch/cpu/cpu_call.h"
#include "hv/sched/task.h"

#include <stdint.h>
#include <string.h>

#define MS 1000000ull
#define STEP 50000ull
#define NEVER UINT64_MAX
#define GUESTS 16
#define MAX_CPUS 32

/* A guest as far as balancing knows it. */
struct guest {
	struct task task;
	/* What it does: computes so long, then sleeps so long. */
	uint64_t burst, sleep, left, wakes;
	unsigned moves;
};

static unsigned count_of_cpus, current;
static uint64_t clock_now;

static unsigned cpu_count(void)
{
	return count_of_cpus;
}

static uint64_t time_ns(void);

#define UMBRA_ARCH_CPU_TIME_H
#define UMBRA_ARCH_CPU_CPU_H
#define UMBRA_ARCH_CPU_ASSERT_H
#define assert(condition) assert_true(condition)

#include "hv/sched/balance.c"
#include "hv/sched/wake.c"

static struct run_cpu cpus[MAX_CPUS];
static struct list boxes[MAX_CPUS];
static struct guest guests[GUESTS];
static unsigned guest_count;

/* --- what stands around it ------------------------------------------------------------ */

static uint64_t time_ns(void)
{
	return clock_now;
}

struct run_cpu *run_cpu_of(unsigned id)
{
	return &cpus[id];
}

struct run_cpu *this_run_cpu(void)
{
	return &cpus[current];
}

void run_cpu_set_timers(struct run_cpu *run)
{
	assert_int_equal(run->id, current);
}

static void leave(struct task *task)
{
	assert_ptr_not_equal(&task->entity, this_run_cpu()->queue.running);
	assert_int_equal(task->call.home, current);
	/* One that has not run yet is placed, which is no move. */
	if (task->entity.run_time > 0)
		container_of(task, struct guest, task)->moves++;
}

void cpu_call_init(struct cpu_call *call, unsigned home, void (*run)(struct cpu_call *call))
{
	*call = (struct cpu_call){ .home = home, .run = run };
}

void cpu_call_post(struct cpu_call *call)
{
	if (!list_is_linked(&call->node))
		list_add_last(&boxes[call->home], &call->node);
}

void cpu_call_move(struct cpu_call *call, unsigned home)
{
	assert_int_equal(call->home, current);
	assert_int_not_equal(home, current);
	call->home = home;
	cpu_call_post(call);
}

void timer_init(struct timer *timer, void (*expired)(struct timer *timer))
{
	*timer = (struct timer){ .expired = expired };
}

void timer_start(struct timer *timer, uint64_t deadline)
{
	timer->deadline = deadline;
	timer->queue = (struct timer_queue *)(void *)timer;
}

/* --- the machine ------------------------------------------------------------------------- */

static void run_call(struct cpu_call *call)
{
	struct guest *guest = container_of(call, struct guest, task.call);

	if (guest->task.is_arriving)
		task_arrive(&guest->task);
}

static void start(unsigned cpu_total)
{
	memset(cpus, 0, sizeof(cpus));
	memset(guests, 0, sizeof(guests));
	guest_count = 0;
	clock_now = 1000 * MS;
	idle_cpus = 0;
	count_of_cpus = cpu_total;
	for (unsigned i = 0; i < cpu_total; i++) {
		list_init(&boxes[i]);
		sched_init_cpu(i);
	}
}

static struct guest *add(uint32_t weight, uint32_t mask, uint64_t burst, uint64_t sleep)
{
	struct guest *guest = &guests[guest_count++];

	current = 0;
	task_init(&guest->task, weight, SCHED_NO_CAP, mask, run_call, leave);
	guest->burst = guest->left = burst;
	guest->sleep = sleep;
	guest->wakes = NEVER;
	task_place(&guest->task);
	return guest;
}

static void run_calls(struct run_cpu *run)
{
	struct list_node *node;

	while ((node = list_take_first(&boxes[run->id])) != NULL) {
		struct cpu_call *call = container_of(node, struct cpu_call, node);

		call->run(call);
	}
}

static void stop_running(struct run_cpu *run)
{
	struct guest *guest = container_of(run->queue.running, struct guest, task.entity);
	bool sleeps = guest->left == 0;

	sched_put(&run->queue, clock_now, !sleeps);
	balance_show(run);
	if (sleeps) {
		guest->left = guest->burst;
		guest->wakes = guest->sleep == NEVER ? NEVER : clock_now + guest->sleep;
	}
	balance_share(run);
}

static void run_loop(struct run_cpu *run)
{
	struct sched_entity *running = run->queue.running;

	/* As handlers do that run in its sleep. */
	run_calls(run);
	for (unsigned i = 0; i < guest_count; i++) {
		if (guests[i].task.call.home != run->id || guests[i].wakes > clock_now)
			continue;
		guests[i].wakes = NEVER;
		task_wake(&guests[i].task);
	}
	balance_awake(run);
	if (timer_is_waiting(&run->fairness) && run->fairness.deadline <= clock_now) {
		run->fairness.queue = NULL;
		run->fairness.expired(&run->fairness);
	}
	if (running && (run->reschedule || clock_now >= run->queue.turn_end ||
			container_of(running, struct guest, task.entity)->left == 0))
		stop_running(run);
	run->reschedule = false;
	if (!run->queue.running && !sched_pick(&run->queue, clock_now)) {
		balance_idle(run);
		return;
	}
	balance_show(run);
	running = run->queue.running;
	assert_true(running->cpus & BIT(run->id));
	assert_int_equal(container_of(running, struct guest, task.entity)->task.call.home, run->id);
}

static void step(void)
{
	for (current = 0; current < count_of_cpus; current++)
		run_loop(&cpus[current]);
	clock_now += STEP;
	for (unsigned i = 0; i < count_of_cpus; i++) {
		struct guest *guest;

		if (!cpus[i].queue.running)
			continue;
		guest = container_of(cpus[i].queue.running, struct guest, task.entity);
		guest->left = guest->left == NEVER ? NEVER : guest->left - MIN(STEP, guest->left);
	}
}

static void go_on(uint64_t ns)
{
	for (uint64_t end = clock_now + ns; clock_now < end;)
		step();
}

/* Run time with the present turn. */
static uint64_t ran(const struct guest *guest)
{
	const struct run_queue *queue = &cpus[guest->task.call.home].queue;

	return guest->task.entity.run_time +
	       (queue->running == &guest->task.entity ? clock_now - guest->task.entity.started : 0);
}

/* --- tests ------------------------------------------------------------------------------- */

/* Who starts on a CPU that has slept for long is not ahead of the others by as much. */
static void latecomers(void **state)
{
	uint64_t before[3];

	(void)state;
	start(2);
	add(100, UINT32_MAX, NEVER, 0);
	go_on(20000 * MS);
	add(100, UINT32_MAX, NEVER, 0);
	go_on(100 * MS);
	add(100, UINT32_MAX, NEVER, 0);
	for (unsigned i = 0; i < 3; i++)
		before[i] = ran(&guests[i]);
	go_on(6000 * MS);
	for (unsigned i = 0; i < 3; i++)
		assert_in_range(ran(&guests[i]) - before[i], 3800 * MS, 4200 * MS);
}

/* One event wakes two, in the sleep of their CPU, while another one sleeps too. */
static void woken_together(void **state)
{
	(void)state;
	start(2);
	add(100, BIT(0), MS, 5 * MS);
	add(100, UINT32_MAX, MS, 5 * MS);
	add(100, BIT(0), MS, 5 * MS);
	for (unsigned i = 0; i < 1000; i++) {
		go_on(20 * MS);
		for (unsigned j = 0; j < 3; j++)
			guests[j].wakes = clock_now;
	}
	for (unsigned i = 0; i < 3; i++)
		assert_true(ran(&guests[i]) > 1000 * MS);
}

/* To 5 %, over four seconds from the start. */
static void check_shares(unsigned cpu_total, const uint32_t *weights, unsigned count)
{
	uint64_t all = 0, weight_sum = 0;

	start(cpu_total);
	for (unsigned i = 0; i < count; i++)
		add(weights[i], UINT32_MAX, NEVER, 0);
	go_on(4000 * MS);
	for (unsigned i = 0; i < count; i++) {
		all += ran(&guests[i]);
		weight_sum += weights[i];
	}
	assert_in_range(all, 3990 * MS * cpu_total, 4000 * MS * cpu_total);
	for (unsigned i = 0; i < count; i++) {
		uint64_t due = all * weights[i] / weight_sum;

		assert_in_range(ran(&guests[i]), due - due / 20, due + due / 20);
	}
}

static void shares_of_all_cpus(void **state)
{
	static const uint32_t equal[GUESTS] = { [0 ... GUESTS - 1] = 100 };
	static const uint32_t one_twice[] = { 200, 100, 100 };
	static const uint32_t mixed[] = { 300, 200, 100, 100, 50, 50, 400, 200 };

	(void)state;
	check_shares(2, equal, 3);
	check_shares(2, equal, 5);
	check_shares(3, equal, 4);
	check_shares(4, equal, 6);
	check_shares(4, equal, 7);
	check_shares(8, equal, 13);
	check_shares(2, one_twice, 3);
	check_shares(2, mixed, 8);
	check_shares(3, mixed, 8);
}

static void one_each_and_nobody_moves(void **state)
{
	bool taken[8] = { false };

	(void)state;
	start(8);
	for (unsigned i = 0; i < 8; i++)
		add(100, UINT32_MAX, NEVER, 0);
	go_on(1000 * MS);
	for (unsigned i = 0; i < 8; i++) {
		assert_false(taken[guests[i].task.call.home]);
		taken[guests[i].task.call.home] = true;
		assert_int_equal(guests[i].moves, 0);
		assert_int_equal(cpus[i].load, 100);
	}
}

/* run_loop checks each turn that the guest may run there. */
static void pins_hold(void **state)
{
	(void)state;
	start(4);
	for (unsigned i = 0; i < 4; i++)
		add(100, BIT(1), NEVER, 0);
	add(100, BIT(1) | BIT(2), NEVER, 0);
	add(100, BIT(0) | BIT(1), 3 * MS, MS);
	go_on(2000 * MS);
	assert_true(ran(&guests[4]) > 1900 * MS);
	for (unsigned i = 0; i < 4; i++)
		assert_in_range(ran(&guests[i]), 400 * MS, 520 * MS);
	assert_true(ran(&guests[5]) > 1300 * MS);
}

static uint32_t random_below(uint32_t end)
{
	static uint32_t state = 1;

	state = state * 1664525 + 1013904223;
	return (state >> 16) % end;
}

/* Nobody waits for longer than a call takes while a CPU that might run it sleeps. */
static void no_cpu_sleeps_while_somebody_waits(void **state)
{
	unsigned idle_steps = 0;

	(void)state;
	start(4);
	for (unsigned i = 0; i < 12; i++)
		add(50 + random_below(200), UINT32_MAX, (1 + random_below(20)) * MS,
		    (1 + random_below(40)) * MS);
	for (unsigned i = 0; i < 40000; i++) {
		unsigned waiting = 0, idle = 0;

		step();
		for (unsigned cpu = 0; cpu < 4; cpu++) {
			waiting += cpus[cpu].queue.ready_count;
			idle += !cpus[cpu].queue.running;
		}
		idle_steps = waiting && idle ? idle_steps + 1 : 0;
		assert_true(idle_steps <= 3);
	}
}

static void loads_follow(void **state)
{
	uint32_t sum = 0;

	(void)state;
	start(3);
	for (unsigned i = 0; i < 8; i++)
		add(100 * (i + 1), UINT32_MAX, NEVER, 0);
	go_on(500 * MS);
	for (unsigned cpu = 0; cpu < 3; cpu++)
		sum += cpus[cpu].load;
	assert_int_equal(sum, 3600);
	assert_false(sched_has_cpu(BIT(3)));
	assert_true(sched_has_cpu(BIT(3) | BIT(2)));
}

/* One CPU needs none of all this. */
static void alone(void **state)
{
	(void)state;
	start(1);
	add(100, UINT32_MAX, NEVER, 0);
	add(100, UINT32_MAX, NEVER, 0);
	go_on(100 * MS);
	assert_int_equal(cpus[0].offers, 0);
	assert_false(timer_is_waiting(&cpus[0].fairness));
	assert_int_equal(idle_cpus, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shares_of_all_cpus),
		cmocka_unit_test(latecomers),
		cmocka_unit_test(woken_together),
		cmocka_unit_test(one_each_and_nobody_moves),
		cmocka_unit_test(pins_hold),
		cmocka_unit_test(no_cpu_sleeps_while_somebody_waits),
		cmocka_unit_test(loads_follow),
		cmocka_unit_test(alone),
	};

	return cmocka_run_group_tests_name("balance", tests, NULL, NULL);
}

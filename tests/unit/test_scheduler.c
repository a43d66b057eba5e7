// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of hv/scheduler.c over simulated time: a CPU that does with the queue
 * what the run loop does, and guests that compute and sleep as the test says.
 */
#include "hv/scheduler.h"
#include "tests/unit/unit.h"

#include <stdlib.h>
#include <string.h>

#define MS 1000000ull
#define SECOND (1000 * MS)
#define NEVER UINT64_MAX
#define MOST 33

struct task {
	struct sched_entity entity;
	uint64_t burst, sleep; /* computes so long, then sleeps so long; burst NEVER: no sleep */
	uint64_t wakes;			/* when it wakes; NEVER while it is awake */
	uint64_t left;			/* of its burst */
	uint64_t waits_since, longest_wait;
};

static struct task tasks[MOST];
static unsigned task_count;
static struct run_queue queue;
static uint64_t now;

static int start(void **state)
{
	(void)state;
	memset(tasks, 0, sizeof(tasks));
	task_count = 0;
	now = SECOND;
	sched_queue_init(&queue);
	return 0;
}

static struct task *add(uint32_t weight, uint64_t first, uint64_t burst, uint64_t sleep)
{
	struct task *task = &tasks[task_count++];

	sched_entity_init(&task->entity, weight);
	task->burst = task->left = burst;
	task->sleep = sleep;
	task->wakes = first;
	return task;
}

static uint64_t next_wake(void)
{
	uint64_t first = NEVER;

	for (unsigned i = 0; i < task_count; i++)
		if (tasks[i].wakes < first)
			first = tasks[i].wakes;
	return first;
}

/* Wakes whoever is due; true when the running one must make way. */
static bool wake_due(void)
{
	bool preempt = false;

	for (unsigned i = 0; i < task_count; i++) {
		if (tasks[i].wakes > now)
			continue;
		tasks[i].wakes = NEVER;
		tasks[i].left = tasks[i].burst;
		tasks[i].waits_since = now;
		preempt |= sched_wake(&queue, &tasks[i].entity, now);
	}
	return preempt;
}

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static void note_wait(struct task *task)
{
	if (now - task->waits_since > task->longest_wait)
		task->longest_wait = now - task->waits_since;
}

static void take_turn(struct task *task, uint64_t end)
{
	uint64_t started = now, finish = task->left == NEVER ? NEVER : now + task->left;
	uint64_t slice = sched_has_waiting(&queue) ? now + SCHED_SLICE_NS : NEVER;
	bool preempt = false;

	note_wait(task);
	while (!preempt && now < least(least(slice, finish), end)) {
		now = least(least(least(slice, finish), end), next_wake());
		preempt = wake_due();
		/* Whoever runs alone has no slice; with a second one it needs one. */
		if (slice == NEVER && sched_has_waiting(&queue))
			slice = now + SCHED_SLICE_NS;
	}
	sched_put(&queue, now, now < finish);
	task->waits_since = now;
	if (task->left != NEVER)
		task->left -= now - started;
	if (now >= finish)
		task->wakes = now + task->sleep;
}

static void run_until(uint64_t end)
{
	while (now < end) {
		struct sched_entity *next;

		wake_due();
		next = sched_pick(&queue, now);
		if (next)
			take_turn(container_of(next, struct task, entity), end);
		else
			now = least(next_wake(), end);
	}
	for (unsigned i = 0; i < task_count; i++)
		if (tasks[i].entity.runnable)
			note_wait(&tasks[i]);
}

static void assert_about(uint64_t value, uint64_t wanted)
{
	uint64_t slack = wanted / 20 + SCHED_SLICE_NS;

	if (value + slack < wanted || value > wanted + slack)
		fail_msg("%llu ns, not about %llu", (unsigned long long)value,
			 (unsigned long long)wanted);
}

/* --- shares ---------------------------------------------------------------------------- */

static void weights_are_honoured(void **state)
{
	uint64_t seed = 5;

	for (unsigned count = 2; count <= 32; count += count < 4 ? 1 : 7) {
		uint64_t sum = 0, length = 300 * SECOND;

		start(state);
		for (unsigned i = 0; i < count; i++) {
			uint32_t weight = i == 0 ? 1000 : 20 + (uint32_t)(unit_random(&seed) % 981);

			sum += add(weight, now, NEVER, 0)->entity.weight;
		}
		run_until(now + length);
		for (unsigned i = 0; i < count; i++)
			assert_about(tasks[i].entity.run_time,
				     length / 1000 * tasks[i].entity.weight * 1000 / sum);
	}
}

static void extreme_weights(void **state)
{
	struct task *heavy = add(1000, now, NEVER, 0), *light = add(1, now, NEVER, 0);

	(void)state;
	run_until(now + 1001 * SECOND);
	assert_about(light->entity.run_time, SECOND);
	assert_about(heavy->entity.run_time, 1000 * SECOND);
	/* One slice of a thousand: it waits for five seconds, but not for ever. */
	assert_true(light->longest_wait <= 1001 * SCHED_SLICE_NS);
}

static void nobody_waits_longer_than_a_round(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 32; i++)
		add(100, now, NEVER, 0);
	run_until(now + 20 * SECOND);
	for (unsigned i = 0; i < 32; i++)
		assert_true(tasks[i].longest_wait <= 32 * SCHED_SLICE_NS);
}

/* --- sleepers --------------------------------------------------------------------------- */

static void sleeper_gets_what_it_asks_for(void **state)
{
	struct task *sleeper = add(100, now, MS, 9 * MS);

	(void)state;
	for (int i = 0; i < 3; i++)
		add(100, now, NEVER, 0);
	run_until(now + 60 * SECOND);
	/* A tenth of the time, less than its share: nearly at once, whenever it wakes. */
	assert_about(sleeper->entity.run_time, 6 * SECOND);
	assert_true(sleeper->longest_wait <= SCHED_SLICE_NS);
	for (int i = 1; i < 4; i++)
		assert_about(tasks[i].entity.run_time, 18 * SECOND);
}

static void sleepers_do_not_starve_a_worker(void **state)
{
	struct task *worker = add(100, now, NEVER, 0);

	(void)state;
	for (uint64_t i = 0; i < 31; i++)
		add(100, now + i * MS / 2, 3 * MS, MS);
	run_until(now + 60 * SECOND);
	assert_about(worker->entity.run_time, 60 * SECOND / 32);
	assert_true(worker->longest_wait <= 100 * SCHED_SLICE_NS);
}

static void long_sleep_earns_one_slice(void **state)
{
	struct task *first = add(100, now, NEVER, 0), *second = add(100, now, NEVER, 0);
	struct task *late = add(100, now + 100 * SECOND, NEVER, 0);

	(void)state;
	run_until(now + 100 * SECOND + 100 * MS);
	/* Its third, and the slice. */
	assert_about(late->entity.run_time, 100 * MS / 3 + SCHED_SLICE_NS);
	assert_true(first->longest_wait <= 5 * SCHED_SLICE_NS);
	assert_true(second->longest_wait <= 5 * SCHED_SLICE_NS);
	assert_true(late->longest_wait <= 3 * SCHED_SLICE_NS);
}

/* Alone it is never picked again, so the queue must learn of its time in another way. */
static void second_guest_does_not_starve_who_ran_alone(void **state)
{
	struct task *alone = add(100, now, NEVER, 0);
	struct task *second = add(100, now + 100 * SECOND, NEVER, 0);

	(void)state;
	run_until(now + 102 * SECOND);
	assert_about(second->entity.run_time, SECOND);
	assert_true(alone->longest_wait <= 4 * SCHED_SLICE_NS);
}

/* The same, and it sleeps for a moment just when the second one comes. */
static void nap_after_running_alone_costs_nothing(void **state)
{
	struct task *alone = add(100, now, 100 * SECOND, 2 * MS);
	struct task *second = add(100, now + 100 * SECOND + MS, NEVER, 0);

	(void)state;
	run_until(now + 101 * SECOND);
	assert_true(alone->longest_wait <= 4 * SCHED_SLICE_NS);
	assert_true(second->longest_wait <= 4 * SCHED_SLICE_NS);
}

/* Many short turns alone: each wakes into an idle machine. */
static void waking_into_an_idle_machine(void **state)
{
	struct task *first = add(100, now, 30 * MS, 10 * MS);
	struct task *second = add(100, now + 50 * SECOND, NEVER, 0);

	(void)state;
	run_until(now + 60 * SECOND);
	assert_true(first->longest_wait <= 4 * SCHED_SLICE_NS);
	assert_true(second->longest_wait <= 4 * SCHED_SLICE_NS);
	assert_true(second->entity.run_time >= 4900 * MS);
}

static void random_mix(void **state)
{
	uint64_t seed = 77;

	for (int round = 0; round < 20; round++) {
		uint64_t count = 2 + unit_random(&seed) % 30;

		start(state);
		for (uint64_t i = 0; i < count; i++) {
			uint64_t first = now + unit_random(&seed) % (10 * SECOND);
			uint64_t burst = 1 + unit_random(&seed) % SECOND;
			uint64_t sleep = 1 + unit_random(&seed) % (5 * SECOND);

			add(100, first, unit_random(&seed) % 3 ? burst : NEVER, sleep);
		}
		run_until(now + 60 * SECOND);
		for (unsigned i = 0; i < task_count; i++)
			if (tasks[i].longest_wait > 3 * task_count * SCHED_SLICE_NS)
				fail_msg("round %d: %u of %u waited %llu ms", round, i, task_count,
					 (unsigned long long)(tasks[i].longest_wait / MS));
	}
}

/* --- the rules, one by one ---------------------------------------------------------------- */

static void wake_preempts_when_behind_enough(void **state)
{
	struct sched_entity runner, sleeper;

	(void)state;
	sched_entity_init(&runner, 100);
	sched_entity_init(&sleeper, 100);
	assert_false(sched_wake(&queue, &runner, 0));
	assert_ptr_equal(sched_pick(&queue, 0), &runner);
	assert_false(sched_has_waiting(&queue));
	/* Level with the running one, or a little behind: no reason to interrupt. */
	assert_false(sched_wake(&queue, &sleeper, SCHED_WAKE_GAIN_NS));
	assert_true(sched_has_waiting(&queue));
	/* Awake already. */
	assert_false(sched_wake(&queue, &sleeper, 10 * MS));
	sched_put(&queue, 2 * MS, true);
	assert_ptr_equal(sched_pick(&queue, 2 * MS), &sleeper);
	sched_put(&queue, 2 * MS + 1000, false);
	assert_ptr_equal(sched_pick(&queue, 3 * MS), &runner);
	assert_true(sched_wake(&queue, &sleeper, 4 * MS));
	assert_false(sched_wake(&queue, &runner, 4 * MS));
}

static void nobody_can_run(void **state)
{
	struct sched_entity entity;

	(void)state;
	assert_null(sched_pick(&queue, 0));
	assert_false(sched_has_waiting(&queue));
	sched_entity_init(&entity, 100);
	sched_wake(&queue, &entity, 5);
	assert_ptr_equal(sched_pick(&queue, 10), &entity);
	sched_put(&queue, 30, false);
	assert_int_equal(entity.run_time, 20);
	assert_null(sched_pick(&queue, 40));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(weights_are_honoured, start),
		cmocka_unit_test_setup(extreme_weights, start),
		cmocka_unit_test_setup(nobody_waits_longer_than_a_round, start),
		cmocka_unit_test_setup(sleeper_gets_what_it_asks_for, start),
		cmocka_unit_test_setup(sleepers_do_not_starve_a_worker, start),
		cmocka_unit_test_setup(long_sleep_earns_one_slice, start),
		cmocka_unit_test_setup(second_guest_does_not_starve_who_ran_alone, start),
		cmocka_unit_test_setup(nap_after_running_alone_costs_nothing, start),
		cmocka_unit_test_setup(waking_into_an_idle_machine, start),
		cmocka_unit_test_setup(random_mix, start),
		cmocka_unit_test_setup(wake_preempts_when_behind_enough, start),
		cmocka_unit_test_setup(nobody_can_run, start),
	};

	return cmocka_run_group_tests_name("scheduler", tests, NULL, NULL);
}

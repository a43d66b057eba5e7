// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of hv/sched/scheduler.c over simulated time: a CPU that does with the queue
 * what the run loop does, and guests that compute and sleep as the test says.
 */
#include "hv/sched/scheduler.h"
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
	uint64_t waits_since, longest_wait, waited;
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

static struct task *add_capped(uint32_t weight, uint32_t cap, uint64_t first, uint64_t burst,
			       uint64_t sleep)
{
	struct task *task = &tasks[task_count++];

	sched_entity_init(&task->entity, weight, cap, UINT32_MAX);
	task->burst = task->left = burst;
	task->sleep = sleep;
	task->wakes = first;
	return task;
}

static struct task *add(uint32_t weight, uint64_t first, uint64_t burst, uint64_t sleep)
{
	return add_capped(weight, SCHED_NO_CAP, first, burst, sleep);
}

/* The next moment at which anything happens but the end of a turn. */
static uint64_t next_wake(void)
{
	uint64_t first = sched_next_release(&queue);

	for (unsigned i = 0; i < task_count; i++)
		if (tasks[i].wakes < first)
			first = tasks[i].wakes;
	return first;
}

/* Wakes whoever is due; true when the running one must make way. */
static bool wake_due(void)
{
	bool preempt = sched_release(&queue, now);

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
	task->waited += now - task->waits_since;
}

static void take_turn(struct task *task, uint64_t end)
{
	uint64_t started = now, finish = task->left == NEVER ? NEVER : now + task->left;
	bool preempt = false;

	note_wait(task);
	assert_true(task->entity.waited == task->waited);
	while (!preempt && now < least(least(queue.turn_end, finish), end)) {
		now = least(least(least(queue.turn_end, finish), end), next_wake());
		preempt = wake_due();
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

/* --- caps ------------------------------------------------------------------------------------ */

/* The most that a cap permits within a time, whatever was saved up before it. */
static uint64_t permitted(uint32_t cap, uint64_t time)
{
	return (time + SCHED_CAP_SAVED_NS) / 100 * cap + 100;
}

static void cap_holds_on_an_idle_machine(void **state)
{
	for (uint32_t cap = 1; cap < 100; cap += cap < 4 ? 1 : 19) {
		struct task *task;

		start(state);
		task = add_capped(100, cap, now, NEVER, 0);
		run_until(now + 10 * SECOND);
		assert_true(task->entity.run_time <= permitted(cap, 10 * SECOND));
		assert_true(task->entity.run_time >= 10 * SECOND / 100 * cap);
		/* It waits in pieces that do not show. */
		assert_true(task->longest_wait <= (cap < 10 ? 100 * MS / cap : 10 * MS) + MS);
	}
}

/* In no tenth of a second does it get more, and hardly less once it has spent what it saved. */
static void cap_holds_in_short_windows(void **state)
{
	struct task *task = add_capped(100, 30, now, NEVER, 0);
	uint64_t before = 0;

	(void)state;
	for (unsigned i = 0; i < 100; i++) {
		uint64_t ran;

		run_until(now + 100 * MS);
		ran = task->entity.run_time - before;
		before = task->entity.run_time;
		assert_true(ran <= permitted(30, 100 * MS));
		assert_true(ran + 4 * MS >= 30 * MS);
	}
}

static void cap_leaves_the_rest_to_the_others(void **state)
{
	struct task *capped = add_capped(1000, 20, now, NEVER, 0);
	struct task *one = add(100, now, NEVER, 0), *two = add(300, now, NEVER, 0);

	(void)state;
	run_until(now + 20 * SECOND);
	assert_about(capped->entity.run_time, 4 * SECOND);
	assert_about(one->entity.run_time, 4 * SECOND);
	assert_about(two->entity.run_time, 12 * SECOND);
	assert_true(one->longest_wait <= 10 * SCHED_SLICE_NS);
}

static void cap_above_the_share_does_not_matter(void **state)
{
	struct task *capped = add_capped(100, 60, now, NEVER, 0);
	struct task *other = add(100, now, NEVER, 0);

	(void)state;
	run_until(now + 20 * SECOND);
	assert_about(capped->entity.run_time, 10 * SECOND);
	assert_about(other->entity.run_time, 10 * SECOND);
}

static void all_are_capped(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 32; i++)
		add_capped(100, 2, now, NEVER, 0);
	run_until(now + 20 * SECOND);
	for (unsigned i = 0; i < 32; i++)
		assert_about(tasks[i].entity.run_time, 400 * MS);
}

/* One that needs less than its cap is not delayed by it. */
static void cap_does_not_delay_who_keeps_to_it(void **state)
{
	struct task *sleeper = add_capped(100, 20, now, MS, 9 * MS);
	struct task *worker = add(100, now, NEVER, 0);

	(void)state;
	run_until(now + 20 * SECOND);
	assert_about(sleeper->entity.run_time, 2 * SECOND);
	assert_true(sleeper->longest_wait <= SCHED_SLICE_NS);
	assert_about(worker->entity.run_time, 18 * SECOND);
}

/* Sleeping in the right moment, for however short a time, gains nothing. */
static void naps_do_not_evade_a_cap(void **state)
{
	static const uint64_t bursts[] = { 100, 10000, MS, 2 * MS - 1, 2 * MS, 5 * MS, 10 * MS,
					   50 * MS };

	for (unsigned i = 0; i < sizeof(bursts) / sizeof(bursts[0]); i++) {
		for (uint64_t nap = 1; nap < 10 * MS; nap *= 100) {
			struct task *task;

			start(state);
			task = add_capped(100, 20, now, bursts[i], nap);
			run_until(now + 2 * SECOND);
			assert_true(task->entity.run_time <= permitted(20, 2 * SECOND));
		}
	}
}

/* Interrupts that come late do not either: what it had too much it owes. */
static void late_interrupts_do_not_evade_a_cap(void **state)
{
	struct sched_entity entity;
	uint64_t seed = 9;

	(void)state;
	sched_entity_init(&entity, 100, 10, UINT32_MAX);
	sched_wake(&queue, &entity, now);
	while (now < 100 * SECOND) {
		if (!sched_pick(&queue, now)) {
			now = sched_next_release(&queue);
			assert_false(sched_release(&queue, now));
			continue;
		}
		now = queue.turn_end + unit_random(&seed) % (3 * MS);
		sched_put(&queue, now, true);
	}
	assert_true(entity.run_time <= permitted(10, 99 * SECOND) + 3 * MS);
	assert_true(entity.run_time >= 99 * SECOND / 10 - 10 * MS);
}

/* What a handler does for somebody else in a guest's turn is not the guest's. */
static void others_time(void **state)
{
	struct sched_entity entity;

	(void)state;
	sched_entity_init(&entity, 100, 50, UINT32_MAX);
	sched_excuse(&queue, 10 * MS);	/* nobody runs */
	sched_wake(&queue, &entity, now);
	assert_ptr_equal(sched_pick(&queue, now), &entity);
	sched_excuse(&queue, 3 * MS);
	sched_charge(&entity, 1 * MS);	/* and that was somebody else's, before */
	sched_put(&queue, now + 10 * MS, true);
	assert_int_equal(entity.run_time, 8 * MS);
	assert_int_equal(entity.virtual_time, 8 * MS);
}

/* What is done for a guest while it does not run counts, in its cap and in its share. */
static void charges_count(void **state)
{
	struct sched_entity entity, other;

	(void)state;
	sched_entity_init(&entity, 100, 50, UINT32_MAX);
	sched_entity_init(&other, 200, SCHED_NO_CAP, UINT32_MAX);
	sched_wake(&queue, &entity, now);
	assert_ptr_equal(sched_pick(&queue, now), &entity);
	sched_put(&queue, now, false);
	sched_charge(&entity, 100 * MS);
	assert_int_equal(entity.run_time, 100 * MS);
	assert_int_equal(entity.virtual_time, 100 * MS);
	assert_false(sched_wake(&queue, &entity, now));
	assert_null(sched_pick(&queue, now));
	/* It had saved 50 ms: the other 50 take twice as long. */
	assert_int_equal(sched_next_release(&queue), now + 100 * MS + SCHED_CAP_WAIT_NS);
	sched_charge(&other, 100 * MS);
	assert_int_equal(other.virtual_time, 50 * MS);
}

static void release_interrupts_when_behind(void **state)
{
	struct sched_entity runner, capped;

	(void)state;
	sched_entity_init(&runner, 100, SCHED_NO_CAP, UINT32_MAX);
	sched_entity_init(&capped, 100, 50, UINT32_MAX);
	sched_wake(&queue, &capped, now);
	sched_pick(&queue, now);
	sched_put(&queue, queue.turn_end, true);
	now = sched_next_release(&queue) - 10 * MS;
	assert_int_equal(capped.run_time, 100 * MS + 1);
	sched_wake(&queue, &runner, now);
	assert_ptr_equal(sched_pick(&queue, now), &runner);
	assert_true(queue.turn_end == NEVER);
	assert_false(sched_release(&queue, now + 10 * MS - 1));
	assert_true(sched_release(&queue, now + 10 * MS));
	assert_int_equal(queue.turn_end, now + 10 * MS + SCHED_SLICE_NS);
	assert_true(sched_next_release(&queue) == NEVER);
}

/* --- the rules, one by one ---------------------------------------------------------------- */

static void wake_preempts_when_behind_enough(void **state)
{
	struct sched_entity runner, sleeper;

	(void)state;
	sched_entity_init(&runner, 100, SCHED_NO_CAP, UINT32_MAX);
	sched_entity_init(&sleeper, 100, SCHED_NO_CAP, UINT32_MAX);
	assert_false(sched_wake(&queue, &runner, 0));
	assert_ptr_equal(sched_pick(&queue, 0), &runner);
	assert_true(queue.turn_end == NEVER);
	/* Level with the running one, or a little behind: no reason to interrupt. */
	assert_false(sched_wake(&queue, &sleeper, SCHED_WAKE_GAIN_NS));
	assert_int_equal(queue.turn_end, SCHED_WAKE_GAIN_NS + SCHED_SLICE_NS);
	/* Awake already. */
	assert_false(sched_wake(&queue, &sleeper, 10 * MS));
	sched_put(&queue, 2 * MS, true);
	assert_ptr_equal(sched_pick(&queue, 2 * MS), &sleeper);
	sched_put(&queue, 2 * MS + 1000, false);
	assert_ptr_equal(sched_pick(&queue, 3 * MS), &runner);
	assert_true(sched_wake(&queue, &sleeper, 4 * MS));
	assert_false(sched_wake(&queue, &runner, 4 * MS));
}

/* Steal time is what it could have run and did not: of sleep nothing counts, of a cap all. */
static void waiting_is_counted(void **state)
{
	struct task *first = add(100, now, NEVER, 0), *second = add(100, now, NEVER, 0);
	struct task *sleeper = add(100, now, MS, 99 * MS);

	(void)state;
	run_until(now + 20 * SECOND);
	assert_about(first->entity.waited, 10 * SECOND);
	assert_about(second->entity.waited, 10 * SECOND);
	assert_true(sleeper->entity.waited <= SECOND);
}

static void a_cap_is_waiting(void **state)
{
	struct task *alone = add_capped(100, 25, now, NEVER, 0);

	(void)state;
	run_until(now + 20 * SECOND);
	assert_about(alone->entity.waited, 15 * SECOND);
}

/* Woken where the clock is ahead, and given the CPU where it is not: as if it had not waited. */
static void waiting_never_shrinks(void **state)
{
	struct sched_entity entity;

	(void)state;
	sched_entity_init(&entity, 100, SCHED_NO_CAP, UINT32_MAX);
	(void)sched_wake(&queue, &entity, now + MS);
	assert_ptr_equal(sched_pick(&queue, now), &entity);
	assert_true(entity.waited == 0);
}

static void nobody_can_run(void **state)
{
	struct sched_entity entity;

	(void)state;
	assert_null(sched_pick(&queue, 0));
	assert_true(sched_next_release(&queue) == NEVER);
	sched_entity_init(&entity, 100, SCHED_NO_CAP, UINT32_MAX);
	sched_wake(&queue, &entity, 5);
	assert_ptr_equal(sched_pick(&queue, 10), &entity);
	sched_put(&queue, 30, false);
	assert_int_equal(entity.run_time, 20);
	assert_null(sched_pick(&queue, 40));
}

/* What was run before a change counts by the old weight, also for one that ran alone for long. */
static void changes_do_not_reach_back(void **state)
{
	struct sched_entity entity, other;

	(void)state;
	sched_entity_init(&entity, 100, SCHED_NO_CAP, UINT32_MAX);
	sched_entity_init(&other, 100, SCHED_NO_CAP, UINT32_MAX);
	sched_wake(&queue, &entity, SECOND);
	assert_ptr_equal(sched_pick(&queue, SECOND), &entity);
	sched_change(&queue, &entity, 1, SCHED_NO_CAP, 11 * SECOND);
	assert_int_equal(entity.run_time, 10 * SECOND);
	assert_int_equal(entity.virtual_time, 10 * SECOND);
	sched_put(&queue, 11 * SECOND + MS, true);
	assert_int_equal(entity.run_time, 10 * SECOND + MS);
	assert_int_equal(entity.virtual_time, 10 * SECOND + 100 * MS);
	/* It is behind by those 100 ms and no more. */
	sched_wake(&queue, &other, 11 * SECOND + MS);
	assert_true(other.virtual_time + 100 * MS + SCHED_SLICE_NS >= entity.virtual_time);
}

/* A cap that is given later holds from then on, and one that is taken away holds no more. */
static void caps_change(void **state)
{
	struct sched_entity entity;
	uint64_t ran = 0;

	(void)state;
	sched_entity_init(&entity, 100, SCHED_NO_CAP, UINT32_MAX);
	now = SECOND;
	sched_wake(&queue, &entity, now);
	sched_change(&queue, &entity, 100, 10, now);
	for (uint64_t end = now + 10 * SECOND; now < end;) {
		if (sched_pick(&queue, now)) {
			uint64_t turn = queue.turn_end - now;

			ran += turn;
			now += turn;
			sched_put(&queue, now, true);
		} else {
			now = sched_next_release(&queue);
			sched_release(&queue, now);
		}
	}
	assert_in_range(ran, 990 * MS, 1020 * MS);
	now = MAX(now, sched_next_release(&queue) == NEVER ? now : sched_next_release(&queue));
	sched_release(&queue, now);
	sched_change(&queue, &entity, 100, SCHED_NO_CAP, now);
	assert_ptr_equal(sched_pick(&queue, now), &entity);
	assert_int_equal(queue.turn_end, NEVER);
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
		cmocka_unit_test_setup(cap_holds_on_an_idle_machine, start),
		cmocka_unit_test_setup(cap_holds_in_short_windows, start),
		cmocka_unit_test_setup(cap_leaves_the_rest_to_the_others, start),
		cmocka_unit_test_setup(cap_above_the_share_does_not_matter, start),
		cmocka_unit_test_setup(all_are_capped, start),
		cmocka_unit_test_setup(cap_does_not_delay_who_keeps_to_it, start),
		cmocka_unit_test_setup(naps_do_not_evade_a_cap, start),
		cmocka_unit_test_setup(late_interrupts_do_not_evade_a_cap, start),
		cmocka_unit_test_setup(others_time, start),
		cmocka_unit_test_setup(charges_count, start),
		cmocka_unit_test_setup(release_interrupts_when_behind, start),
		cmocka_unit_test_setup(wake_preempts_when_behind_enough, start),
		cmocka_unit_test_setup(waiting_is_counted, start),
		cmocka_unit_test_setup(a_cap_is_waiting, start),
		cmocka_unit_test_setup(waiting_never_shrinks, start),
		cmocka_unit_test_setup(nobody_can_run, start),
		cmocka_unit_test_setup(changes_do_not_reach_back, start),
		cmocka_unit_test_setup(caps_change, start),
	};

	return cmocka_run_group_tests_name("scheduler", tests, NULL, NULL);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Weighted fair choice by virtual time, and caps by credit.  Pure: time is an
 * argument.
 */
#include "hv/sched/scheduler.h"

#include "lib/div64.h"

#define BASE_WEIGHT 100u

/* Credit is in hundredths of a nanosecond, so that a per cent of a time needs no division. */
#define CREDIT_NS 100
_Static_assert(SCHED_CAP_RUN_NS * CREDIT_NS <= SCHED_CAP_SAVED_NS, "what a cap of 1 waits for");

/* Longer than any debt takes to pay back, and small enough that the product does not overflow. */
#define EARN_MOST_NS (3600 * 1000000000ull)

void sched_queue_init(struct run_queue *queue)
{
	list_init(&queue->ready);
	list_init(&queue->held);
	queue->ready_count = 0;
	queue->minimum = 0;
	queue->running = NULL;
	queue->turn_end = UINT64_MAX;
}

void sched_entity_init(struct sched_entity *entity, uint32_t weight, uint32_t cap, uint32_t cpus)
{
	*entity = (struct sched_entity){ .weight = weight, .cap = cap, .cpus = cpus };
}

/* The virtual time that ns of real time are worth with that weight. */
static uint64_t scaled(uint32_t weight, uint64_t ns)
{
	if (weight == BASE_WEIGHT)
		return ns;
	return div_u64_u32(ns * BASE_WEIGHT, weight, NULL);
}

uint64_t sched_virtual_time(uint64_t virtual_time, uint64_t started, uint32_t weight, uint64_t now)
{
	return virtual_time + scaled(weight, now - started);
}

static uint64_t running_time(const struct run_queue *queue, uint64_t now)
{
	const struct sched_entity *running = queue->running;

	return sched_virtual_time(running->virtual_time, running->started, running->weight, now);
}

/* --- caps ---------------------------------------------------------------------------- */

static bool is_capped(const struct sched_entity *entity)
{
	return entity->cap < SCHED_NO_CAP;
}

static void earn(struct sched_entity *entity, uint64_t now)
{
	int64_t most = (int64_t)(SCHED_CAP_SAVED_NS * entity->cap);

	entity->credit += (int64_t)(MIN(now - entity->credited, EARN_MOST_NS) * entity->cap);
	entity->credit = MIN(entity->credit, most);
	entity->credited = now;
}

/* Moves a capped entity without credit to the list `held`; true when it did. */
static bool hold(struct run_queue *queue, struct sched_entity *entity, uint64_t now)
{
	uint64_t wanted;

	if (!is_capped(entity))
		return false;
	earn(entity, now);
	if (entity->credit > 0)
		return false;
	wanted = MAX(SCHED_CAP_WAIT_NS * entity->cap, SCHED_CAP_RUN_NS * CREDIT_NS);
	entity->release = now + div_u64_u32(wanted - (uint64_t)entity->credit, entity->cap, NULL);
	list_add_last(&queue->held, &entity->node);
	return true;
}

/* When the credit of a running entity ends; it earns credit while it runs, too. */
static uint64_t credit_end(const struct sched_entity *entity, uint64_t now)
{
	return now + 1 + div_u64_u32((uint64_t)entity->credit, CREDIT_NS - entity->cap, NULL);
}

/* --- the queue --------------------------------------------------------------------------- */

static void add_ready(struct run_queue *queue, struct sched_entity *entity)
{
	list_add_last(&queue->ready, &entity->node);
	queue->ready_count++;
}

static void remove_ready(struct run_queue *queue, struct sched_entity *entity)
{
	list_remove(&entity->node);
	queue->ready_count--;
}

/* Limits the running entity's turn, since another one waits from now on. */
static void limit_turn(struct run_queue *queue, uint64_t now)
{
	queue->turn_end = MIN(queue->turn_end, now + SCHED_SLICE_NS);
}

/* Puts entity into the ready list; lag: how far its virtual time may be behind. */
static bool join(struct run_queue *queue, struct sched_entity *entity, uint64_t lag, uint64_t now)
{
	/*
	 * An entity that runs alone is not picked again, so its virtual time is brought up to date
	 * here.
	 */
	if (queue->running && list_is_empty(&queue->ready))
		queue->minimum = MAX(queue->minimum, running_time(queue, now));
	if (entity->virtual_time + lag < queue->minimum)
		entity->virtual_time = queue->minimum - lag;
	add_ready(queue, entity);
	limit_turn(queue, now);
	return queue->running &&
	       entity->virtual_time + SCHED_WAKE_GAIN_NS < running_time(queue, now);
}

void sched_move_on(struct run_queue *queue, uint64_t virtual_time)
{
	queue->minimum = MAX(queue->minimum, virtual_time);
}

bool sched_wake(struct run_queue *queue, struct sched_entity *entity, uint64_t now)
{
	if (entity->runnable)
		return false;
	entity->runnable = true;
	entity->waits_since = now;
	/* Sleeping earns no more than one slice, or a sleeper could starve the others. */
	return !hold(queue, entity, now) && join(queue, entity, SCHED_SLICE_NS, now);
}

/* The first of those held back, or NULL. */
static struct sched_entity *next_held(const struct run_queue *queue)
{
	struct sched_entity *entity, *first = NULL;

	list_for_each(entity, &queue->held, node)
		if (!first || entity->release < first->release)
			first = entity;
	return first;
}

bool sched_release(struct run_queue *queue, uint64_t now)
{
	struct sched_entity *entity;
	bool make_way = false;

	while ((entity = next_held(queue)) != NULL && entity->release <= now) {
		list_remove(&entity->node);
		make_way |= join(queue, entity, SCHED_SLICE_NS, now);
	}
	return make_way;
}

uint64_t sched_next_release(const struct run_queue *queue)
{
	const struct sched_entity *first = next_held(queue);

	return first ? first->release : UINT64_MAX;
}

struct sched_entity *sched_pick(struct run_queue *queue, uint64_t now)
{
	struct sched_entity *entity, *best = NULL;

	list_for_each(entity, &queue->ready, node)
		if (!best || entity->virtual_time < best->virtual_time)
			best = entity;
	if (!best)
		return NULL;
	remove_ready(queue, best);
	if (best->virtual_time > queue->minimum)
		queue->minimum = best->virtual_time;
	best->started = now;
	/* The entity may have begun to wait on a CPU whose clock is ahead. */
	if (now > best->waits_since)
		best->waited += now - best->waits_since;
	queue->running = best;
	queue->turn_end = UINT64_MAX;
	if (is_capped(best)) {
		earn(best, now);
		queue->turn_end = credit_end(best, now);
	}
	if (!list_is_empty(&queue->ready))
		limit_turn(queue, now);
	return best;
}

void sched_charge(struct sched_entity *entity, uint64_t ns)
{
	entity->virtual_time += scaled(entity->weight, ns);
	entity->run_time += ns;
	if (is_capped(entity))
		entity->credit -= (int64_t)(ns * CREDIT_NS);
}

void sched_change(const struct run_queue *queue, struct sched_entity *entity, uint32_t weight,
		  uint32_t cap, uint64_t now)
{
	if (queue->running == entity) {
		sched_charge(entity, now - entity->started);
		entity->started = now;
	}
	if (is_capped(entity))
		earn(entity, now);
	entity->weight = weight;
	entity->cap = cap;
}

void sched_excuse(struct run_queue *queue, uint64_t ns)
{
	if (queue->running)
		queue->running->started += ns;
}

void sched_put(struct run_queue *queue, uint64_t now, bool runnable)
{
	struct sched_entity *entity = queue->running;

	sched_charge(entity, now - entity->started);
	entity->runnable = runnable;
	entity->waits_since = now;
	queue->running = NULL;
	/* The entity ran alone: the next one must not count as behind by all that time. */
	if (list_is_empty(&queue->ready))
		queue->minimum = MAX(queue->minimum, entity->virtual_time);
	if (runnable && !hold(queue, entity, now))
		add_ready(queue, entity);
}

/* --- several CPUs --------------------------------------------------------------------------- */

bool sched_progress(const struct run_queue *queue, uint64_t now, uint64_t *virtual_time)
{
	const struct sched_entity *entity;
	uint64_t least = queue->running ? running_time(queue, now) : UINT64_MAX;

	list_for_each(entity, &queue->ready, node)
		least = MIN(least, entity->virtual_time);
	*virtual_time = least;
	return queue->running || !list_is_empty(&queue->ready);
}

struct sched_entity *sched_waiting_for(const struct run_queue *queue, unsigned cpu)
{
	struct sched_entity *entity, *first = NULL;

	list_for_each(entity, &queue->ready, node)
		if (entity->cpus & BIT(cpu) &&
		    (!first || entity->virtual_time < first->virtual_time))
			first = entity;
	return first;
}

void sched_leave(struct run_queue *queue, struct sched_entity *entity)
{
	remove_ready(queue, entity);
	/* The running entity is alone again. */
	if (queue->running && list_is_empty(&queue->ready) && !is_capped(queue->running))
		queue->turn_end = UINT64_MAX;
}

bool sched_arrive(struct run_queue *queue, struct sched_entity *entity, uint64_t now)
{
	return join(queue, entity, SCHED_LAG_NS, now);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Weighted fair choice by virtual time.  Pure: time is an argument.
 */
#include "hv/scheduler.h"

#include "lib/div64.h"

#define BASE_WEIGHT 100u

void sched_queue_init(struct run_queue *queue)
{
	list_init(&queue->ready);
	queue->minimum = 0;
	queue->running = NULL;
}

void sched_entity_init(struct sched_entity *entity, uint32_t weight)
{
	*entity = (struct sched_entity){ .weight = weight };
}

/* What ns of real time count for the entity. */
static uint64_t scaled(const struct sched_entity *entity, uint64_t ns)
{
	if (entity->weight == BASE_WEIGHT)
		return ns;
	return div_u64_u32(ns * BASE_WEIGHT, entity->weight, NULL);
}

static uint64_t running_time(const struct run_queue *queue, uint64_t now)
{
	const struct sched_entity *running = queue->running;

	return running->virtual_time + scaled(running, now - running->started);
}

bool sched_wake(struct run_queue *queue, struct sched_entity *entity, uint64_t now)
{
	if (entity->runnable)
		return false;
	entity->runnable = true;
	/* Whoever runs alone is not picked again, so nobody else has moved it on. */
	if (queue->running && list_is_empty(&queue->ready))
		queue->minimum = MAX(queue->minimum, running_time(queue, now));
	/* Sleeping earns no more than one slice: else a sleeper could starve the others on return. */
	if (entity->virtual_time + SCHED_SLICE_NS < queue->minimum)
		entity->virtual_time = queue->minimum - SCHED_SLICE_NS;
	list_add_last(&queue->ready, &entity->node);
	return queue->running &&
	       entity->virtual_time + SCHED_WAKE_GAIN_NS < running_time(queue, now);
}

struct sched_entity *sched_pick(struct run_queue *queue, uint64_t now)
{
	struct sched_entity *entity, *best = NULL;

	list_for_each(entity, &queue->ready, node)
		if (!best || entity->virtual_time < best->virtual_time)
			best = entity;
	if (!best)
		return NULL;
	list_remove(&best->node);
	if (best->virtual_time > queue->minimum)
		queue->minimum = best->virtual_time;
	best->started = now;
	queue->running = best;
	return best;
}

void sched_put(struct run_queue *queue, uint64_t now, bool runnable)
{
	struct sched_entity *entity = queue->running;

	entity->virtual_time = running_time(queue, now);
	entity->run_time += now - entity->started;
	entity->runnable = runnable;
	queue->running = NULL;
	/* It had the CPU for itself: whoever comes next is not behind it by all that time. */
	if (list_is_empty(&queue->ready))
		queue->minimum = MAX(queue->minimum, entity->virtual_time);
	if (runnable)
		list_add_last(&queue->ready, &entity->node);
}

bool sched_has_waiting(const struct run_queue *queue)
{
	return !list_is_empty(&queue->ready);
}

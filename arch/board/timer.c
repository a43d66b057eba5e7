// SPDX-License-Identifier: GPL-2.0-only
/*
 * The timer queues.  Umbra takes interrupts only while a guest runs or while it
 * is idle, so a queue needs no lock: its CPU is the only one that touches it.
 */
#include "arch/board/timer.h"

#include "arch/board/clock.h"
#include "arch/board/clock_event.h"
#include "arch/cpu/assert.h"
#include "arch/cpu/cpu.h"
#include "arch/cpu/time.h"

struct timer_queue {
	struct list waiting;	/* earliest first */
	uint64_t armed;		/* what the hardware is set to; UINT64_MAX: nothing */
};

static struct timer_queue queues[MAX_CPUS];
static struct timer clock_keeper;	/* the boot CPU's */

static struct timer_queue *this_queue(void)
{
	return &queues[this_cpu()->id];
}

/* A deadline beyond the hardware's range is reached in several steps. */
static void arm(struct timer_queue *queue)
{
	struct list_node *first = list_first(&queue->waiting);
	uint64_t deadline;

	/* The event that is set may come for nothing, which costs less than to disarm it. */
	if (!first)
		return;
	deadline = container_of(first, struct timer, node)->deadline;
	if (deadline < queue->armed)
		queue->armed = clock_event_set(deadline);
}

static void run_expired(struct timer_queue *queue)
{
	uint64_t now = time_ns();
	struct list_node *first;

	/* A timer that expires later than this look sets an event in the past: it comes at once. */
	while ((first = list_first(&queue->waiting)) != NULL) {
		struct timer *timer = container_of(first, struct timer, node);

		if (timer->deadline > now)
			return;
		timer_stop(timer);
		timer->expired(timer);
	}
}

/* Reads the clock often enough that a wrap of its counter is not missed. */
static void keep_clock(struct timer *timer)
{
	uint64_t period = clock_keep_ns();

	if (period != 0)
		timer_start(timer, time_ns() + period);
}

static void interrupt(void *context)
{
	struct timer_queue *queue = this_queue();

	(void)context;
	queue->armed = UINT64_MAX;
	/* The clock may have been replaced by one that must be read regularly. */
	if (this_cpu()->id == 0 && unlikely(!timer_is_waiting(&clock_keeper)))
		keep_clock(&clock_keeper);
	run_expired(queue);
	arm(queue);
}

void timers_init(void (*meanwhile)(void))
{
	timers_init_cpu();
	timer_init(&clock_keeper, keep_clock);
	clock_event_init(interrupt, meanwhile);
	keep_clock(&clock_keeper);
}

void timers_init_cpu(void)
{
	struct timer_queue *queue = this_queue();

	list_init(&queue->waiting);
	queue->armed = UINT64_MAX;
}

void timer_init(struct timer *timer, void (*expired)(struct timer *timer))
{
	timer->expired = expired;
	timer->queue = NULL;
	timer->detached = false;
}

void timer_start(struct timer *timer, uint64_t deadline)
{
	struct timer_queue *queue = this_queue();
	struct list_node *place;

	timer_stop(timer);
	timer->deadline = deadline;
	timer->queue = queue;
	/* Searches from the end, since most new deadlines are late ones. */
	for (place = queue->waiting.anchor.previous; place != &queue->waiting.anchor;
	     place = place->previous)
		if (container_of(place, struct timer, node)->deadline <= deadline)
			break;
	list_insert_after(place, &timer->node);
	arm(queue);
}

void timer_stop(struct timer *timer)
{
	if (!timer->queue)
		return;
	assert(timer->queue == this_queue());
	list_remove(&timer->node);
	timer->queue = NULL;
}

void timer_detach(struct timer *timer)
{
	timer->detached = timer_is_waiting(timer);
	timer_stop(timer);
}

void timer_attach(struct timer *timer)
{
	if (timer->detached)
		timer_start(timer, timer->deadline);
	timer->detached = false;
}

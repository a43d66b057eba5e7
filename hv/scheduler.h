/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who runs next on a CPU.  Each guest has a virtual run time, which grows with
 * the time it ran divided by its weight; the least one runs.  A run queue a
 * CPU; guests of one queue never run on another CPU at the same time.
 */
#ifndef UMBRA_HV_SCHEDULER_H
#define UMBRA_HV_SCHEDULER_H

#include "lib/list.h"

#include <stdbool.h>
#include <stdint.h>

/* How long a guest runs while others wait. */
#define SCHED_SLICE_NS 5000000ull
/* A woken guest interrupts the running one only when it is behind by more than this. */
#define SCHED_WAKE_GAIN_NS 500000ull

struct sched_entity {
	struct list_node node;		/* in the queue while runnable and not running */
	uint64_t virtual_time;		/* ns, for weight 100 */
	uint64_t started;		/* time_ns() when it got the CPU */
	uint64_t run_time;		/* ns that it ran, in all */
	uint32_t weight;		/* 1-1000 */
	bool runnable;
};

struct run_queue {
	struct list ready;
	uint64_t minimum;		/* virtual time: nobody in the queue is behind it by much */
	struct sched_entity *running;
};

void sched_queue_init(struct run_queue *queue);

/* A new guest starts a slice, at most, ahead of those that are there. */
void sched_entity_init(struct sched_entity *entity, uint32_t weight);

/* entity can run: it enters the queue.  True when the running one should make way for it at once. */
bool sched_wake(struct run_queue *queue, struct sched_entity *entity, uint64_t now);

/*
 * Takes the guest with the least virtual time out of the queue, to run from now on; NULL when
 * none can.
 */
struct sched_entity *sched_pick(struct run_queue *queue, uint64_t now);

/* The running guest stops at now; it goes back into the queue if it still can run. */
void sched_put(struct run_queue *queue, uint64_t now, bool runnable);

/* Does anybody wait for the CPU? */
bool sched_has_waiting(const struct run_queue *queue);

#endif

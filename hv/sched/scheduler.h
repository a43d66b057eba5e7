/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Chooses which guest runs next on a CPU, and for how long.  Each guest has a virtual run time,
 * which grows with the time it ran divided by its weight; the least one runs.  A guest with a cap
 * has a credit of run time too, which grows with real time; when it is spent the guest is held
 * back, also from a CPU that is idle.  A run queue a CPU; hv/sched/balance.h moves guests from one
 * to another.
 */
#ifndef UMBRA_HV_SCHED_SCHEDULER_H
#define UMBRA_HV_SCHED_SCHEDULER_H

#include "lib/list.h"

#include <stdbool.h>
#include <stdint.h>

/* How long a guest runs while others wait. */
#define SCHED_SLICE_NS 5000000ull
/* A woken guest interrupts the running one only when it is behind by more than this. */
#define SCHED_WAKE_GAIN_NS 500000ull

/*
 * A cap of c per cent: within any time t the guest runs for c % of
 * (t + SCHED_CAP_SAVED_NS), and by how much the last interrupt came late.  Once
 * its credit is spent it waits for SCHED_CAP_WAIT_NS, or with a cap below 10
 * until it may run for SCHED_CAP_RUN_NS: in shorter pieces it would spend much
 * of its time on being switched to.  So long a timer of such a guest may be late;
 * one that does not use its cap up is never held back.
 */
#define SCHED_CAP_SAVED_NS 100000000ull
#define SCHED_CAP_WAIT_NS 10000000ull
#define SCHED_CAP_RUN_NS 1000000ull
#define SCHED_NO_CAP 100

/*
 * Virtual times of different queues are comparable, but only to this much: an
 * entity that comes from another CPU has no more than this to catch up on.
 */
#define SCHED_LAG_NS 100000000ull

struct sched_entity {
	struct list_node node;		/* in a list of the queue while runnable and not running */
	uint64_t virtual_time;		/* ns, for weight 100 */
	uint64_t started;		/* time_ns() when it got the CPU */
	uint64_t run_time;		/* ns that it ran, in all */
	uint64_t waits_since;		/* time_ns() since which it could run, and does not */
	uint64_t waited;		/* ns of such waiting, in all, until it last got the CPU */
	uint64_t credited;		/* time_ns() up to which credit has grown */
	int64_t credit;			/* with a cap: 1/100 ns it may run; below 0 it owes them */
	uint64_t release;		/* time_ns() until which it is in the queue's list held */
	uint32_t weight;		/* 1-1000 */
	uint32_t cap;			/* per cent of the CPU; SCHED_NO_CAP: as much as there is */
	uint32_t cpus;			/* bit n: it may run on CPU n */
	bool runnable;
};

struct run_queue {
	struct list ready;
	struct list held;		/* spent their credit; in no order */
	unsigned ready_count;
	uint64_t minimum;		/* virtual time that no entity in the queue is far behind */
	struct sched_entity *running;
	uint64_t turn_end;		/* time_ns(); UINT64_MAX: when another becomes ready */
};

void sched_queue_init(struct run_queue *queue);

/* A new guest starts a slice, at most, ahead of those that are there.  cap is 1-100, cpus not 0. */
void sched_entity_init(struct sched_entity *entity, uint32_t weight, uint32_t cap, uint32_t cpus);

/*
 * Changes the entity's share at now; it belongs to this queue, running, waiting or not in it.  What
 * it has run counts by its old weight.  One that is held back stays so until its time comes.
 */
void sched_change(const struct run_queue *queue, struct sched_entity *entity, uint32_t weight,
		  uint32_t cap, uint64_t now);

/*
 * entity can run: it enters the queue.  True when the running one should make
 * way for it at once; else the running one's turn_end may come nearer.
 */
bool sched_wake(struct run_queue *queue, struct sched_entity *entity, uint64_t now);

/* Releases the entities whose time has come; returns as sched_wake does. */
bool sched_release(struct run_queue *queue, uint64_t now);

/* When sched_release is to be called; UINT64_MAX: no entity is held back. */
uint64_t sched_next_release(const struct run_queue *queue);

/*
 * Takes the guest with the least virtual time out of the queue, to run from now on; NULL when
 * none can.
 */
struct sched_entity *sched_pick(struct run_queue *queue, uint64_t now);

/* The running guest stops at now; it goes back into the queue if it still can run. */
void sched_put(struct run_queue *queue, uint64_t now, bool runnable);

/*
 * Charges entity ns of CPU time that was spent for it outside of its turns; it is running, or not
 * runnable.
 */
void sched_charge(struct sched_entity *entity, uint64_t ns);

/* Takes the last ns off the running entity's time, if one runs: they were spent for others. */
void sched_excuse(struct run_queue *queue, uint64_t ns);

/* --- several CPUs ------------------------------------------------------------------- */

/* The virtual time at now of an entity that has run since started, when it was virtual_time. */
uint64_t sched_virtual_time(uint64_t virtual_time, uint64_t started, uint32_t weight, uint64_t now);

/* The least virtual time of the running and waiting entities; false when there are none. */
bool sched_progress(const struct run_queue *queue, uint64_t now, uint64_t *virtual_time);

/* Entities that enter the queue from now on do not begin far behind virtual_time. */
void sched_move_on(struct run_queue *queue, uint64_t virtual_time);

/*
 * Of the waiting entities that may run on cpu, the one with the least virtual time; NULL for none.
 */
struct sched_entity *sched_waiting_for(const struct run_queue *queue, unsigned cpu);

/* Takes the waiting entity out of the queue; it stays runnable, and goes to another queue. */
void sched_leave(struct run_queue *queue, struct sched_entity *entity);

/* entity, which has left another queue, enters this one; returns as sched_wake does. */
bool sched_arrive(struct run_queue *queue, struct sched_entity *entity, uint64_t now);

#endif

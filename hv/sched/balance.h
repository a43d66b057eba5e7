/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How tasks are spread over the CPUs.
 *
 *   - A CPU that has nothing to do says so, and gets a task that waits elsewhere.
 *   - Where tasks wait while others, on another CPU, have had more of their
 *     share, one goes there: so all guests are served alike, not only those of
 *     one queue.
 *
 * All functions run on the CPU that they are about, interrupts off, no lock held.  Called by
 * hv/sched/wake.c and by the run loop.
 */
#ifndef UMBRA_HV_SCHED_BALANCE_H
#define UMBRA_HV_SCHED_BALANCE_H

#include "hv/sched/run_cpu.h"
#include "hv/sched/task.h"

/* Initialises what balancing uses of struct run_cpu, whose id is set.  Boot CPU. */
void balance_init(struct run_cpu *run);

/* Gives a task that is in no queue to another CPU, where task_arrive comes next. */
void balance_send(struct task *task, unsigned cpu);

/* Sends the task that runs here, which may not any more, to a CPU where it may run. */
void balance_expel(struct run_cpu *run);

/* The CPU with the least load among those of the mask that exist; otherwise, if none does. */
unsigned balance_least_loaded(uint32_t cpus, unsigned otherwise);

/* Before a task enters the queue: while it was empty, virtual time went on elsewhere. */
void balance_catch_up(struct run_cpu *run);

/* After a change of the number of waiting tasks: sends tasks to idle CPUs that can run them. */
void balance_share(struct run_cpu *run);

/* Publishes which task runs here now. */
void balance_show(struct run_cpu *run);

/* Mark this CPU as about to sleep, and as awake again, when it looks for work by itself. */
void balance_idle(struct run_cpu *run);
void balance_awake(const struct run_cpu *run);

#endif

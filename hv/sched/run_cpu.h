/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What each CPU has of its own for scheduling: its run queue, the timers that follow the queue, and
 * what it publishes for other CPUs.  hv/sched/balance.c and hv/sched/wake.c work on it; the run
 * loop (hv/run/run.c) picks from the queue.
 */
#ifndef UMBRA_HV_SCHED_RUN_CPU_H
#define UMBRA_HV_SCHED_RUN_CPU_H

#include "arch/board/timer.h"
#include "arch/cpu/cpu_call.h"
#include "hv/sched/scheduler.h"

#include <stdbool.h>
#include <stdint.h>

struct run_cpu {
	/* Used only by its own CPU. */
	unsigned id;
	struct run_queue queue;
	struct timer turn;	/* the end of the running task's turn */
	struct timer release;	/* a task held back by its cap may run again */
	struct timer fairness;	/* a task waits: would another CPU serve it better? */
	bool reschedule;	/* the running task is to make way */

	/* Written by its own CPU, read by all. */
	uint32_t offers;	/* bit n: a task waits here that might run on CPU n */
	struct {
		uint32_t sequence;	/* odd while what follows changes */
		uint32_t weight;	/* of the running task; 0: none runs */
		uint64_t virtual_time, started;
	} shown;

	uint32_t load;		/* weights of the tasks at home here; any CPU adds in one step */
	struct cpu_call ask;	/* another CPU is idle and wants what is offered here */
};

/* The state of CPU id, and of this CPU. */
struct run_cpu *run_cpu_of(unsigned id);
struct run_cpu *this_run_cpu(void);

/* Sets the timers for the queue as it is now; after any change of it.  On its own CPU. */
void run_cpu_set_timers(struct run_cpu *run);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A task is what the scheduler runs and moves between CPUs: one a guest, part of struct guest. It
 * has one home CPU, and no other CPU accesses it: so only the home CPU can move it, between two
 * turns, after removing all that it holds of the guest.
 */
#ifndef UMBRA_HV_SCHED_TASK_H
#define UMBRA_HV_SCHED_TASK_H

#include "arch/cpu/cpu_call.h"
#include "hv/sched/scheduler.h"

#include <stdbool.h>

struct task {
	struct sched_entity entity;	/* its share, and its place in a queue */
	struct cpu_call call;		/* its home is the task's; what it runs: see task_init */
	bool is_arriving;		/* given to this CPU, which has yet to call task_arrive */
	void (*leave)(struct task *task);
};

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tasks enter run queues: new ones, woken ones, and those that arrive from another CPU.
 * Called by whatever makes a guest runnable (interrupts, devices, its start and end); the
 * run loop does the rest.  Interrupts are off.
 */
#ifndef UMBRA_HV_SCHED_WAKE_H
#define UMBRA_HV_SCHED_WAKE_H

#include "hv/sched/task.h"

/* The scheduling state of that CPU.  Boot CPU, before that CPU runs guests. */
void sched_init_cpu(unsigned cpu);

/*
 * A new task, at home on this CPU, of that weight (1-1000), cap (1-100 per cent) and mask of CPUs
 * (not 0).  run is called on the task's CPU when anybody has posted task->call; when
 * task->is_arriving is set by then, it calls task_arrive last.  leave is called when the task,
 * not running, is given to another CPU: it takes off this CPU what that still holds of the guest.
 */
void task_init(struct task *task, uint32_t weight, uint32_t cap, uint32_t cpus,
	       void (*run)(struct cpu_call *call), void (*leave)(struct task *task));

/* A task that was made on this CPU goes to the CPU with the least load, and is woken there. */
void task_place(struct task *task);

/* The task can run: it gets a turn on this CPU, its home, unless it waits for one already. */
void task_wake(struct task *task);

/* The task has come from another CPU.  It may be sent on: it is another CPU's when this returns. */
void task_arrive(struct task *task);

/* The task, in no queue, will never be woken again. */
void task_forget(const struct task *task);

/* Are any of these CPUs there?  bit n: CPU n. */
bool sched_has_cpu(uint32_t cpus);

/* The weights of the tasks at home on that CPU, together.  Any CPU. */
uint32_t sched_load(unsigned cpu);

/*
 * Of this CPU's time, the last ns nanoseconds went to what the running task did not ask for, and
 * another guest pays for.  For interrupt handlers.
 */
void sched_excuse_running(uint32_t ns);

#endif

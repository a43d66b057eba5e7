/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tasks enter run queues: new ones, woken ones, and those that arrive from another CPU.
 * Called by whatever makes a guest runnable (interrupts, devices, its start and end); the
 * run loop does the rest.  Interrupts are off.
 */
#ifndef UMBRA_HV_SCHED_WAKE_H
#define UMBRA_HV_SCHED_WAKE_H

#include "hv/sched/task.h"

/* Initialises the scheduling state of cpu.  Boot CPU, before that CPU runs guests. */
void sched_init_cpu(unsigned cpu);

/*
 * A new task, at home on this CPU, of that weight (1-1000), cap (1-100 per cent) and mask of CPUs
 * (not 0).  run is called on the task's CPU when task->call was posted; if task->is_arriving is set
 * then, run must call task_arrive last.  leave is called when the task, not running, moves to
 * another CPU or is placed there: it removes what this CPU holds of the guest.
 */
void task_init(struct task *task, uint32_t weight, uint32_t cap, uint32_t cpus,
	       void (*run)(struct cpu_call *call), void (*leave)(struct task *task));

/* Sends a task that was made on this CPU to the CPU with the least load, and wakes it there. */
void task_place(struct task *task);

/* Makes the task runnable on this CPU, its home, unless it is so already. */
void task_wake(struct task *task);

/*
 * Takes in a task from another CPU.  It may be sent on: then it belongs to yet another CPU when
 * this returns.
 */
void task_arrive(struct task *task);

/*
 * Changes the share of a task at home on this CPU; arguments as for task_init.  If it may not run
 * here any more, it moves when its turn comes.
 */
void task_change(struct task *task, uint32_t weight, uint32_t cap, uint32_t cpus);

/* The task that runs on this CPU makes way, before it is entered again. */
void sched_end_turn(void);

/* Removes the load of a task, in no queue, that will never be woken again. */
void task_forget(const struct task *task);

/* Does any of these CPUs exist?  Bit n: CPU n. */
bool sched_has_cpu(uint32_t cpus);

/* The weights of the tasks at home on that CPU, together.  Any CPU. */
uint32_t sched_load(unsigned cpu);

/*
 * The last ns nanoseconds of this CPU were spent for another guest, which is charged: takes them
 * off the running task's time.  For interrupt handlers.
 */
void sched_excuse_running(uint32_t ns);

#endif

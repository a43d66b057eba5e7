/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Calls between CPUs.  An object that belongs to one CPU is touched by that CPU alone.  Any other
 * CPU that needs work on it posts a call, and the owner runs the call's function: at once if it
 * runs a guest or sleeps, else as soon as it enables interrupts.
 *
 * A call is part of the object that it is about, and is pending once at most.  It carries no
 * arguments: what is wanted is written to the object before the call is posted.
 */
#ifndef UMBRA_ARCH_CPU_CPU_CALL_H
#define UMBRA_ARCH_CPU_CPU_CALL_H

#include "lib/list.h"

struct cpu_call {
	struct list_node node;		/* in the queue of its home while it is pending */
	unsigned home;			/* id of the CPU that runs it */
	void (*run)(struct cpu_call *call);	/* there, interrupts off, no lock held */
};

/* The queues of all CPUs.  Boot CPU, before any call is posted and any other CPU runs. */
void cpu_calls_init(void);

/* home is the id of the CPU that is to run it.  Before any other code can reach the call. */
void cpu_call_init(struct cpu_call *call, unsigned home, void (*run)(struct cpu_call *call));

/*
 * Has call->run called on its home; does nothing when the call is pending already.  Any CPU, any
 * lock but LOCK_CPU_CALLS.
 */
void cpu_call_post(struct cpu_call *call);

/*
 * Gives the call another home and posts it there.  Called on the old home, which must not touch the
 * object with the call afterwards: the new home may run the call before this returns.
 */
void cpu_call_move(struct cpu_call *call, unsigned home);

/*
 * Removes a call from the queue if it is pending.  On its home, when no CPU can post it any more.
 */
void cpu_call_withdraw(struct cpu_call *call);

/* The handler of VECTOR_CPU_CALLS (arch/cpu/vectors.h): runs all calls pending on this CPU. */
void cpu_calls_run(void *context);

#endif

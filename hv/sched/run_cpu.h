/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the run loop of each CPU has of its own: shared by hv/run/run.c and
 * hv/sched/balance.c, and nobody else.
 */
#ifndef UMBRA_HV_SCHED_RUN_CPU_H
#define UMBRA_HV_SCHED_RUN_CPU_H

#include "arch/cpu/cpu_call.h"
#include "hv/guest/guest.h"

struct run_cpu {
	/* Its own CPU's alone. */
	unsigned id;
	struct run_queue queue;
	struct timer turn;	/* the end of the running guest's turn */
	struct timer release;	/* somebody held back by its cap may run again */
	struct timer watch;	/* while the watchdog runs: shows it that interrupts come in */
	struct timer fairness;	/* somebody waits: does another CPU do better? */
	bool reschedule;	/* the running guest is to make way */
	const struct guest *loaded;	/* whose window this CPU has; NULL: perhaps somebody's who is gone */
	const struct guest_config *entered;	/* of whose turn was the last here, even if it is gone */
	uint32_t nmis_reported;
	uint64_t nmi_report_due;

	/* Written by its own CPU, read by all. */
	uint32_t offers;	/* bit n: somebody waits here who might run on CPU n */
	struct {
		uint32_t sequence;	/* odd while what follows changes */
		uint32_t weight;	/* of who runs; 0: nobody does */
		uint64_t virtual_time, started;
	} shown;

	uint32_t load;		/* weights of the guests at home here; any CPU adds to it in one step */
	struct cpu_call ask;	/* another CPU is idle and wants what is offered here */
	struct cpu_call stop;	/* the machine ends */
	bool is_stopped;
};

/* That of a CPU, and this one's. */
struct run_cpu *run_cpu_of(unsigned id);
struct run_cpu *this_run_cpu(void);

/* The timers follow; after any change of the queue.  On its own CPU. */
void run_follow_queue(struct run_cpu *run);

#endif

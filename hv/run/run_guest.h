/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A guest on the CPU: it is entered, and served at each exit, until its turn is over.  For
 * hv/run/run.c.
 */
#ifndef UMBRA_HV_RUN_RUN_GUEST_H
#define UMBRA_HV_RUN_RUN_GUEST_H

#include "hv/guest/guest.h"
#include "hv/sched/run_cpu.h"

/* What the run loop of each CPU has of its own. */
struct run_loop {
	struct run_cpu *cpu;
	const struct guest_config *entered;	/* of the guest that ran last; it may have ended */
	uint32_t nmis_reported;
	uint64_t nmi_report_due;
	struct timer watch;	/* while the watchdog runs: shows it that interrupts come in */
};

/* Enters the guest, which is loaded on this CPU, until it waits, ends or must make way. */
void run_guest(struct run_loop *loop, struct guest *guest);

/* Lets the guest's devices go on; what others spent for them is charged to it. */
void guest_serve_devices(struct guest *guest);

/* Housekeeping and a report of NMIs, if they are due.  No lock held. */
void run_other_work(struct run_loop *loop);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* Runs a guest: enters it and handles each exit until its turn is over.  For hv/run/run.c. */
#ifndef UMBRA_HV_RUN_RUN_GUEST_H
#define UMBRA_HV_RUN_RUN_GUEST_H

#include "hv/guest/guest.h"
#include "hv/sched/run_cpu.h"

/* The state of each CPU's run loop. */
struct run_loop {
	struct run_cpu *cpu;
	uint32_t entered;	/* number of the guest's configuration that ran last; 0: none */
	uint32_t nmis_reported;
	uint64_t nmi_report_due;
	struct timer watch;	/* while the watchdog runs: shows it that interrupts come in */
};

/* Runs the guest, which is loaded on this CPU, until it waits, ends or must make way. */
void run_guest(struct run_loop *loop, struct guest *guest);

/* Services the guest's devices, and charges the guest for time that other CPUs spent for them. */
void guest_serve_devices(struct guest *guest);

/* Does housekeeping and reports NMIs, if due.  No lock held. */
void run_other_work(struct run_loop *loop);

#endif

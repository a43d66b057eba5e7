/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which CPU a guest runs on.  A guest is at home on one CPU, and nobody else
 * touches it: so it moves only by being given away, between two turns, with all
 * that its CPU still holds of it.
 *
 *   - A new guest goes to the CPU with the least load.
 *   - A CPU that has nothing to do says so, and gets a guest that waits elsewhere.
 *   - Where guests wait while others, on another CPU, have had more of their
 *     share, one goes there: so all guests are served alike, not only those of
 *     one queue.
 *
 * All functions run on the CPU that they are about, interrupts off, no lock held.
 */
#ifndef UMBRA_HV_SCHED_BALANCE_H
#define UMBRA_HV_SCHED_BALANCE_H

#include "hv/sched/run_cpu.h"

void balance_init(struct run_cpu *run);

/* A new guest, made on this CPU, goes where it is to start. */
void balance_place(struct guest *guest);

/* It has arrived from another CPU. */
void balance_arrive(struct guest *guest);

/* It is gone. */
void balance_forget(const struct guest *guest);

/* Before a guest enters the queue: while it was empty, time went on elsewhere. */
void balance_catch_up(struct run_cpu *run);

/* More or fewer guests wait in the queue: those that an idle CPU can run go there. */
void balance_share(struct run_cpu *run);

/* Shows to the others who runs here now. */
void balance_show(struct run_cpu *run);

/* This CPU is about to sleep; it is awake again and looks for work by itself. */
void balance_idle(struct run_cpu *run);
void balance_awake(const struct run_cpu *run);

/* Are any of these CPUs there?  bit n: CPU n. */
bool balance_has_cpu(uint32_t cpus);

#endif

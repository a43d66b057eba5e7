/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The run loop of a CPU.
 */
#ifndef UMBRA_HV_RUN_H
#define UMBRA_HV_RUN_H

#include "hv/guest.h"

/* This CPU's run queue and slice timer.  Once a CPU. */
void run_init(void);

/* Runs guests on this CPU for ever; does the rest of Umbra's work in between. */
void __noreturn run_forever(void);

/* guest joins this CPU's run queue for the first time. */
void run_add(struct guest *guest);

/* A halted guest, or one whose devices are due, gets its turn. */
void run_wake(struct guest *guest);

#endif

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

/* A guest that starts, that was halted, whose devices are due, or that ended gets its turn on this CPU. */
void run_wake(struct guest *guest);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The run loop of a CPU.
 */
#ifndef UMBRA_HV_RUN_RUN_H
#define UMBRA_HV_RUN_RUN_H

#include "hv/guest/guest.h"

/* That CPU's run queue and timers.  Boot CPU, before that CPU runs guests. */
void run_init(unsigned cpu);

/* Runs guests on this CPU for ever; does the rest of Umbra's work in between. */
void __noreturn run_forever(void);

/* A guest that starts, that was halted, whose devices are due, or that ended gets its turn on this CPU. */
void run_wake(struct guest *guest);

/*
 * All other CPUs stand still from now on, for good: the machine ends.  One that does
 * not heed it within a tenth of a second is left alone.  No lock held.
 */
void run_stop_others(void);

/*
 * Of this CPU's time, so many nanoseconds up to now went to what the guest that runs did not ask
 * for, and somebody else pays for.  For handlers.
 */
void run_excuse(uint32_t ns);

/* The weights of the guests at home on that CPU, together.  Any CPU. */
uint32_t run_load(unsigned cpu);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The run loop, which each CPU enters last and never leaves.
 */
#ifndef UMBRA_HV_RUN_RUN_H
#define UMBRA_HV_RUN_RUN_H

#include "lib/compiler.h"

/*
 * Runs guests on this CPU for ever; does the rest of Umbra's work in between.  After
 * sched_init_cpu and housekeeping_init, with this CPU's timers in order.
 */
void __noreturn run_forever(void);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The run loop, which each CPU enters last and never leaves.
 */
#ifndef UMBRA_HV_RUN_RUN_H
#define UMBRA_HV_RUN_RUN_H

#include "lib/compiler.h"

/*
 * Runs guests on this CPU for ever, and housekeeping in between.  After sched_init_cpu and
 * housekeeping_init, when this CPU's timers work.
 */
void __noreturn run_forever(void);

#endif

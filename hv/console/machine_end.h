/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How the machine ends: by a command, when all guests have gone (when-idle=), or by a panic
 * (on-panic=).
 */
#ifndef UMBRA_HV_CONSOLE_MACHINE_END_H
#define UMBRA_HV_CONSOLE_MACHINE_END_H

#include "hv/config/config.h"
#include "lib/compiler.h"

/* From now on a panic is printed on the outputs, and action follows.  After outputs_open. */
void machine_set_panic(enum panic_action action);

/* Sets what happens when the last guest has ended. */
void machine_set_when_idle(enum idle_action action);

/*
 * Does it if housekeeping_guests_gone was called and still no guest is left.  Boot CPU, no lock
 * held.
 */
void machine_end_if_idle(void);

/* Writes all pending output, and powers off, resets or halts (not IDLE_STAY).  No lock held. */
void __noreturn machine_end(enum idle_action action);

#endif

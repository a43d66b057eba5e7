/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How the machine ends: by a command, when all guests have gone (when-idle=), or by a panic
 * (on-panic=).
 */
#ifndef UMBRA_HV_CONSOLE_MACHINE_END_H
#define UMBRA_HV_CONSOLE_MACHINE_END_H

#include "hv/config/config.h"
#include "lib/compiler.h"

/* A panic is told on the outputs from now on, and then this is done.  After outputs_open. */
void machine_set_panic(enum panic_action action);

/* What happens when the last guest has gone, from now on. */
void machine_set_when_idle(enum idle_action action);

/* Does that, if housekeeping_guests_gone was called and it is still so.  Boot CPU, no lock held. */
void machine_end_if_idle(void);

/* Puts out all that was written, and powers off, resets or halts (not IDLE_STAY).  No lock held. */
void __noreturn machine_end(enum idle_action action);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How CPUs request the boot CPU's work beside guests: consoles, commands, the power button, the
 * machine's end.  The work itself is above, in hv/console/; the run loop calls it between guests'
 * turns and after exits.
 */
#ifndef UMBRA_HV_RUN_HOUSEKEEPING_H
#define UMBRA_HV_RUN_HOUSEKEEPING_H

#include <stdbool.h>

/* Sets what housekeeping_do calls.  Boot CPU, once. */
void housekeeping_init(void (*work)(void));

/* Requests the work.  Any CPU, any context but NMI, any lock but LOCK_CPU_CALLS. */
void housekeeping_wake(void);

/* Is the work due on this CPU? */
bool housekeeping_is_due(void);

/* Does it.  Boot CPU, no lock held. */
void housekeeping_do(void);

/*
 * Tells that all guests are gone or parked: requests the work, which checks once whether this still
 * holds.  Any CPU.
 */
void housekeeping_guests_gone(void);
bool housekeeping_take_guests_gone(void);

#endif

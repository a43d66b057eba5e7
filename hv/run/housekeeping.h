/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How the boot CPU is asked for the rest of Umbra's work: consoles, commands, the power button,
 * the machine's end.  That work itself is above (hv/console/); the run loop calls it between
 * two guests' turns, and after an exit.
 */
#ifndef UMBRA_HV_RUN_HOUSEKEEPING_H
#define UMBRA_HV_RUN_HOUSEKEEPING_H

#include <stdbool.h>

/* work is what housekeeping_do calls, on this CPU from now on.  Boot CPU, once. */
void housekeeping_init(void (*work)(void));

/* Asks for the work.  Any CPU, any context but NMI, any lock but LOCK_CPU_CALLS. */
void housekeeping_wake(void);

/* Was this CPU asked for it? */
bool housekeeping_is_due(void);

/* Does it.  Boot CPU, no lock held. */
void housekeeping_do(void);

/*
 * All guests are gone or parked: wakes the work, which takes this once and looks whether it is
 * so still.  Any CPU.
 */
void housekeeping_guests_gone(void);
bool housekeeping_take_guests_gone(void);

#endif

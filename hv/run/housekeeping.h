/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How CPUs request the boot CPU's work beside guests: consoles, commands, the power button, the
 * machine's end.  The work itself is above, in hv/console/; the run loop calls it between guests'
 * turns and after exits.
 */
#ifndef UMBRA_HV_RUN_HOUSEKEEPING_H
#define UMBRA_HV_RUN_HOUSEKEEPING_H

#include "lib/compiler.h"

#include <stdbool.h>

/* Sets what housekeeping_do calls.  Boot CPU, once. */
void housekeeping_init(void (*work)(void));

/* Requests the work.  Any CPU, any context but NMI, any lock but LOCK_CPU_CALLS. */
void housekeeping_wake(void);

/* For the next two functions alone: the work is due, on the boot CPU. */
extern bool housekeeping_asked;
bool housekeeping_is_here(void);

/* Is the work due on this CPU?  Inline: it is asked after every exit. */
static inline bool housekeeping_is_due(void)
{
	return unlikely(READ_ONCE(housekeeping_asked)) && housekeeping_is_here();
}

/* Does it.  Boot CPU, no lock held. */
void housekeeping_do(void);

/*
 * Tells that all guests are gone or parked: requests the work, which checks once whether this still
 * holds.  Any CPU.
 */
void housekeeping_guests_gone(void);
bool housekeeping_take_guests_gone(void);

#endif

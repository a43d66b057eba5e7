/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the machine's power button does.  The protocol has no way to tell a guest
 * that it is to end: so the guests get some time in which they can be ended from
 * within or at the console; those left are ended, and the machine goes off.
 */
#ifndef UMBRA_HV_CONSOLE_POWER_BUTTON_H
#define UMBRA_HV_CONSOLE_POWER_BUTTON_H

/* Watches the button from now on; the guests get so many seconds.  Boot CPU, once. */
void power_button_start(unsigned seconds);

/*
 * Does what the button asks for: the first press starts the guests' time, the
 * second one ends it.  Called by housekeeping_work, no lock held.
 */
void power_button_serve(void);

#endif

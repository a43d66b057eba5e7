/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the machine's power button does.  The protocol cannot ask a guest to shut down.  So the
 * guests get some time, in which they can be shut down from within or at the console; then the rest
 * is ended and the machine powered off.
 */
#ifndef UMBRA_HV_CONSOLE_POWER_BUTTON_H
#define UMBRA_HV_CONSOLE_POWER_BUTTON_H

/* Watches the button from now on; the guests get so many seconds.  Boot CPU, once. */
void power_button_start(unsigned seconds);

/*
 * Handles presses: the first starts the guests' time, the second ends it.  Called by
 * housekeeping_work, no lock held.
 */
void power_button_serve(void);

#endif

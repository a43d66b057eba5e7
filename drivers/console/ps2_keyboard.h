/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The keyboard of a PC as a console that shows nothing.  Its controller is the
 * 8042, or whatever the board has in its place: firmware often makes a USB
 * keyboard look like one.  The layout is that of a US keyboard.
 */
#ifndef UMBRA_DRIVERS_CONSOLE_PS2_KEYBOARD_H
#define UMBRA_DRIVERS_CONSOLE_PS2_KEYBOARD_H

#include "drivers/console/console.h"

/*
 * Sets up the controller; NULL when there is none or it does not answer, which
 * takes a tenth of a second to find out at most.  A keyboard need not be there.
 * Boot CPU.
 */
struct console *ps2_keyboard_open(void);

/*
 * Starts to receive keys; the interrupt controller must work.  Boot CPU, once; console->activity is
 * set before.  The error of irq_register.
 *
 * A keyboard cannot be asked to wait for long: when as many keys wait as the
 * driver keeps (256 bytes), further ones are lost.
 */
int ps2_keyboard_start(struct console *console);

#endif

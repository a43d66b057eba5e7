/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The 80x25 text screen of a VGA as a console without keys.
 */
#ifndef UMBRA_DRIVERS_CONSOLE_VGA_TEXT_H
#define UMBRA_DRIVERS_CONSOLE_VGA_TEXT_H

#include "drivers/console/console.h"

#define VGA_TEXT_PHYSICAL 0xB8000u

/*
 * Clears the screen and returns its console.  memory is where the 4000 bytes at
 * VGA_TEXT_PHYSICAL are mapped.  The caller knows that the machine is in text
 * mode (no framebuffer from the boot loader).  Boot CPU.
 */
struct console *vga_text_open(void *memory);

#endif

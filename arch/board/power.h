/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Powering the machine off, and resetting it.  Each tries what the board may offer, best first, and
 * logs what it tries.  Called when Umbra is idle, has panicked, or was told to.
 */
#ifndef UMBRA_ARCH_BOARD_POWER_H
#define UMBRA_ARCH_BOARD_POWER_H

#include "lib/compiler.h"

/*
 * Powers the machine off by ACPI; where that is not possible, says so and
 * halts this CPU for good.  Any CPU, with interrupts off and after the other
 * CPUs were stopped.
 */
void __noreturn power_off(void);

/*
 * Resets the machine: by ACPI, by the chipset's reset port, by the keyboard
 * controller, by a triple fault.  As for power_off, any CPU.
 */
void __noreturn power_reset(void);

#endif

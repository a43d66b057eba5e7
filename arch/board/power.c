// SPDX-License-Identifier: GPL-2.0-only
/*
 * Powers the machine off and resets it.  ACPI comes first; then a reset tries the ways that boards
 * have had since the PC AT.
 */
#include "arch/board/power.h"

#include "arch/board/acpi.h"
#include "arch/board/reaction.h"
#include "arch/cpu/descriptor.h"
#include "arch/cpu/log.h"
#include "arch/cpu/port.h"
#include "arch/cpu/time_limit.h"
#include "arch/cpu/x86.h"
#include "lib/error.h"

/* Reset control register of Intel chipsets and their followers (PIIX3 data sheet, "RC"). */
#define RESET_PORT 0xCF9
#define RESET_SYSTEM BIT(1)	/* a full reset, not the processor alone */
#define RESET_POWER_CYCLE BIT(3) /* newer chipsets: drop the power for a moment */
#define RESET_NOW BIT(2)

/* Keyboard controller 8042: the command pulses its output bit 0, which is the reset line. */
#define KEYBOARD_PORT 0x64
#define KEYBOARD_INPUT_FULL BIT(1)
#define KEYBOARD_PULSE_RESET 0xFE

#define KEYBOARD_NS 100000000ull	/* for the controller to take a byte in */

static void reset_by_chipset(void)
{
	/* The kind of reset is chosen first: the rising edge of the last bit starts it. */
	port_out8(RESET_PORT, RESET_SYSTEM | RESET_POWER_CYCLE);
	port_out8(RESET_PORT, RESET_SYSTEM | RESET_POWER_CYCLE | RESET_NOW);
	wait_for_reaction();
}

static void reset_by_keyboard(void)
{
	struct time_limit limit = time_limit(KEYBOARD_NS);

	while ((port_in8(KEYBOARD_PORT) & KEYBOARD_INPUT_FULL) && !time_limit_is_over(&limit))
		cpu_pause();
	port_out8(KEYBOARD_PORT, KEYBOARD_PULSE_RESET);
	wait_for_reaction();
}

/*
 * An exception that cannot be delivered makes the processor shut down, which boards turn into a
 * reset.
 */
static void __noreturn reset_by_triple_fault(void)
{
	const struct descriptor_register nothing = { 0, 0 };

	__asm__ volatile("lidt %0; int3" ::"m"(nothing));
	cpu_halt_forever();
}

void power_off(void)
{
	const char *cause;
	int error;

	log_info("power", "powering off");
	error = acpi_power_off();
	if (error == -E_UNSUPPORTED)
		cause = "ACPI says nothing that Umbra understands about powering off";
	else if (error == -E_NOENT)
		cause = "there is nothing at the port where ACPI says that power is switched off";
	else
		cause = "the machine did not react to powering off by ACPI";
	log_error("power", "%s", cause);
	log_error("power",
		  "the machine cannot be powered off by Umbra; halted, switch it off by hand");
	cpu_halt_forever();
}

void power_reset(void)
{
	log_info("power", "resetting the machine");
	if (acpi_reset() != -E_UNSUPPORTED)
		log_warn("power", "no reaction to the ACPI reset register; trying the chipset");
	reset_by_chipset();
	log_warn("power",
		 "no reaction to the chipset's reset port; trying the keyboard controller");
	reset_by_keyboard();
	log_warn("power", "no reaction to the keyboard controller; shutting the processor down");
	reset_by_triple_fault();
}

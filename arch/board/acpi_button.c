// SPDX-License-Identifier: GPL-2.0-only
/*
 * The power button, where it is one of the fixed hardware features (ACPI 6.4, section 4.8.2.2.1.1):
 * a bit in the PM1 status registers, and an interrupt, the SCI, which all ACPI events share.  Calls
 * the function given to acpi_power_button_start when the button is pressed.
 */
#include "arch/board/acpi.h"
#include "arch/board/irq.h"
#include "arch/cpu/log.h"
#include "arch/cpu/port.h"
#include "lib/compiler.h"
#include "lib/error.h"

/* PM1 status and enable registers, ACPI 6.4, tables 4.11 and 4.12; writing a 1 clears a status. */
#define PM1_POWER_BUTTON BIT(8)
#define PM1_ALL 0xFFFFu
#define PM1_NOTHING 0xFFFFu	/* no register is there: one has reserved bits, which read as 0 */

/*
 * The SCI's line stays raised while any event waits, and other devices may share it.  So many
 * interrupts in a row without a power button event come from a source that no handler clears.
 */
#define IDLE_INTERRUPTS_MAX 10000u

static void (*button_pressed)(void);
static unsigned idle_interrupts;

static uint16_t enable_port(uint16_t block)
{
	return (uint16_t)(block + acpi_fixed()->pm1_event_length / 2);
}

/* Reads and clears the status bits. */
static uint16_t take_status(uint16_t block)
{
	uint16_t happened;

	if (block == 0)
		return 0;
	happened = port_in16(block);
	if (happened == PM1_NOTHING)
		return 0;
	port_out16(block, happened);
	return happened;
}

static void sci(void *context)
{
	const struct acpi_fixed *fixed = acpi_fixed();
	unsigned happened = take_status(fixed->pm1a_event) | take_status(fixed->pm1b_event);

	(void)context;
	if (happened & PM1_POWER_BUTTON) {
		idle_interrupts = 0;
		button_pressed();
	} else if (++idle_interrupts == IDLE_INTERRUPTS_MAX) {
		irq_silence(fixed->sci_line);
		log_warn("power", "interrupt line %u is never silent; the power button is given up",
			 fixed->sci_line);
	}
}

/*
 * General events are handled by AML, which Umbra does not run; enabled ones would keep the line
 * raised.
 */
static void disable_general_events(const struct acpi_fixed *fixed)
{
	for (unsigned i = 0; i < ARRAY_SIZE(fixed->gpe_blocks); i++) {
		uint8_t half = fixed->gpe_lengths[i] / 2;

		for (uint8_t j = 0; fixed->gpe_blocks[i] != 0 && j < half; j++)
			port_out8((uint16_t)(fixed->gpe_blocks[i] + half + j), 0);
	}
}

static void enable_button(uint16_t block)
{
	if (block == 0)
		return;
	port_out16(block, PM1_ALL);
	port_out16(enable_port(block), PM1_POWER_BUTTON);
}

int acpi_power_button_start(void (*pressed)(void))
{
	const struct acpi_fixed *fixed = acpi_fixed();
	int error;

	if (!fixed->has_power_button)
		return -E_UNSUPPORTED;
	if (port_in16(fixed->pm1a_event) == PM1_NOTHING)
		return -E_NOENT;
	acpi_enter_mode();
	disable_general_events(fixed);
	button_pressed = pressed;
	idle_interrupts = 0;
	error = irq_register(fixed->sci_line, sci, NULL);
	if (error)
		return error;
	enable_button(fixed->pm1a_event);
	enable_button(fixed->pm1b_event);
	return 0;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Powers off and resets the machine by ACPI: the off state (ACPI 6.4, sections 4.8.3.2 and 7.4) and
 * the reset register (section 4.8.3.6).
 */
#include "arch/board/acpi.h"
#include "arch/board/reaction.h"
#include "arch/cpu/port.h"
#include "arch/cpu/time_limit.h"
#include "arch/cpu/x86.h"
#include "lib/compiler.h"
#include "lib/error.h"

/* PM1 control register, ACPI 6.4, table 4.13. */
#define PM1_SCI_ENABLE BIT(0)
#define PM1_SLEEP_TYPE_SHIFT 10
#define PM1_SLEEP_TYPE_MASK (7u << PM1_SLEEP_TYPE_SHIFT)
#define PM1_SLEEP_ENABLE BIT(13)
#define PM1_NOTHING 0xFFFFu	/* where no register is; in one, PM1_SLEEP_ENABLE reads as 0 */

/* Configuration mechanism 1, PCI 3.0, section 3.2.2.3.2. */
#define PCI_ADDRESS_PORT 0xCF8
#define PCI_DATA_PORT 0xCFC
#define PCI_ENABLE BIT(31)

#define ENABLE_NS 3000000000ull	/* for the firmware to enter ACPI mode */

/*
 * Without ACPI mode the PM1 registers of some boards ignore the sleep bits.  Where the firmware
 * never answers, the sleep bits are tried all the same.
 */
void acpi_enter_mode(void)
{
	const struct acpi_fixed *fixed = acpi_fixed();
	struct time_limit limit;

	if (fixed->pm1a_control == 0 || fixed->smi_command == 0 || fixed->acpi_enable == 0 ||
	    (port_in16(fixed->pm1a_control) & PM1_SCI_ENABLE))
		return;
	port_out8(fixed->smi_command, fixed->acpi_enable);
	limit = time_limit(ENABLE_NS);
	while (!(port_in16(fixed->pm1a_control) & PM1_SCI_ENABLE) && !time_limit_is_over(&limit))
		cpu_pause();
}

static void write_sleep(uint16_t port, uint8_t type)
{
	unsigned value = port_in16(port) & ~(PM1_SLEEP_TYPE_MASK | PM1_SLEEP_ENABLE);

	port_out16(port, (uint16_t)(value | (unsigned)type << PM1_SLEEP_TYPE_SHIFT |
				    PM1_SLEEP_ENABLE));
}

int acpi_power_off(void)
{
	const struct acpi_fixed *fixed = acpi_fixed();

	if (!fixed->has_s5 || fixed->pm1a_control == 0)
		return -E_UNSUPPORTED;
	if (port_in16(fixed->pm1a_control) == PM1_NOTHING)
		return -E_NOENT;
	acpi_enter_mode();
	write_sleep(fixed->pm1a_control, fixed->s5_type_a);
	if (fixed->pm1b_control != 0)
		write_sleep(fixed->pm1b_control, fixed->s5_type_b);
	wait_for_reaction();
	return -E_IO;
}

/* address is device << 32 | function << 16 | register, always on bus 0 (ACPI 6.4, table 5.1). */
static void write_pci_config(uint64_t address, uint8_t value)
{
	uint32_t device = (uint32_t)(address >> 32) & 0x1F;
	uint32_t function = (uint32_t)(address >> 16) & 0x7;
	uint32_t offset = (uint32_t)address & 0xFF;

	port_out32(PCI_ADDRESS_PORT, PCI_ENABLE | device << 11 | function << 8 | (offset & 0xFC));
	port_out8((uint16_t)(PCI_DATA_PORT + (offset & 3)), value);
}

int acpi_reset(void)
{
	const struct acpi_fixed *fixed = acpi_fixed();

	if (!fixed->has_reset)
		return -E_UNSUPPORTED;
	switch (fixed->reset_space) {
	case ACPI_SPACE_PORT:
		port_out8((uint16_t)fixed->reset_address, fixed->reset_value);
		break;
	case ACPI_SPACE_PCI:
		write_pci_config(fixed->reset_address, fixed->reset_value);
		break;
	default:
		return -E_UNSUPPORTED;
	}
	wait_for_reaction();
	return -E_IO;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which ports ACPI registers can have.  A table that names a port of another chip of every PC is
 * wrong: Umbra's writes would go to that chip.
 */
#include "arch/board/acpi_ports.h"

#include "lib/compiler.h"

#include <stddef.h>

struct port_range {
	uint16_t first, last;
};

/* Where the chips of a PC are: Intel 82371AB (PIIX4) data sheet, tables 8 and 9; IBM PC AT. */
static const struct port_range taken[] = {
	{ 0x000, 0x0FF },	/* of the board itself: DMA, interrupts, timer, keyboard, CMOS */
	{ 0x170, 0x177 }, { 0x1F0, 0x1F7 }, { 0x376, 0x376 },	/* disks */
	{ 0x2F8, 0x2FF }, { 0x3F8, 0x3FF },			/* serial ports */
	{ 0x3B0, 0x3DF }, { 0x3F0, 0x3F7 },			/* screen; diskettes */
	{ 0x4D0, 0x4D1 },	/* how interrupt lines are triggered */
	{ 0xCF8, 0xCFF },	/* configuration of PCI, and the reset in the midst of it */
};

bool acpi_ports_are_free(uint32_t first, uint32_t length)
{
	if (length == 0 || first > UINT16_MAX || length > UINT16_MAX + 1u - first)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(taken); i++)
		if (first <= taken[i].last && taken[i].first < first + length)
			return false;
	return true;
}

bool acpi_smi_port_is_sane(uint32_t port)
{
	/* Intel has B2h and B3h (PIIX4, 7.2.17), and others chose ports near them. */
	return (port >= 0xB0 && port <= 0xBF) || acpi_ports_are_free(port, 1);
}

bool acpi_reset_port_is_sane(uint64_t port)
{
	/*
	 * The reset ports of the chipset, of the keyboard controller and of the PS/2 (fast reset).
	 */
	return port == 0xCF9 || port == 0x64 || port == 0x92 ||
	       (port <= UINT16_MAX && acpi_ports_are_free((uint32_t)port, 1));
}

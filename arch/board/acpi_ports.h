/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Checks whether ports that the ACPI tables name can be what the tables say.  Pure; for the readers
 * of the tables.
 */
#ifndef UMBRA_ARCH_BOARD_ACPI_PORTS_H
#define UMBRA_ARCH_BOARD_ACPI_PORTS_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Can length ports from first on be a block of ACPI registers?  Not where every PC has other
 * chips.
 */
bool acpi_ports_are_free(uint32_t first, uint32_t length);

/* Can the port be the one where the firmware is asked for ACPI mode? */
bool acpi_smi_port_is_sane(uint32_t port);

/* Can it be one that resets the machine? */
bool acpi_reset_port_is_sane(uint64_t port);

#endif

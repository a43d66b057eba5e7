/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Builds ACPI tables in the pretended physical memory, for the tests of the
 * code that reads them.
 */
#ifndef UMBRA_TESTS_UNIT_ACPI_TABLES_H
#define UMBRA_TESTS_UNIT_ACPI_TABLES_H

#include "tests/unit/physical_memory.h"

/* Where the tables of a test stand; the FADT straddles two pages. */
#define ACPI_RSDP 0xE4560u
#define ACPI_RSDT 0x20000u
#define ACPI_XSDT 0x21000u
#define ACPI_FADT 0x22FC0u
#define ACPI_DSDT 0x30000u
#define ACPI_SSDT 0x40000u

/* Offsets in the FADT, ACPI 6.4, table 5.9. */
#define FADT_DSDT 40
#define FADT_SCI 46
#define FADT_SMI_COMMAND 48
#define FADT_ACPI_ENABLE 52
#define FADT_PM1A_EVENT 56
#define FADT_PM1B_EVENT 60
#define FADT_PM1A_CONTROL 64
#define FADT_PM1B_CONTROL 68
#define FADT_PM_TIMER 76
#define FADT_GPE0 80
#define FADT_GPE1 84
#define FADT_PM1_EVENT_LENGTH 88
#define FADT_GPE0_LENGTH 92
#define FADT_GPE1_LENGTH 93
#define FADT_CENTURY 108
#define FADT_FLAGS 112
#define FADT_RESET 116
#define FADT_RESET_VALUE 128
#define FADT_X_DSDT 140
#define FADT_X_PM1A_CONTROL 172

/* Makes the length bytes at address add up to 0, by means of the one at checksum. */
static inline void acpi_fix_sum(uint64_t address, uint32_t length, uint32_t checksum)
{
	unsigned sum = 0;

	physical_put8(address + checksum, 0);
	for (uint32_t i = 0; i < length; i++)
		sum += physical_memory[address + i];
	physical_put8(address + checksum, (uint8_t)(0x100 - (sum & 0xFF)));
}

/* Gives the bytes that stand at address the head of a table. */
static inline void acpi_put_header(uint64_t address, const char *signature, uint32_t length)
{
	physical_put(address, signature, 4);
	physical_put32(address + 4, length);
	acpi_fix_sum(address, length, 9);
}

/* revision 0 has no XSDT. */
static inline void acpi_put_rsdp(uint64_t address, uint8_t revision, uint32_t rsdt, uint64_t xsdt)
{
	physical_put(address, "RSD PTR ", 8);
	physical_put8(address + 15, revision);
	physical_put32(address + 16, rsdt);
	acpi_fix_sum(address, 20, 8);
	if (revision < 2)
		return;
	physical_put32(address + 20, 36);
	physical_put64(address + 24, xsdt);
	acpi_fix_sum(address, 36, 32);
}

/* A root table of count entries of 4 or 8 bytes each. */
static inline void acpi_put_root(uint64_t address, const char *signature, uint32_t entry_size,
				 const uint64_t *entries, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		physical_put(address + 36 + i * entry_size, &entries[i], entry_size);
	acpi_put_header(address, signature, 36 + count * entry_size);
}

#endif

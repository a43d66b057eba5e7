/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Builds a MADT, entry by entry, with the tables that lead to it.
 */
#ifndef UMBRA_TESTS_UNIT_MADT_TABLE_H
#define UMBRA_TESTS_UNIT_MADT_TABLE_H

#include "tests/unit/acpi_tables.h"

#define MADT_TABLE 0x50FD0u /* its entries straddle pages */
#define MADT_FIXED_SIZE 44u

static uint32_t madt_table_size;

/* A table without entries. */
static inline void madt_table_begin(void)
{
	physical_put32(MADT_TABLE + 36, 0xFEE00000);
	physical_put32(MADT_TABLE + 40, 1);
	madt_table_size = MADT_FIXED_SIZE;
}

static inline void madt_table_put(const uint8_t *bytes, uint32_t size)
{
	physical_put(MADT_TABLE + madt_table_size, bytes, size);
	madt_table_size += size;
}

static inline void madt_table_put_entry(uint8_t type, const uint8_t *bytes, uint32_t size)
{
	const uint8_t head[] = { type, (uint8_t)(size + 2) };

	madt_table_put(head, sizeof(head));
	madt_table_put(bytes, size);
}

/* An entry of that type and these bytes behind its length; there may be none. */
#define MADT_ENTRY(type, ...)                                                    \
	madt_table_put_entry(type, (const uint8_t[]){ 0, ##__VA_ARGS__ } + 1,    \
			     sizeof((const uint8_t[]){ 0, ##__VA_ARGS__ }) - 1)

/* No more entries: the table counts from now on, and nothing else does. */
static inline void madt_table_end(void)
{
	const uint64_t entry = MADT_TABLE;

	acpi_put_header(MADT_TABLE, "APIC", madt_table_size);
	acpi_put_root(ACPI_RSDT, "RSDT", 4, &entry, 1);
	acpi_put_rsdp(ACPI_RSDP, 0, ACPI_RSDT, 0);
}

#endif

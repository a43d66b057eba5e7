// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzzer of arch/board/acpi.c and arch/board/acpi_s5.c: the input is the memory, with an
 * RSDP at 0.  Signature and checksums are put right where there is room for
 * them, or no input would get beyond the first check.
 */
#include "arch/board/acpi.h"
#include "tests/fuzz/fuzz.h"
#include "tests/unit/acpi_tables.h"

#include <stdbool.h>

#define RSDP_SIZE 36u
#define HEADER_SIZE 36u
#define MAX_REPAIRED 32u

static uint32_t memory32(uint64_t address)
{
	uint32_t value;

	memcpy(&value, physical_memory + address, sizeof(value));
	return value;
}

static uint64_t memory64(uint64_t address)
{
	return memory32(address) | (uint64_t)memory32(address + 4) << 32;
}

static bool has_table(uint64_t address)
{
	return address <= physical_size && HEADER_SIZE <= physical_size - address &&
	       memory32(address + 4) >= HEADER_SIZE &&
	       memory32(address + 4) <= physical_size - address;
}

static void repair_table(uint64_t address)
{
	if (has_table(address))
		acpi_fix_sum(address, memory32(address + 4), 9);
}

/* A root table with its entries, and what an entry points to when that is a FADT. */
static void repair_root(uint64_t root, uint32_t entry_size)
{
	uint32_t count;

	if (!has_table(root))
		return;
	count = (memory32(root + 4) - HEADER_SIZE) / entry_size;
	for (uint32_t i = 0; i < count && i < MAX_REPAIRED; i++) {
		uint64_t place = root + HEADER_SIZE + (uint64_t)i * entry_size;
		uint64_t entry = entry_size == 8 ? memory64(place) : memory32(place);

		if (has_table(entry) && memory32(entry + 4) >= FADT_DSDT + 4)
			repair_table(memory32(entry + FADT_DSDT));
		repair_table(entry);
	}
	repair_table(root);
}

static void check_tables(void)
{
	static const char *const signatures[] = { "FACP", "APIC", "SSDT", "HPET" };
	const struct acpi_fixed *fixed = acpi_fixed();

	REQUIRE(fixed->s5_type_a <= 7 && fixed->s5_type_b <= 7);
	for (unsigned i = 0; i < sizeof(signatures) / sizeof(signatures[0]); i++) {
		struct acpi_table table;

		for (unsigned index = 0; index < 3; index++) {
			if (acpi_find_table(signatures[i], index, &table) != 0)
				break;
			REQUIRE(table.length >= HEADER_SIZE);
			REQUIRE(table.length <= physical_size - table.address);
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t type_a, type_b;
	uint8_t rsdp[RSDP_SIZE];

	(void)acpi_parse_s5(data, size, &type_a, &type_b);
	if (size < RSDP_SIZE || size > 65536)
		return 0;
	physical_put(0, data, size);
	physical_size = size;
	repair_root(memory32(16), 4);
	repair_root(memory64(24), 8);
	physical_put(0, "RSD PTR ", 8);
	acpi_fix_sum(0, 20, 8);
	acpi_fix_sum(0, RSDP_SIZE, 32);
	memcpy(rsdp, physical_memory, sizeof(rsdp));
	if (acpi_init(rsdp, data[15] & 1 ? sizeof(rsdp) : 20, physical_map) == 0)
		check_tables();
	physical_release();
	return 0;
}

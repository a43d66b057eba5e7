// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzzer of arch/board/madt.c: the input is what follows the header of a table that
 * is otherwise good.
 */
#include "arch/board/madt.h"
#include "tests/fuzz/fuzz.h"
#include "tests/unit/madt_table.h"

#include "arch/board/acpi.h"

#define HEADER_SIZE 36u

static void check(const struct madt *madt)
{
	REQUIRE(madt->cpu_count <= MADT_CPUS && madt->io_apic_count <= MADT_IO_APICS);
	REQUIRE(madt->local_nmi_count <= MADT_NMIS && madt->nmi_line_count <= MADT_NMIS);
	for (unsigned i = 0; i < madt->cpu_count; i++)
		for (unsigned j = 0; j < i; j++)
			REQUIRE(madt->cpus[i].apic_id != madt->cpus[j].apic_id);
	for (unsigned i = 0; i < madt->local_nmi_count; i++)
		REQUIRE(madt->local_nmis[i].lint <= 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct madt madt;

	if (size > 8192)
		return 0;
	/* Nothing of the last one is to be read behind the end. */
	physical_put(MADT_TABLE + HEADER_SIZE, data, size);
	madt_table_size = HEADER_SIZE + (uint32_t)size;
	physical_size = MADT_TABLE + madt_table_size;
	acpi_put_rsdp(0, 0, ACPI_RSDT, 0);
	madt_table_end();
	REQUIRE(acpi_init(physical_memory, 20, physical_map) == 0);
	REQUIRE((madt_read(&madt) == 0) == (size >= 8));
	check(&madt);
	physical_release();
	return 0;
}

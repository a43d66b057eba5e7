// SPDX-License-Identifier: GPL-2.0-only
/* Tests of arch/board/ioapic.c against a model of two of them. */
#include "tests/unit/io_apics.h"

#include "arch/board/ioapic.c"

static const struct madt_io_apic first = { IO_APIC_FIRST, 0 };
static const struct madt_io_apic second = { IO_APIC_SECOND, IO_APIC_SECOND_LINE };

static int start(void **state)
{
	(void)state;
	io_apics_reset();
	io_apic_count = 0;
	assert_int_equal(ioapic_add(&first, fake_io_apic_map), 0);
	assert_int_equal(ioapic_add(&second, fake_io_apic_map), 0);
	return 0;
}

static void masked_at_first(void **state)
{
	(void)state;
	assert_int_equal(ioapic_lines(), 32);
	for (unsigned i = 0; i < 23; i++)
		assert_int_equal(io_apic_models[0].entries[i][0], 0x10000);
	for (unsigned i = 0; i < 8; i++)
		assert_int_equal(io_apic_models[1].entries[i][0], 0x10000);
	/* The firmware's own is left alone. */
	assert_int_equal(io_apic_models[0].entries[23][0], 0x200);
}

static void connected(void **state)
{
	static const struct madt_line edge = { 2, false, false }, level = { 24 + 7, true, true };

	(void)state;
	assert_int_equal(ioapic_connect(&edge, 0x20, 3), 0);
	assert_int_equal(io_apic_models[0].entries[2][0], 0x10020);
	assert_int_equal(io_apic_models[0].entries[2][1], 3u << 24);
	ioapic_unmask(2);
	assert_int_equal(io_apic_models[0].entries[2][0], 0x20);
	assert_int_equal(ioapic_connect(&level, 0xDF, 254), 0);
	ioapic_unmask(31);
	assert_int_equal(io_apic_models[1].entries[7][0], 0xA0DF);
	assert_int_equal(io_apic_models[1].entries[7][1], 254u << 24);
	ioapic_mask(31);
	assert_int_equal(io_apic_models[1].entries[7][0], 0x1A0DF);
}

static void nmi_to_one(void **state)
{
	static const struct madt_line line = { 2, true, true };

	(void)state;
	assert_int_equal(ioapic_connect_nmi(&line, 3), 0);
	assert_int_equal(io_apic_models[0].entries[2][0], 0x2400);
	assert_int_equal(io_apic_models[0].entries[2][1], 3u << 24);
	assert_int_equal(ioapic_connect_nmi(&line, 255), -E_RANGE);
}

static void out_of_reach(void **state)
{
	static const uint32_t lines[] = { 32, 255, UINT32_MAX };
	struct io_apic_model before[IO_APICS];
	struct madt_line line = { 3, false, false };

	(void)state;
	memcpy(before, io_apic_models, sizeof(before));
	/* 255 would be all of them; a larger id does not fit. */
	assert_int_equal(ioapic_connect(&line, 0x30, 255), -E_RANGE);
	assert_int_equal(ioapic_connect(&line, 0x30, 256), -E_RANGE);
	for (unsigned i = 0; i < ARRAY_SIZE(lines); i++) {
		line.line = lines[i];
		assert_int_equal(ioapic_connect(&line, 0x30, 0), -E_RANGE);
		assert_int_equal(ioapic_connect_nmi(&line, 3), -E_RANGE);
		ioapic_mask(lines[i]);
		ioapic_unmask(lines[i]);
	}
	for (unsigned i = 0; i < IO_APICS; i++)
		assert_memory_equal(before[i].entries, io_apic_models[i].entries,
				    sizeof(before[i].entries));
}

static void *map_nothing(uint64_t address, size_t length)
{
	(void)address;
	(void)length;
	return NULL;
}

static void not_there(void **state)
{
	(void)state;
	io_apic_count = 0;
	assert_int_equal(ioapic_add(&first, map_nothing), -E_NOSPC);
	io_apic_models[0].absent = true;
	assert_int_equal(ioapic_add(&first, fake_io_apic_map), -E_IO);
	assert_int_equal(ioapic_lines(), 0);
	for (unsigned i = 0; i < MADT_IO_APICS; i++)
		io_apics[i].registers = &io_apics[i];
	io_apic_count = MADT_IO_APICS;
	assert_int_equal(ioapic_add(&second, fake_io_apic_map), -E_NOSPC);
}

/* What firmware may name by mistake: nothing of it is written to but the select register. */
static void something_else(void **state)
{
	static const struct madt_io_apic wrong[] = {
		{ 0, 0 }, { IO_APIC_FIRST + 8, 0 }, { IO_APIC_FIRST, UINT32_MAX },
		{ IO_APIC_FIRST, UINT32_MAX - 100 },
	};
	static const uint32_t versions[] = { 0x00170000, 0xFF170020, 0x00171020, 0x00F00020,
					     UINT32_MAX };

	(void)state;
	io_apic_count = 0;
	io_apics_reset();
	for (unsigned i = 0; i < ARRAY_SIZE(wrong); i++)
		assert_int_equal(ioapic_add(&wrong[i], fake_io_apic_map), -E_INVAL);
	for (unsigned i = 0; i < ARRAY_SIZE(versions); i++) {
		io_apic_models[0].version = versions[i];
		assert_int_equal(ioapic_add(&first, fake_io_apic_map), -E_IO);
	}
	io_apics_reset();
	io_apic_models[0].is_memory = true;
	io_apic_models[0].version = 0x00170020;
	assert_int_equal(ioapic_add(&first, fake_io_apic_map), -E_IO);
	for (unsigned i = 0; i < 23; i++)
		assert_int_equal(io_apic_models[0].entries[i][0], 0x8000 | i);
	assert_int_equal(ioapic_lines(), 0);
}

/* The same one twice, or two with a line in common: the first one stays. */
static void twice(void **state)
{
	static const struct madt_io_apic again = { IO_APIC_FIRST, 100 };
	static const uint32_t lines[] = { 0, 1, 16, 23 };
	const struct madt_line line = { 23, false, false };

	(void)state;
	assert_int_equal(ioapic_add(&again, fake_io_apic_map), -E_EXIST);
	for (unsigned i = 0; i < ARRAY_SIZE(lines); i++) {
		const struct madt_io_apic overlapping = { IO_APIC_SECOND, lines[i] };

		io_apic_count = 1;
		assert_int_equal(ioapic_add(&overlapping, fake_io_apic_map), -E_EXIST);
	}
	assert_int_equal(ioapic_add(&second, fake_io_apic_map), 0);
	assert_int_equal(ioapic_lines(), 32);
	assert_int_equal(ioapic_connect(&line, 0x40, 1), 0);
	assert_int_equal(io_apic_models[0].entries[23][0], 0x10040);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(masked_at_first, start),
		cmocka_unit_test_setup(connected, start),
		cmocka_unit_test_setup(nmi_to_one, start),
		cmocka_unit_test_setup(out_of_reach, start),
		cmocka_unit_test_setup(not_there, start),
		cmocka_unit_test_setup(something_else, start),
		cmocka_unit_test_setup(twice, start),
	};

	return cmocka_run_group_tests_name("ioapic", tests, NULL, NULL);
}

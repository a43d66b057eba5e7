// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of what is read from ACPI tables about interrupts and time:
 * arch/board/madt.c, arch/board/hpet.c, arch/board/pm_timer.c.
 */
#include "tests/unit/fake_mmio.h"
#include "tests/unit/fake_port.h"

#include "arch/board/hpet.c"
#include "arch/board/madt.h"
#include "arch/board/pm_timer.c"
#include "lib/error.h"
#include "tests/unit/acpi_tables.h"
#include "tests/unit/madt_table.h"
#include "tests/unit/unit.h"

#define HPET_TABLE 0x60000u
#define HPET_ADDRESS 0xFED00000u

static struct madt madt;

static unsigned warnings;

void log_line(enum log_level level, const char *subsystem, const char *format, ...)
{
	(void)format;
	assert_int_equal(level, LOG_WARN);
	assert_string_equal(subsystem, "time");
	warnings++;
}

/* --- made-up chips ----------------------------------------------------------------------- */

static uint32_t period, configuration, count;
static bool is_mapped;

static void *map(uint64_t address, size_t length)
{
	assert_int_equal(address, HPET_ADDRESS);
	assert_int_equal(length, 1024);
	is_mapped = true;
	return &count;
}

static uint32_t fake_mmio_read(const void *base, uint32_t offset)
{
	assert_ptr_equal(base, &count);
	switch (offset) {
	case 4:
		return period;
	case 0x10:
		return configuration;
	case 0xF0:
		return count;
	default:
		fail_msg("register %x", offset);
		return 0;
	}
}

static void fake_mmio_write(void *base, uint32_t offset, uint32_t value)
{
	assert_ptr_equal(base, &count);
	assert_int_equal(offset, 0x10);
	configuration = value;
}

static const uint32_t *readings; /* of the PM timer, one after the other */
static unsigned taken;

static uint32_t fake_port_read(uint16_t number)
{
	assert_int_equal(number, 0x608);
	return readings[taken++];
}

static void fake_port_written(uint16_t number, uint32_t value)
{
	fail_msg("port %x is written, %x", number, value);
}

/* --- the tables -------------------------------------------------------------------------- */

static int clear_memory(void **state)
{
	(void)state;
	memset(physical_memory, 0, sizeof(physical_memory));
	physical_size = sizeof(physical_memory);
	madt_table_begin();
	return 0;
}

static int release_memory(void **state)
{
	(void)state;
	physical_release();
	return 0;
}

static void read_table(void)
{
	madt_table_end();
	assert_int_equal(acpi_init(NULL, 0, physical_map), 0);
	assert_int_equal(madt_read(&madt), 0);
}

static void no_table(void **state)
{
	const uint64_t nothing = 0;

	(void)state;
	acpi_put_root(ACPI_RSDT, "RSDT", 4, &nothing, 1);
	acpi_put_rsdp(ACPI_RSDP, 0, ACPI_RSDT, 0);
	assert_int_equal(acpi_init(NULL, 0, physical_map), 0);
	assert_int_equal(madt_read(&madt), -E_NOENT);
	/* Too short for its fixed part. */
	madt_table_size = 43;
	madt_table_end();
	assert_int_equal(acpi_init(NULL, 0, physical_map), 0);
	assert_int_equal(madt_read(&madt), -E_NOENT);
}

static void empty_table(void **state)
{
	(void)state;
	read_table();
	assert_int_equal(madt.cpu_count + madt.io_apic_count, 0);
	assert_int_equal(madt.local_nmi_count + madt.nmi_line_count, 0);
	for (unsigned i = 0; i < MADT_ISA_LINES; i++) {
		assert_int_equal(madt.isa[i].line, i);
		assert_false(madt.isa[i].level || madt.isa[i].low);
	}
}

static void processors(void **state)
{
	(void)state;
	MADT_ENTRY(0, 1, 0, 1, 0, 0, 0);
	MADT_ENTRY(0, 2, 4, 0, 0, 0, 0);		/* not there */
	MADT_ENTRY(0, 3, 6, 2, 0, 0, 0);		/* could be plugged in later */
	MADT_ENTRY(0, 4, 8, 3, 0, 0, 0);
	MADT_ENTRY(9, 0, 0, 0x45, 0x23, 1, 0, 1, 0, 0, 0, 9, 0, 0, 0);
	MADT_ENTRY(9, 0, 0, 8, 0, 0, 0, 1, 0, 0, 0, 4, 0, 0, 0);	/* there already */
	MADT_ENTRY(9, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0);
	read_table();
	assert_int_equal(madt.refusal_count, 0);
	assert_int_equal(madt.cpu_count, 3);
	assert_int_equal(madt.cpus[0].apic_id, 0);
	assert_int_equal(madt.cpus[0].uid, 1);
	assert_int_equal(madt.cpus[1].apic_id, 8);
	assert_int_equal(madt.cpus[1].uid, 4);
	assert_int_equal(madt.cpus[2].apic_id, 0x12345);
	assert_int_equal(madt.cpus[2].uid, 9);
	assert_int_equal(madt.left_out, 0);
}

static bool below_255(uint32_t apic_id)
{
	return apic_id < 255;
}

/* What no message may ever be sent to is not among the processors, and is told of. */
static void refused_processors(void **state)
{
	static const uint32_t ids[] = { 0xFF, 0xFF, 0, UINT32_MAX, 0x100, 0x100, 0xFF };

	(void)state;
	MADT_ENTRY(0, 0, 0, 1, 0, 0, 0);
	MADT_ENTRY(0, 1, 0xFF, 1, 0, 0, 0);
	MADT_ENTRY(0, 2, 0xFF, 1, 0, 0, 0);
	MADT_ENTRY(0, 3, 0xFF, 0, 0, 0, 0);	/* it does not say that it can be used */
	MADT_ENTRY(0, 4, 0, 1, 0, 0, 0);
	MADT_ENTRY(9, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF, 1, 0, 0, 0, 5, 0, 0, 0);
	MADT_ENTRY(9, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 6, 0, 0, 0);
	MADT_ENTRY(9, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 7, 0, 0, 0);
	MADT_ENTRY(9, 0, 0, 0xFF, 0, 0, 0, 1, 0, 0, 0, 8, 0, 0, 0);
	MADT_ENTRY(0, 9, 1, 1, 0, 0, 0);
	read_table();
	assert_int_equal(madt.cpu_count, 4);
	assert_int_equal(madt.cpus[0].apic_id, 0);
	assert_int_equal(madt.cpus[1].apic_id, 0x100);
	assert_int_equal(madt.cpus[2].apic_id, 0xFF);
	assert_int_equal(madt.cpus[3].apic_id, 1);
	assert_int_equal(madt.refusal_count, 5);
	madt_refuse_unreachable(&madt, below_255);
	assert_int_equal(madt.cpu_count, 2);
	assert_int_equal(madt.cpus[1].apic_id, 1);
	assert_int_equal(madt.cpus[1].uid, 9);
	assert_int_equal(madt.refusal_count, ARRAY_SIZE(ids));
	for (unsigned i = 0; i < ARRAY_SIZE(ids); i++) {
		assert_int_equal(madt.refusals[i].apic_id, ids[i]);
		assert_non_null(madt.refusals[i].cause);
	}
}

static void refusals_that_do_not_fit(void **state)
{
	(void)state;
	for (unsigned i = 0; i < MADT_REFUSALS + 5; i++)
		MADT_ENTRY(0, (uint8_t)i, 0xFF, 1, 0, 0, 0);
	read_table();
	assert_int_equal(madt.cpu_count, 0);
	assert_int_equal(madt.refusal_count, MADT_REFUSALS);
	assert_int_equal(madt.left_out, 5);
}

static void more_than_fit(void **state)
{
	(void)state;
	for (unsigned i = 0; i < MADT_CPUS + 3; i++)
		MADT_ENTRY(0, (uint8_t)i, (uint8_t)(i + 1), 1, 0, 0, 0);
	for (unsigned i = 0; i < MADT_IO_APICS + 1; i++)
		MADT_ENTRY(1, (uint8_t)i, 0, 0, 0, (uint8_t)i, 0xFE, (uint8_t)(24 * i), 0, 0, 0);
	for (unsigned i = 0; i < MADT_NMIS + 2; i++) {
		MADT_ENTRY(3, 0, 0, (uint8_t)i, 0, 0, 0);
		MADT_ENTRY(4, (uint8_t)i, 0, 0, 1);
	}
	read_table();
	assert_int_equal(madt.cpu_count, MADT_CPUS);
	assert_int_equal(madt.io_apic_count, MADT_IO_APICS);
	assert_int_equal(madt.nmi_line_count, MADT_NMIS);
	assert_int_equal(madt.local_nmi_count, MADT_NMIS);
	assert_int_equal(madt.left_out, 3 + 1 + 2 + 2);
	assert_int_equal(madt.io_apics[2].address, 0xFE020000);
	assert_int_equal(madt.io_apics[2].first_line, 48);
}

static void overrides(void **state)
{
	(void)state;
	MADT_ENTRY(2, 0, 0, 2, 0, 0, 0, 0, 0);
	MADT_ENTRY(2, 0, 9, 20, 0, 0, 0, 0xF, 0);	/* level, low */
	MADT_ENTRY(2, 0, 10, 10, 0, 0, 0, 0xD, 0);	/* level, high */
	MADT_ENTRY(2, 0, 11, 11, 0, 0, 0, 7, 0);	/* edge, low */
	MADT_ENTRY(2, 1, 5, 30, 0, 0, 0, 0xF, 0);	/* no bus that there is */
	MADT_ENTRY(2, 0, 16, 31, 0, 0, 0, 0xF, 0);	/* no line that there is */
	read_table();
	assert_int_equal(madt.isa[0].line, 2);
	assert_false(madt.isa[0].level || madt.isa[0].low);
	assert_int_equal(madt.isa[9].line, 20);
	assert_true(madt.isa[9].level && madt.isa[9].low);
	assert_true(madt.isa[10].level && !madt.isa[10].low);
	assert_true(!madt.isa[11].level && madt.isa[11].low);
	assert_int_equal(madt.isa[5].line, 5);
	assert_false(madt.isa[5].level);
}

static void nmis(void **state)
{
	(void)state;
	MADT_ENTRY(4, 0xFF, 0, 0, 1);
	MADT_ENTRY(4, 3, 5, 0, 0);
	MADT_ENTRY(4, 3, 5, 0, 2);	/* there are two inputs */
	MADT_ENTRY(10, 0, 0, 0x78, 0x56, 0x34, 0x12, 1, 0, 0, 0);
	MADT_ENTRY(10, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0);
	MADT_ENTRY(3, 0xF, 0, 21, 0, 0, 0);
	read_table();
	assert_int_equal(madt.local_nmi_count, 4);
	assert_int_equal(madt.local_nmis[0].uid, MADT_ALL_CPUS);
	assert_int_equal(madt.local_nmis[0].lint, 1);
	assert_int_equal(madt.local_nmis[1].uid, 3);
	assert_int_equal(madt.local_nmis[1].lint, 0);
	assert_int_equal(madt.local_nmis[2].uid, 0x12345678);
	assert_int_equal(madt.local_nmis[3].uid, MADT_ALL_CPUS);
	assert_int_equal(madt.nmi_line_count, 1);
	assert_int_equal(madt.nmi_lines[0].line, 21);
	assert_true(madt.nmi_lines[0].level && madt.nmi_lines[0].low);
}

/* Kinds that are not known are stepped over; bad lengths end it. */
static void damaged(void **state)
{
	(void)state;
	MADT_ENTRY(77, 1, 2, 3);
	MADT_ENTRY(0, 1, 1, 1, 0, 0, 0);
	MADT_ENTRY(200);
	/* Longer than it used to be. */
	MADT_ENTRY(0, 2, 2, 1, 0, 0, 0, 99, 99);
	MADT_ENTRY(0, 3, 3, 1, 0, 0);			/* a byte is missing */
	MADT_ENTRY(0, 4, 4, 1, 0, 0, 0);
	read_table();
	assert_int_equal(madt.cpu_count, 2);
	assert_int_equal(madt.cpus[1].apic_id, 2);

	clear_memory(NULL);
	MADT_ENTRY(0, 1, 1, 1, 0, 0, 0);
	madt_table_put((const uint8_t[]){ 0, 0 }, 2);	/* would be read for ever */
	MADT_ENTRY(0, 4, 4, 1, 0, 0, 0);
	read_table();
	assert_int_equal(madt.cpu_count, 1);

	clear_memory(NULL);
	MADT_ENTRY(0, 1, 1, 1, 0, 0, 0);
	madt_table_put((const uint8_t[]){ 0, 8, 5, 5, 1, 0, 0 }, 7);	/* beyond the end */
	read_table();
	assert_int_equal(madt.cpu_count, 1);
	clear_memory(NULL);
	madt_table_put((const uint8_t[]){ 0 }, 1);
	read_table();
	assert_int_equal(madt.cpu_count, 0);
}

/* --- counters ------------------------------------------------------------------------------ */

static void put_hpet(uint8_t space, uint64_t place, uint32_t length)
{
	const uint64_t entry = HPET_TABLE;

	physical_put8(HPET_TABLE + 40, space);
	physical_put64(HPET_TABLE + 44, place);
	acpi_put_header(HPET_TABLE, "HPET", length);
	acpi_put_root(ACPI_RSDT, "RSDT", 4, &entry, 1);
	acpi_put_rsdp(ACPI_RSDP, 0, ACPI_RSDT, 0);
	assert_int_equal(acpi_init(NULL, 0, physical_map), 0);
	is_mapped = false;
	configuration = 2;
}

static void hpet_counts(void **state)
{
	const struct counter *counter;

	(void)state;
	put_hpet(0, HPET_ADDRESS, 56);
	period = 69841279;
	counter = hpet_open(map);
	assert_non_null(counter);
	assert_string_equal(counter->name, "hpet");
	assert_int_equal(counter->hz, 14318180);
	assert_int_equal(counter->mask, UINT32_MAX);
	assert_int_equal(configuration, 3);
	count = 12345;
	assert_int_equal(counter->read(), 12345);
	period = 10000000;
	assert_int_equal(hpet_open(map)->hz, 100000000);
}

static void *map_nothing(uint64_t place, size_t length)
{
	(void)place;
	(void)length;
	return NULL;
}

static void hpet_missing(void **state)
{
	static const uint32_t periods[] = { 0, 99999, 100000001, UINT32_MAX };

	(void)state;
	warnings = 0;
	put_hpet(1, 0x500, 56);			/* in ports */
	assert_null(hpet_open(map));
	put_hpet(0, 0, 56);
	assert_null(hpet_open(map));
	put_hpet(0, HPET_ADDRESS, 51);
	assert_null(hpet_open(map));
	assert_false(is_mapped);
	put_hpet(0, HPET_ADDRESS, 52);
	assert_null(hpet_open(map_nothing));
	for (unsigned i = 0; i < sizeof(periods) / sizeof(periods[0]); i++) {
		period = periods[i];
		assert_null(hpet_open(map));
	}
	assert_int_equal(configuration, 2);
	/* Each of these was told of, and that there is none is nothing to tell. */
	assert_int_equal(warnings, 8);
	madt_table_end();			/* a root table without it */
	assert_int_equal(acpi_init(NULL, 0, physical_map), 0);
	assert_null(hpet_open(map));
	assert_int_equal(warnings, 8);
}

static void put_pm_timer(uint32_t flags)
{
	const uint64_t entry = ACPI_FADT;

	physical_put32(ACPI_FADT + 76, 0x608);
	physical_put32(ACPI_FADT + FADT_FLAGS, flags);
	acpi_put_header(ACPI_FADT, "FACP", 116);
	acpi_put_root(ACPI_RSDT, "RSDT", 4, &entry, 1);
	acpi_put_rsdp(ACPI_RSDP, 0, ACPI_RSDT, 0);
	assert_int_equal(acpi_init(NULL, 0, physical_map), 0);
	taken = 0;
}

static void pm_timer_counts(void **state)
{
	/* Caught while its bits change; then over its end. */
	static const uint32_t values[] = { 0x1000, 0x17FF, 0x1003, 0x1004,
					   0x00FFFFFF, 0x01000002,
					   0, 100, 200, 300, 400, 500, 600, 700, 800 };
	const struct counter *timer;

	(void)state;
	put_pm_timer(0);
	timer = pm_timer_open();
	assert_non_null(timer);
	assert_int_equal(timer->hz, 3579545);
	assert_int_equal(timer->mask, 0xFFFFFF);
	readings = values;
	assert_int_equal(timer->read(), 0x1004);
	assert_int_equal(timer->read(), 0x01000002);
	assert_int_equal(taken, 6);
	/* It may never become quiet. */
	assert_int_equal(timer->read(), 800);
	put_pm_timer(BIT(8));
	assert_int_equal(pm_timer_open()->mask, UINT32_MAX);
	madt_table_end();
	assert_int_equal(acpi_init(NULL, 0, physical_map), 0);
	assert_null(pm_timer_open());
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, clear_memory, release_memory)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(no_table),	 TEST(empty_table), TEST(processors), TEST(more_than_fit),
		TEST(refused_processors), TEST(refusals_that_do_not_fit),
		TEST(overrides), TEST(nmis),	    TEST(damaged),
		TEST(hpet_counts), TEST(hpet_missing), TEST(pm_timer_counts),
	};

	return cmocka_run_group_tests_name("madt", tests, NULL, NULL);
}

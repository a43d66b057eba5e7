// SPDX-License-Identifier: GPL-2.0-only
/* Tests of arch/board/acpi.c and arch/board/acpi_s5.c: tables good, old, new and damaged. */
#include "arch/board/acpi.h"
#include "lib/compiler.h"
#include "lib/error.h"
#include "tests/unit/acpi_tables.h"
#include "tests/unit/unit.h"

/* Name (\_S5, Package () {5, 5, 0, 0}) as iasl makes it. */
static const uint8_t plain_s5[] = { 0x08, '_', 'S', '5', '_', 0x12, 0x0A, 0x04,
				    0x0A, 0x05, 0x0A, 0x06, 0x00, 0x00 };

static int clear_memory(void **state)
{
	(void)state;
	memset(physical_memory, 0, sizeof(physical_memory));
	physical_size = sizeof(physical_memory);
	return 0;
}

static int release_memory(void **state)
{
	(void)state;
	physical_release();
	return 0;
}

static void put_dsdt(uint32_t place, const void *aml, size_t size, uint32_t length)
{
	physical_put(ACPI_DSDT + place, aml, size);
	acpi_put_header(ACPI_DSDT, "DSDT", length);
}

/* A whole set of tables; length is that of the FADT. */
static void put_tables(uint8_t revision, uint32_t length)
{
	const uint64_t entries[] = { 0, ACPI_SSDT, ACPI_FADT };

	physical_put32(ACPI_FADT + FADT_DSDT, ACPI_DSDT);
	physical_put32(ACPI_FADT + FADT_SMI_COMMAND, 0xB2);
	physical_put8(ACPI_FADT + FADT_ACPI_ENABLE, 0xF1);
	physical_put32(ACPI_FADT + FADT_PM1A_CONTROL, 0x604);
	physical_put8(ACPI_FADT + FADT_CENTURY, 0x32);
	physical_put32(ACPI_FADT + FADT_FLAGS, 1u << 10);
	physical_put8(ACPI_FADT + FADT_RESET, ACPI_SPACE_PORT);
	physical_put64(ACPI_FADT + FADT_RESET + 4, 0xCF9);
	physical_put8(ACPI_FADT + FADT_RESET_VALUE, 0x0F);
	acpi_put_header(ACPI_FADT, "FACP", length);
	acpi_put_header(ACPI_SSDT, "SSDT", 40);
	put_dsdt(36, plain_s5, sizeof(plain_s5), 200);
	acpi_put_root(ACPI_RSDT, "RSDT", 4, entries, ARRAY_SIZE(entries));
	acpi_put_root(ACPI_XSDT, "XSDT", 8, entries, ARRAY_SIZE(entries));
	acpi_put_rsdp(ACPI_RSDP, revision, ACPI_RSDT, ACPI_XSDT);
}

static void assert_tables_found(void)
{
	const struct acpi_fixed *fixed = acpi_fixed();

	assert_int_equal(fixed->pm1a_control, 0x604);
	assert_int_equal(fixed->pm1b_control, 0);
	assert_int_equal(fixed->smi_command, 0xB2);
	assert_int_equal(fixed->acpi_enable, 0xF1);
	assert_int_equal(fixed->century, 0x32);
	assert_true(fixed->has_s5);
	assert_int_equal(fixed->s5_type_a, 5);
	assert_int_equal(fixed->s5_type_b, 6);
	assert_true(fixed->has_reset);
	assert_int_equal(fixed->reset_space, ACPI_SPACE_PORT);
	assert_int_equal(fixed->reset_address, 0xCF9);
	assert_int_equal(fixed->reset_value, 0x0F);
}

static void found_in_bios_area(void **state)
{
	(void)state;
	put_tables(0, 132);
	assert_int_equal(acpi_init(NULL, 0, physical_map), 0);
	assert_tables_found();
}

/* At every place where it may be; a new one shows that its end is seen, too. */
static void found_anywhere_in_bios_area(void **state)
{
	(void)state;
	put_tables(2, 244);
	physical_put8(ACPI_RSDT, 'X');
	for (uint32_t place = 0xE0000; place <= 0x100000 - 36;
	     place += place < 0xE1000 ? 16 : 4080) {
		memset(physical_memory + 0xE0000, 0, 0x20000);
		acpi_put_rsdp(place, 2, ACPI_RSDT, ACPI_XSDT);
		assert_int_equal(acpi_init(NULL, 0, physical_map), 0);
		assert_tables_found();
	}
	acpi_put_header(ACPI_RSDT, "RSDT", 48);
	memset(physical_memory + 0xE0000, 0, 0x20000);
	acpi_put_rsdp(0xFFFE0, 0, ACPI_RSDT, 0);
	assert_int_equal(acpi_init(NULL, 0, physical_map), 0);
	assert_tables_found();
}

static void found_in_ebda(void **state)
{
	(void)state;
	put_tables(2, 244);
	memset(physical_memory + ACPI_RSDP, 0, 36);
	physical_put(0x40E, "\xC0\x9F", 2);
	acpi_put_rsdp(0x9FC00 + 1008 - 16, 0, ACPI_RSDT, 0);
	assert_int_equal(acpi_init(NULL, 0, physical_map), 0);
	assert_tables_found();
}

static void found_by_loaders_copy(void **state)
{
	uint8_t copy[36];

	(void)state;
	put_tables(2, 244);
	memcpy(copy, physical_memory + ACPI_RSDP, sizeof(copy));
	memset(physical_memory + ACPI_RSDP, 0, sizeof(copy));
	physical_put8(ACPI_RSDT, 'X'); /* revision 2: only the XSDT is used */
	assert_int_equal(acpi_init(copy, sizeof(copy), physical_map), 0);
	assert_tables_found();
	/* Its first 20 bytes lead to the RSDT, which is damaged. */
	assert_int_equal(acpi_init(copy, 20, physical_map), -E_NOENT);
	assert_false(acpi_fixed()->has_s5);
	acpi_put_header(ACPI_RSDT, "RSDT", 48);
	assert_int_equal(acpi_init(copy, 20, physical_map), 0);
	assert_tables_found();
	/* A damaged copy is no copy. */
	copy[10] ^= 1;
	assert_int_equal(acpi_init(copy, sizeof(copy), physical_map), -E_NOENT);
}

static void falls_back_to_rsdt(void **state)
{
	(void)state;
	put_tables(2, 244);
	physical_put8(ACPI_XSDT + 36, 1); /* breaks the checksum */
	assert_int_equal(acpi_init(NULL, 0, physical_map), 0);
	assert_tables_found();
}

static void nothing_there(void **state)
{
	struct acpi_table table;

	(void)state;
	assert_int_equal(acpi_init(NULL, 0, physical_map), -E_NOENT);
	assert_int_equal(acpi_find_table("FACP", 0, &table), -E_NOENT);
	assert_int_equal(acpi_fixed()->pm1a_control, 0);
	assert_false(acpi_fixed()->has_reset);
}

static void tables_by_name(void **state)
{
	static const uint64_t places[] = { 0x50000, 0x50100, 0x50200, 0x50300,
					   0xFFFFFFFFFFFFFFF0ull };
	struct acpi_table table;

	(void)state;
	acpi_put_header(places[0], "APIC", 36);
	acpi_put_header(places[1], "SSDT", 100);
	acpi_put_header(places[2], "SSDT", 36);
	acpi_put_header(places[3], "HPET", 56);
	physical_put8(places[2] + 20, 1); /* bad checksum: as if it were not there */
	acpi_put_root(ACPI_XSDT, "XSDT", 8, places, ARRAY_SIZE(places));
	acpi_put_rsdp(ACPI_RSDP, 2, 0, ACPI_XSDT);
	assert_int_equal(acpi_init(NULL, 0, physical_map), 0);
	assert_int_equal(acpi_find_table("SSDT", 0, &table), 0);
	assert_int_equal(table.address, places[1]);
	assert_int_equal(table.length, 100);
	assert_int_equal(acpi_find_table("SSDT", 1, &table), -E_NOENT);
	assert_int_equal(acpi_find_table("HPET", 0, &table), 0);
	assert_int_equal(table.length, 56);
}

static void damaged_lengths(void **state)
{
	static const uint32_t lengths[] = { 0, 8, 35, 0x7FFFFFFF, UINT32_MAX };
	struct acpi_table table;

	(void)state;
	put_tables(0, 132);
	assert_int_equal(acpi_init(NULL, 0, physical_map), 0);
	for (size_t i = 0; i < ARRAY_SIZE(lengths); i++) {
		physical_put32(ACPI_SSDT + 4, lengths[i]);
		assert_int_equal(acpi_find_table("SSDT", 0, &table), -E_NOENT);
		physical_put32(ACPI_RSDT + 4, lengths[i]);
		assert_int_equal(acpi_init(NULL, 0, physical_map), -E_NOENT);
		acpi_put_header(ACPI_RSDT, "RSDT", 48);
		assert_int_equal(acpi_init(NULL, 0, physical_map), 0);
	}
}

static void old_fadt_has_no_reset(void **state)
{
	(void)state;
	put_tables(0, 116);
	assert_int_equal(acpi_init(NULL, 0, physical_map), 0);
	assert_int_equal(acpi_fixed()->pm1a_control, 0x604);
	assert_int_equal(acpi_fixed()->reset_address, 0);
	assert_true(acpi_fixed()->has_s5);
}

/* As QEMU's: one PM1 block, one of general events. */
static void put_events(uint32_t flags)
{
	put_tables(2, 244);
	physical_put32(ACPI_FADT + FADT_SCI, 9);
	physical_put32(ACPI_FADT + FADT_PM1A_EVENT, 0x600);
	physical_put32(ACPI_FADT + FADT_GPE0, 0xAFE0);
	physical_put32(ACPI_FADT + FADT_GPE1, 0x10000);
	physical_put8(ACPI_FADT + FADT_PM1_EVENT_LENGTH, 4);
	physical_put8(ACPI_FADT + FADT_GPE0_LENGTH, 4);
	physical_put8(ACPI_FADT + FADT_GPE1_LENGTH, 2);
	physical_put32(ACPI_FADT + FADT_FLAGS, flags);
	acpi_put_header(ACPI_FADT, "FACP", 244);
	assert_int_equal(acpi_init(NULL, 0, physical_map), 0);
}

static void events(void **state)
{
	const struct acpi_fixed *fixed = acpi_fixed();

	(void)state;
	put_events(0);
	assert_int_equal(fixed->sci_line, 9);
	assert_int_equal(fixed->pm1a_event, 0x600);
	assert_int_equal(fixed->pm1b_event, 0);
	assert_int_equal(fixed->pm1_event_length, 4);
	assert_int_equal(fixed->gpe_blocks[0], 0xAFE0);
	assert_int_equal(fixed->gpe_lengths[0], 4);
	assert_int_equal(fixed->gpe_blocks[1], 0);	/* no port has that number */
	assert_true(fixed->has_power_button);
	/* A button that only AML describes; no fixed hardware; no registers. */
	put_events(1u << 4);
	assert_false(fixed->has_power_button);
	put_events(1u << 20);
	assert_false(fixed->has_power_button);
	put_events(0);
	physical_put8(ACPI_FADT + FADT_PM1_EVENT_LENGTH, 2);
	acpi_put_header(ACPI_FADT, "FACP", 244);
	assert_int_equal(acpi_init(NULL, 0, physical_map), 0);
	assert_false(fixed->has_power_button);
}

struct bad_port {
	uint32_t field, port;
	const char *what;
};

/* Where every PC has another chip, or where no port is; each is told of, and none is used. */
static void ports_of_others(void **state)
{
	static const struct bad_port bad[] = {
		{ FADT_PM1A_CONTROL, 0x20, "the PM1a control register" },
		{ FADT_PM1A_CONTROL, 0xCF7, "the PM1a control register" },
		{ FADT_PM1A_CONTROL, 0x10604, "the PM1a control register" },
		{ FADT_PM1A_EVENT, 0x3FC, "the PM1a event block" },
		{ FADT_PM1A_EVENT, 0xFFFE, "the PM1a event block" },
		{ FADT_GPE0, 0x1F0, "a block of general events" },
		{ FADT_GPE0, 0x10000, "a block of general events" },
		{ FADT_PM_TIMER, 0x40, "the PM timer" },
		{ FADT_PM_TIMER, 0xFFFD, "the PM timer" },
		{ FADT_SMI_COMMAND, 0x21, "the SMI command port" },
		{ FADT_SMI_COMMAND, 0x100B2, "the SMI command port" },
	};
	const struct acpi_fixed *fixed = acpi_fixed();

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		memset(physical_memory + ACPI_FADT, 0, 244);
		put_events(0);
		physical_put32(ACPI_FADT + FADT_SMI_COMMAND, 0xB2);
		physical_put8(ACPI_FADT + FADT_GPE1_LENGTH, 0);
		physical_put32(ACPI_FADT + bad[i].field, bad[i].port);
		acpi_put_header(ACPI_FADT, "FACP", 244);
		assert_int_equal(acpi_init(NULL, 0, physical_map), 0);
		assert_int_equal(fixed->refusal_count, 1);
		assert_string_equal(fixed->refusals[0].what, bad[i].what);
		assert_int_equal(fixed->refusals[0].port, bad[i].port);
		assert_true(fixed->pm1a_control == (bad[i].field == FADT_PM1A_CONTROL ? 0 : 0x604));
		assert_true(fixed->pm1a_event == (bad[i].field == FADT_PM1A_EVENT ? 0 : 0x600));
		assert_true(fixed->gpe_blocks[0] == (bad[i].field == FADT_GPE0 ? 0 : 0xAFE0));
		assert_true(fixed->smi_command == (bad[i].field == FADT_SMI_COMMAND ? 0 : 0xB2));
		assert_int_equal(fixed->pm_timer, 0);
		assert_int_equal(fixed->has_power_button, bad[i].field != FADT_PM1A_EVENT);
	}
}

static void put_reset(uint8_t space, uint64_t address)
{
	put_tables(2, 244);
	physical_put32(ACPI_FADT + FADT_FLAGS, 1u << 10);
	physical_put8(ACPI_FADT + 116, space);
	physical_put64(ACPI_FADT + 120, address);
	acpi_put_header(ACPI_FADT, "FACP", 244);
	assert_int_equal(acpi_init(NULL, 0, physical_map), 0);
}

static void reset_registers(void **state)
{
	static const uint64_t good[] = { 0xCF9, 0x64, 0x92, 0x605, 0xFFFF };
	static const uint64_t bad[] = { 0, 0x20, 0xCF8, 0x3F8, 0x10CF9, 0xFFFFFFFFFFFF0CF9ull };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		put_reset(ACPI_SPACE_PORT, good[i]);
		assert_true(acpi_fixed()->has_reset);
		assert_int_equal(acpi_fixed()->refusal_count, 0);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		put_reset(ACPI_SPACE_PORT, bad[i]);
		assert_false(acpi_fixed()->has_reset);
		assert_string_equal(acpi_fixed()->refusals[0].what, "the reset register");
	}
	/* What it means in other spaces is another's affair. */
	put_reset(ACPI_SPACE_PCI, 0x20);
	assert_true(acpi_fixed()->has_reset);
}

/* Registers of the clock itself, and such as the chip does not have. */
static void centuries(void **state)
{
	static const uint8_t good[] = { 0x0E, 0x32, 0x37, 0x7F },
			     bad[] = { 0, 1, 9, 0x0D, 0x80, 0xFF };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good) + ARRAY_SIZE(bad); i++) {
		bool is_good = i < ARRAY_SIZE(good);
		uint8_t index = is_good ? good[i] : bad[i - ARRAY_SIZE(good)];

		put_tables(2, 244);
		physical_put8(ACPI_FADT + 108, index);
		acpi_put_header(ACPI_FADT, "FACP", 244);
		assert_int_equal(acpi_init(NULL, 0, physical_map), 0);
		assert_int_equal(acpi_fixed()->century, is_good ? index : 0);
	}
}

static void extended_fields(void **state)
{
	(void)state;
	put_tables(2, 244);
	physical_put32(ACPI_FADT + FADT_DSDT, 0);
	physical_put64(ACPI_FADT + FADT_X_DSDT, ACPI_DSDT);
	physical_put32(ACPI_FADT + FADT_PM1A_CONTROL, 0);
	physical_put8(ACPI_FADT + FADT_X_PM1A_CONTROL, ACPI_SPACE_PORT);
	physical_put64(ACPI_FADT + FADT_X_PM1A_CONTROL + 4, 0x1804);
	acpi_put_header(ACPI_FADT, "FACP", 244);
	assert_int_equal(acpi_init(NULL, 0, physical_map), 0);
	assert_int_equal(acpi_fixed()->pm1a_control, 0x1804);
	assert_true(acpi_fixed()->has_s5);

	/* A register in memory is none that Umbra can use. */
	physical_put8(ACPI_FADT + FADT_X_PM1A_CONTROL, ACPI_SPACE_MEMORY);
	acpi_put_header(ACPI_FADT, "FACP", 244);
	assert_int_equal(acpi_init(NULL, 0, physical_map), 0);
	assert_int_equal(acpi_fixed()->pm1a_control, 0);
}

/* Wherever the object stands, also across the windows and pages in which it is looked for. */
static void s5_anywhere(void **state)
{
	(void)state;
	put_tables(0, 132);
	for (uint32_t place = 36; place < 5000; place += place > 900 && place < 1100 ? 1 : 37) {
		memset(physical_memory + ACPI_DSDT + 36, 0, 6000);
		put_dsdt(place, plain_s5, sizeof(plain_s5), place + (uint32_t)sizeof(plain_s5));
		assert_int_equal(acpi_init(NULL, 0, physical_map), 0);
		assert_true(acpi_fixed()->has_s5);
		/* One byte less: the second type is missing or cut. */
		put_dsdt(place, plain_s5, sizeof(plain_s5), place + 11);
		assert_int_equal(acpi_init(NULL, 0, physical_map), 0);
		assert_false(acpi_fixed()->has_s5);
	}
}

static void s5_in_ssdt(void **state)
{
	(void)state;
	put_tables(0, 132);
	memset(physical_memory + ACPI_DSDT + 36, 0, 100);
	acpi_put_header(ACPI_DSDT, "DSDT", 200);
	physical_put(ACPI_SSDT + 50, plain_s5, sizeof(plain_s5));
	acpi_put_header(ACPI_SSDT, "SSDT", 80);
	assert_int_equal(acpi_init(NULL, 0, physical_map), 0);
	assert_true(acpi_fixed()->has_s5);
	assert_int_equal(acpi_fixed()->s5_type_b, 6);
}

struct s5_case {
	const char *aml;
	size_t length;
	bool found;
	uint8_t a, b;
};

#define S5(text, ...) { text, sizeof(text) - 1, __VA_ARGS__ }

static const struct s5_case s5_cases[] = {
	S5("\x08_S5_\x12\x06\x04\x00\x00\x00\x00", true, 0, 0),
	S5("\x08_S5_\x12\x06\x04\x01\x00\x00\x00", true, 1, 0),
	S5("\x08\\_S5_\x12\x08\x02\x0A\x07\x0A\x07", true, 7, 7),
	S5("\x08_S5_\x12\x06\x02\xFF\x00", true, 7, 0),		    /* Ones */
	S5("\x08_S5_\x12\x0A\x02\x0B\x05\x00\x0C\x06\x00\x00\x00", true, 5, 6),
	S5("\x08_S5_\x12\x0D\x02\x0E\x03\0\0\0\0\0\0\0\x01", true, 3, 1),
	S5("\x08_S5_\x12\x47\x00\x04\x0A\x02\x01\x00\x00", true, 2, 1), /* PkgLength of 2 bytes */
	S5("\x08_S5_\x12\x8A\x00\x00\x04\x0A\x02\x01\x00\x00", true, 2, 1),
	S5("\x08_S5_\x12\xCA\x00\x00\x00\x04\x0A\x02\x01\x00\x00", true, 2, 1),
	S5("xx\x08_S5_\x08_S5_\x12\x06\x02\x01\x01", true, 1, 1),   /* first: no object */
	S5("\x08_S5_\x12\x06\x01\x01\x01", false, 0, 0),	    /* one element only */
	S5("\x08_S5_\x12\x03\x02\x01\x01", false, 0, 0),	    /* the package ends too early */
	S5("\x08_S5_\x12\x00\x02\x01\x01", false, 0, 0),
	S5("\x08_S5_\x12\x06\x02\x70\x01", false, 0, 0),	    /* no constant */
	S5("\x08_S5_\x13\x06\x02\x01\x01", false, 0, 0),	    /* no plain package */
	S5("_S5_\x12\x06\x02\x01\x01", false, 0, 0),		    /* used, not defined */
	S5("\x08_S4_\x12\x06\x02\x01\x01", false, 0, 0),
	S5("\x08_S5_\x12\xC6", false, 0, 0),
	S5("\x08_S5_\x12", false, 0, 0),
	S5("\x08_S5", false, 0, 0),
	S5("\x08\\", false, 0, 0),
	S5("", false, 0, 0),
};

static void s5_encodings(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(s5_cases); i++) {
		const struct s5_case *c = &s5_cases[i];
		uint8_t *copy = malloc(c->length + 1);
		uint8_t a = 0, b = 0;

		assert_non_null(copy);
		memcpy(copy + 1, c->aml, c->length);
		assert_int_equal(acpi_parse_s5(copy + 1, c->length, &a, &b), c->found);
		assert_int_equal(a, c->a);
		assert_int_equal(b, c->b);
		free(copy);
	}
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, clear_memory, release_memory)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(found_in_bios_area),
		TEST(found_anywhere_in_bios_area),
		TEST(found_in_ebda),
		TEST(found_by_loaders_copy),
		TEST(falls_back_to_rsdt),
		TEST(nothing_there),
		TEST(tables_by_name),
		TEST(damaged_lengths),
		TEST(old_fadt_has_no_reset),
		TEST(events),
		TEST(ports_of_others),
		TEST(reset_registers),
		TEST(centuries),
		TEST(extended_fields),
		TEST(s5_anywhere),
		TEST(s5_in_ssdt),
		TEST(s5_encodings),
	};

	return cmocka_run_group_tests_name("acpi", tests, NULL, NULL);
}

// SPDX-License-Identifier: GPL-2.0-only
/* Tests of arch/board/acpi_power.c: what is written to which port, for made-up tables. */
#include "tests/unit/fake_port.h"

#include "arch/board/acpi_power.c"
#include "tests/unit/unit.h"

#include <string.h>

static struct acpi_fixed fixed_tables;
static uint32_t pm1a, pm1b;
static bool firmware_answers;
static uint64_t now, waited_since; /* waited_since: of the last port access */

uint64_t time_ns(void)
{
	return now += 1000000;
}

const struct acpi_fixed *acpi_fixed(void)
{
	return &fixed_tables;
}

static uint32_t fake_port_read(uint16_t port)
{
	waited_since = now;
	return port == 0x604 ? pm1a : port == 0x608 ? pm1b : 0xFF;
}

static void fake_port_written(uint16_t port, uint32_t value)
{
	waited_since = now;
	if (port == 0xB2 && value == 0xF1 && firmware_answers)
		pm1a |= PM1_SCI_ENABLE;
}

static int start(void **state)
{
	(void)state;
	fixed_tables = (struct acpi_fixed){ 0 };
	pm1a = pm1b = 0;
	firmware_answers = false;
	fake_write_count = 0;
	return 0;
}

static void assert_write(unsigned index, uint16_t port, uint32_t value)
{
	assert_true(index < fake_write_count);
	assert_int_equal(fake_writes[index].port, port);
	assert_int_equal(fake_writes[index].value, value);
}

static void nothing_known(void **state)
{
	(void)state;
	assert_int_equal(acpi_power_off(), -E_UNSUPPORTED);
	assert_int_equal(acpi_reset(), -E_UNSUPPORTED);
	fixed_tables.has_s5 = true; /* but no register */
	assert_int_equal(acpi_power_off(), -E_UNSUPPORTED);
	fixed_tables.has_reset = true;
	fixed_tables.reset_space = ACPI_SPACE_MEMORY;
	assert_int_equal(acpi_reset(), -E_UNSUPPORTED);
	assert_int_equal(fake_write_count, 0);
}

/* A board has seconds to react, in which no port is read. */
static void assert_waited(void)
{
	assert_true(now - waited_since >= 3000000000ull);
}

static void off_in_acpi_mode(void **state)
{
	(void)state;
	fixed_tables = (struct acpi_fixed){ .pm1a_control = 0x604, .pm1b_control = 0x608,
					    .smi_command = 0xB2, .acpi_enable = 0xF1,
					    .has_s5 = true, .s5_type_a = 5, .s5_type_b = 0 };
	pm1a = 0x0201 | 7u << 10; /* an old sleep type; other bits stay */
	assert_int_equal(acpi_power_off(), -E_IO);
	assert_int_equal(fake_write_count, 2);
	assert_write(0, 0x604, 0x0201 | 5u << 10 | 1u << 13);
	assert_write(1, 0x608, 1u << 13);
	assert_waited();
}

static void off_from_legacy_mode(void **state)
{
	(void)state;
	fixed_tables = (struct acpi_fixed){ .pm1a_control = 0x604, .smi_command = 0xB2,
					    .acpi_enable = 0xF1, .has_s5 = true };
	firmware_answers = true;
	assert_int_equal(acpi_power_off(), -E_IO);
	assert_int_equal(fake_write_count, 2);
	assert_write(0, 0xB2, 0xF1);
	assert_write(1, 0x604, 1 | 1u << 13);
}

static void off_though_firmware_is_silent(void **state)
{
	(void)state;
	fixed_tables = (struct acpi_fixed){ .pm1a_control = 0x604, .smi_command = 0xB2,
					    .acpi_enable = 0xF1, .has_s5 = true };
	assert_int_equal(acpi_power_off(), -E_IO);
	assert_write(1, 0x604, 1u << 13);
}

static void reset_registers(void **state)
{
	(void)state;
	fixed_tables = (struct acpi_fixed){ .has_reset = true, .reset_space = ACPI_SPACE_PORT,
					    .reset_address = 0xCF9, .reset_value = 0x0F };
	assert_int_equal(acpi_reset(), -E_IO);
	assert_write(0, 0xCF9, 0x0F);
	assert_waited();
	fixed_tables.reset_space = ACPI_SPACE_PCI;
	/* Device 31, function 3, register 0x42. */
	fixed_tables.reset_address = 0x0000001F00030042ull;
	assert_int_equal(acpi_reset(), -E_IO);
	assert_write(1, 0xCF8, 0x8000FB40);
	assert_write(2, 0xCFE, 0x0F);
	assert_waited();
}

/* Nothing is written where nothing is. */
static void nothing_at_the_port(void **state)
{
	(void)state;
	fixed_tables = (struct acpi_fixed){ .pm1a_control = 0x604, .has_s5 = true };
	pm1a = 0xFFFF;
	assert_int_equal(acpi_power_off(), -E_NOENT);
	assert_int_equal(fake_write_count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(nothing_known, start),
		cmocka_unit_test_setup(off_in_acpi_mode, start),
		cmocka_unit_test_setup(off_from_legacy_mode, start),
		cmocka_unit_test_setup(off_though_firmware_is_silent, start),
		cmocka_unit_test_setup(reset_registers, start),
		cmocka_unit_test_setup(nothing_at_the_port, start),
	};

	return cmocka_run_group_tests_name("acpi_power", tests, NULL, NULL);
}

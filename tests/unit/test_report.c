// SPDX-License-Identifier: GPL-2.0-only
/* Tests of boot/report.c: what it makes of names, features and memory maps. */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

#define UMBRA_DEBUG 0

#include "boot/report.c"

static struct cpu_features features;
static struct boot_info info;
static char lines[16][512];
static unsigned line_count;

const struct cpu_features *cpu_features(void)
{
	return &features;
}

void log_line(enum log_level level, const char *subsystem, const char *format, ...)
{
	int length = snprintf(lines[line_count], 512, "%s: ", subsystem);
	va_list arguments;

	assert_true(level == LOG_INFO || level == LOG_WARN);
	va_start(arguments, format);
	vsnprintf(lines[line_count++] + length, 512 - (size_t)length, format, arguments);
	va_end(arguments);
}

void log_event(const char *name, const char *format, ...)
{
	assert_string_equal(name, "boot");
	assert_non_null(format);
}

static struct acpi_fixed tables;

const struct acpi_fixed *acpi_fixed(void)
{
	return &tables;
}

uint32_t frames_total(void)
{
	return 128 << 8;
}

uint32_t frames_free(void)
{
	return 127 << 8;
}

uint32_t frames_low_free(void)
{
	return 126 << 8;
}

static int setup(void **state)
{
	(void)state;
	line_count = 0;
	memset(lines, 0, sizeof(lines));
	memset(&info, 0, sizeof(info));
	features = (struct cpu_features){
		.vendor = "GenuineIntel", .family = 6, .model = 28, .stepping = 2,
		.physical_bits = 36,
		.fxsr = true,
	};
	return 0;
}

static void names(void **state)
{
	(void)state;
	report_machine(&info, "1");
	assert_int_equal(line_count, 2);
	assert_string_equal(lines[0],
			    "cpu: GenuineIntel family 6 model 28 stepping 2; 36-bit addresses; "
			    "uses fxsr");
	assert_string_equal(lines[1], "mm: 127 MB usable, 126 MB of it low");
	setup(NULL);
	snprintf(features.brand, sizeof(features.brand), "   A Processor");
	features.nx = features.mce = features.constant_tsc = true;
	info.problem = "it is odd";
	report_machine(&info, "1");
	assert_string_equal(lines[0],
			    "cpu: GenuineIntel family 6 model 28 stepping 2, A Processor; "
			    "36-bit addresses; uses fxsr nx constant-tsc");
	assert_string_equal(lines[2], "boot: boot information: it is odd");
}

/* All there are fit into the line. */
static void everything(void **state)
{
	(void)state;
	features.sse = features.pat = features.mce = features.mca = features.nx = features.smep =
		true;
	features.smap = features.umip = features.rdrand = features.rdseed = true;
	features.constant_tsc = features.hypervisor = true;
	memset(features.brand, 'x', sizeof(features.brand) - 1);
	report_machine(&info, "1");
	assert_non_null(strstr(lines[0], " hypervisor"));
	assert_int_equal(strcmp(lines[0] + strlen(lines[0]) - 11, " hypervisor"), 0);
}

static void add(paddr_t base, uint64_t length, bool usable)
{
	info.ranges[info.range_count++] = (struct boot_range){ base, length, usable };
}

static void runs(void **state)
{
	(void)state;
	add(0, 0x9FC00, true);
	add(0x9FC00, 0x400, false);
	add(0xF0000, 0x8000, false);
	add(0xF8000, 0x8000, false);	/* with the one before one run */
	add(0x100000, 0x1000, true);
	add(0x101000, 0x1000, true);
	add(0x103000, 0x1000, true);
	report_machine(&info, "1");
	assert_int_equal(line_count, 3);
	assert_string_equal(lines[1],
			    "mm: firmware says: usable 0-9fbff, reserved 9fc00-9ffff f0000-fffff, "
			    "usable 100000-101fff 103000-103fff");
}

/* The longest there are, and as many as there can be. */
static void many(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 6; i++)
		add(UINT64_MAX - 0x1000 * (i + 1), 0x1000, i % 2);
	report_machine(&info, "1");
	assert_int_equal(line_count, 4);
	assert_string_equal(lines[1],
			    "mm: firmware says: reserved ffffffffffffefff-fffffffffffffffe, "
			    "usable ffffffffffffdfff-ffffffffffffeffe, "
			    "reserved ffffffffffffcfff-ffffffffffffdffe");
	assert_memory_equal(lines[2], "mm: firmware says: usable ffffffffffffb", 39);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(names, setup),
		cmocka_unit_test_setup(everything, setup),
		cmocka_unit_test_setup(runs, setup),
		cmocka_unit_test_setup(many, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: GPL-2.0-only
/* Tests of arch/time.c with a made-up TSC, interval timer and battery clock. */
#define UMBRA_ARCH_X86_H /* the processor is made up, too */

#include <stdint.h>

struct cpuid {
	uint32_t eax, ebx, ecx, edx;
};

static struct cpuid cpuid(uint32_t leaf, uint32_t subleaf);
static uint64_t read_tsc(void);

#include "arch/time.c"
#include "lib/error.h"
#include "tests/unit/unit.h"

static uint64_t tsc, tsc_step;
static uint64_t khz;	 /* what the TSC really does */
static uint64_t gate_at; /* where it stands when the interval timer is done */
static unsigned measured;
static bool timer_is_dead, clock_is_dead;
static uint32_t cpuid_mhz;
static struct acpi_fixed tables;

static struct cpuid cpuid(uint32_t leaf, uint32_t subleaf)
{
	assert_int_equal(subleaf, 0);
	if (leaf == 0)
		return (struct cpuid){ .eax = cpuid_mhz ? 0x16 : 0x15 };
	assert_int_equal(leaf, 0x16);
	return (struct cpuid){ .eax = cpuid_mhz };
}

static uint64_t read_tsc(void)
{
	return tsc += tsc_step;
}

static uint16_t gate_ticks;

void pit_gate_load(uint16_t ticks)
{
	gate_ticks = ticks;
	tsc += khz; /* however long that takes */
}

void pit_gate_open(void)
{
	gate_at = tsc + (gate_ticks + 1ull) * khz * 1000 / PIT_HZ;
	/* All but the second measurement are disturbed. */
	if (measured++ != 1)
		gate_at += khz * measured;
}

bool pit_gate_done(void)
{
	return !timer_is_dead && tsc >= gate_at;
}

int rtc_read(uint8_t century_register, uint64_t *seconds)
{
	assert_int_equal(century_register, 0x32);
	if (clock_is_dead)
		return -E_IO;
	*seconds = 1709251198;
	return 0;
}

const struct acpi_fixed *acpi_fixed(void)
{
	return &tables;
}

void log_line(enum log_level level, const char *subsystem, const char *format, ...)
{
	(void)level;
	(void)subsystem;
	(void)format;
}

static int start(void **state)
{
	(void)state;
	tsc = 0x123456789ABCull;
	measured = 0;
	timer_is_dead = clock_is_dead = false;
	cpuid_mhz = 0;
	tables.century = 0x32;
	return 0;
}

static const uint64_t frequencies[] = { 90000,	 999999,  1000000, 1000001,
					2400000, 3999123, 6100000 };

static void measured_to_100_ppm(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(frequencies); i++) {
		measured = 0;
		khz = frequencies[i];
		tsc_step = khz / 1000; /* a port read takes a microsecond */
		time_init();
		assert_true(time_tsc_khz() >= khz && time_tsc_khz() - khz <= khz / 10000);
	}
}

/* Against the exact quotient, for what a machine lives through and more. */
static void nanoseconds_are_exact(void **state)
{
	(void)state;
	tsc_step = 0;
	for (size_t i = 0; i < ARRAY_SIZE(frequencies); i++) {
		set_scale((uint32_t)frequencies[i]);
		for (uint64_t ticks = 1; ticks < 1ull << 60; ticks = ticks * 3 + 1) {
			unsigned __int128 product = (unsigned __int128)ticks * NS_PER_MS;
			uint64_t exact = (uint64_t)(product / frequencies[i]);
			uint64_t got;

			tsc = start_tsc + ticks;
			got = time_ns();
			/* The factor has 31 bits at least; what is cut off makes time slower. */
			assert_true(got <= exact && exact - got <= (exact >> 30) + 1);
		}
	}
}

static void time_never_runs_back(void **state)
{
	uint64_t last = 0;

	(void)state;
	khz = 2999999;
	tsc_step = 3000;
	time_init();
	tsc_step = 1;
	tsc = start_tsc + (1ull << 32) - 50000;
	for (unsigned i = 0; i < 100000; i++) {
		uint64_t now = time_ns();

		assert_true(now >= last);
		last = now;
	}
}

static void wall_clock(void **state)
{
	(void)state;
	khz = 1000000;
	tsc_step = 1000;
	time_init();
	tsc_step = 0;
	tsc = start_tsc;
	assert_int_equal(time_wall_ns(), 1709251198000000000ull);
	tsc += khz * 5000;
	assert_true(time_wall_ns() >= 1709251202999000000ull && time_wall_ns() <= 1709251203000000000ull);
	clock_is_dead = true;
	tsc_step = 1000;
	time_init();
	tsc = start_tsc - tsc_step;
	assert_int_equal(time_wall_ns(), 0);
}

static void dead_interval_timer(void **state)
{
	(void)state;
	khz = 2000000;
	tsc_step = 1u << 20;
	timer_is_dead = true;
	time_init();
	assert_int_equal(time_tsc_khz(), FALLBACK_KHZ);
	cpuid_mhz = 2600;
	time_init();
	assert_int_equal(time_tsc_khz(), 2600000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(measured_to_100_ppm, start),
		cmocka_unit_test_setup(nanoseconds_are_exact, start),
		cmocka_unit_test_setup(time_never_runs_back, start),
		cmocka_unit_test_setup(wall_clock, start),
		cmocka_unit_test_setup(dead_interval_timer, start),
	};

	return cmocka_run_group_tests_name("time", tests, NULL, NULL);
}

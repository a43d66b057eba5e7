// SPDX-License-Identifier: GPL-2.0-only
/* Tests of arch/tsc.c with a made-up TSC, two counters and an interval timer. */
#define UMBRA_ARCH_X86_H /* the processor is made up, too */

#include <stdint.h>

struct cpuid {
	uint32_t eax, ebx, ecx, edx;
};

static struct cpuid cpuid(uint32_t leaf, uint32_t subleaf);
static uint64_t read_tsc(void);
static void cpu_pause(void);

#include "arch/tsc.c"
#include "tests/unit/unit.h"

#include <string.h>

static uint64_t tsc, tsc_step;
static uint64_t khz; /* what the TSC really does */
static unsigned warnings, errors, pit_measured, reads;
static bool hpet_is_dead, pm_is_dead, pit_is_dead;
static uint32_t hpet_real_hz; /* what it counts at, whatever it claims */
static uint32_t cpuid_mhz;
static unsigned stall_every; /* every so many readings of a counter, the processor is away for a while */

void log_line(enum log_level level, const char *subsystem, const char *format, ...)
{
	(void)subsystem;
	(void)format;
	warnings += level == LOG_WARN;
	errors += level == LOG_ERROR;
}

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

static void cpu_pause(void)
{
	tsc += khz / 1000;
}

static uint32_t count(uint32_t hz)
{
	/* Reading takes a microsecond, and sometimes much more on either side of it. */
	if (stall_every && ++reads % stall_every == 0)
		tsc += 3 * khz;
	tsc += khz / 1000;
	return (uint32_t)((unsigned __int128)tsc * hz / (khz * 1000));
}

static uint32_t read_hpet(void)
{
	return hpet_is_dead ? UINT32_MAX : count(hpet_real_hz);
}

static uint32_t read_pm(void)
{
	/* What is above its 24 bits must not count. */
	return pm_is_dead ? 0 : (count(3579545) & 0xFFFFFF) | 0x5A000000;
}

static const struct counter hpet = { "hpet", read_hpet, UINT32_MAX, 14318180 };
static const struct counter pm = { "pmtimer", read_pm, 0xFFFFFF, 3579545 };

static uint64_t gate_at;
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
	if (pit_measured++ != 1)
		gate_at += khz * pit_measured;
}

bool pit_gate_done(void)
{
	return !pit_is_dead && tsc >= gate_at;
}

static int start(void **state)
{
	(void)state;
	tsc = 0x123456789ABCull;
	warnings = errors = pit_measured = reads = stall_every = 0;
	hpet_is_dead = pm_is_dead = pit_is_dead = false;
	hpet_real_hz = hpet.hz;
	cpuid_mhz = 0;
	khz = 2000000;
	tsc_step = 10;
	return 0;
}

static const uint64_t frequencies[] = { 90000,	 999999,  1000000, 1000001,
					2400000, 3999123, 6100000 };

static void assert_close(uint32_t got, uint32_t ppm)
{
	uint64_t off = got > khz ? got - khz : khz - got;

	assert_true(off * 1000000 <= khz * ppm);
}

static void set_frequency(uint64_t value)
{
	khz = value;
	tsc_step = khz / 10000 + 1;
	pit_measured = 0;
}

static void both_counters(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(frequencies); i++) {
		struct tsc_rate rate;

		set_frequency(frequencies[i]);
		/* Over the ends of both counters, too. */
		tsc = (uint64_t)khz * 1000 * ((1ull << 32) - (i % 2) * 100000) / hpet.hz;
		rate = tsc_measure(&hpet, &pm);
		assert_close(rate.khz, 100);
		assert_string_equal(rate.referee, "hpet");
		assert_string_equal(rate.second, "pmtimer");
		assert_true(rate.second_ppm <= 200);
	}
	assert_int_equal(warnings + errors + pit_measured, 0);
}

static void disturbed(void **state)
{
	(void)state;
	for (stall_every = 2; stall_every < 8; stall_every++)
		assert_close(tsc_measure(&hpet, &pm).khz, 100);
	assert_int_equal(warnings + errors, 0);
}

static void one_counter(void **state)
{
	struct tsc_rate rate = tsc_measure(NULL, &pm);

	(void)state;
	assert_close(rate.khz, 100);
	assert_string_equal(rate.referee, "pmtimer");
	assert_null(rate.second);
	rate = tsc_measure(&hpet, NULL);
	assert_close(rate.khz, 100);
	assert_string_equal(rate.referee, "hpet");
	/* One that stands still is none. */
	hpet_is_dead = true;
	rate = tsc_measure(&hpet, &pm);
	assert_close(rate.khz, 100);
	assert_string_equal(rate.referee, "pmtimer");
	assert_null(rate.second);
	hpet_is_dead = false;
	pm_is_dead = true;
	rate = tsc_measure(&hpet, &pm);
	assert_close(rate.khz, 100);
	assert_string_equal(rate.referee, "hpet");
	assert_int_equal(pit_measured, 0);
}

static void disagreement(void **state)
{
	struct tsc_rate rate;

	(void)state;
	hpet_real_hz = 10000000; /* it claims to be faster */
	rate = tsc_measure(&hpet, &pm);
	assert_close(rate.khz, 100);
	assert_string_equal(rate.referee, "pmtimer");
	assert_string_equal(rate.second, "hpet");
	assert_true(rate.second_ppm > 100000);
	assert_int_equal(warnings, 1);
	/* With nobody to decide, the first is believed. */
	pit_is_dead = true;
	tsc_step = 1u << 16;
	rate = tsc_measure(&hpet, &pm);
	assert_string_equal(rate.referee, "hpet");
}

static void interval_timer(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(frequencies); i++) {
		struct tsc_rate rate;

		set_frequency(frequencies[i]);
		tsc_step = khz / 1000; /* a port read takes a microsecond */
		rate = tsc_measure(NULL, NULL);
		assert_true(rate.khz >= khz && rate.khz - khz <= khz / 10000);
		assert_string_equal(rate.referee, "pit");
		assert_null(rate.second);
	}
}

static void nothing_counts(void **state)
{
	(void)state;
	tsc_step = 1u << 20;
	hpet_is_dead = pm_is_dead = pit_is_dead = true;
	assert_int_equal(tsc_measure(&hpet, &pm).khz, FALLBACK_KHZ);
	assert_int_equal(errors, 1);
	cpuid_mhz = 2600;
	assert_int_equal(tsc_measure(NULL, NULL).khz, 2600000);
	assert_int_equal(warnings, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(both_counters, start),
		cmocka_unit_test_setup(disturbed, start),
		cmocka_unit_test_setup(one_counter, start),
		cmocka_unit_test_setup(disagreement, start),
		cmocka_unit_test_setup(interval_timer, start),
		cmocka_unit_test_setup(nothing_counts, start),
	};

	return cmocka_run_group_tests_name("tsc", tests, NULL, NULL);
}

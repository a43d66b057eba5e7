// SPDX-License-Identifier: GPL-2.0-only
/* Tests of arch/board/tsc.c with a made-up TSC, two counters and an interval timer. */
#define UMBRA_ARCH_CPU_X86_H /* the processor is made up, too */

#include <stdint.h>

struct cpuid {
	uint32_t eax, ebx, ecx, edx;
};

static struct cpuid cpuid(uint32_t leaf, uint32_t subleaf);
static uint64_t read_tsc(void);
static void cpu_pause(void);

#include "arch/cpu/cpu_features.h"
#include "tests/unit/fake_port.h"

#include "arch/board/tsc.c"
#include "arch/board/tsc_without_counters.c"
#include "tests/unit/unit.h"

#include <string.h>

static uint64_t tsc, tsc_step, noise = 88172645463325252ull;
static bool is_noise;
static uint64_t khz; /* what the TSC really does */
static unsigned warnings, errors, pit_measured, reads;
static bool hpet_is_dead, pm_is_dead, pit_is_dead;
static uint32_t hpet_real_hz; /* what it counts at, whatever it claims */
static uint32_t cpuid_mhz;
static enum { NO_RTC, STILL_RTC, GOOD_RTC } rtc_kind;
static struct cpuid crystal, hypervisor_leaf;
static bool pit_is_absent;
static unsigned stall_every; /* readings of a counter after which the processor is away */

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
	if (leaf == 0x15)
		return crystal;
	if (leaf == 0x40000000)
		return (struct cpuid){ .eax = 0x40000010 };
	if (leaf == 0x40000010)
		return hypervisor_leaf;
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
	if (is_noise)
		return (uint32_t)(unit_random(&noise) >> 20);
	/* What is above its 24 bits must not count. */
	return pm_is_dead ? 0 : (count(3579545) & 0xFFFFFF) | 0x5A000000;
}

static const struct counter hpet = { "hpet", "fed00000", read_hpet, UINT32_MAX, 14318180 };
static const struct counter pm = { "pmtimer", "port 0608", read_pm, 0xFFFFFF, 3579545 };
static struct cpu_features features;

const struct cpu_features *cpu_features(void)
{
	return &features;
}

static uint32_t fake_port_read(uint16_t number)
{
	assert_int_equal(number, 0x80);
	return 0;
}

static void fake_port_written(uint16_t number, uint32_t value)
{
	fail_msg("port %x is written, %x", number, value);
}

/* Its seconds change when the TSC says so. */
bool rtc_is_there(void)
{
	return rtc_kind != NO_RTC;
}

uint8_t rtc_second(void)
{
	tsc += khz / 100;
	return rtc_kind == STILL_RTC ? 7 : (uint8_t)(tsc / (khz * 1000) % 60);
}

static uint64_t gate_at;
static uint16_t gate_ticks;

bool pit_gate_load(uint16_t ticks)
{
	gate_ticks = ticks;
	tsc += khz; /* however long that takes */
	return !pit_is_absent;
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
	rtc_kind = NO_RTC;
	crystal = hypervisor_leaf = (struct cpuid){ 0 };
	pit_is_absent = false;
	features = (struct cpu_features){ 0 };
	is_noise = false;
	khz = 2000000;
	tsc_step = 1000;
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
		rate = tsc_measure(&hpet, &pm, cpu_pause);
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
		assert_close(tsc_measure(&hpet, &pm, cpu_pause).khz, 100);
	assert_int_equal(warnings + errors, 0);
}

static void one_counter(void **state)
{
	struct tsc_rate rate = tsc_measure(NULL, &pm, cpu_pause);

	(void)state;
	assert_close(rate.khz, 100);
	assert_string_equal(rate.referee, "pmtimer");
	assert_null(rate.second);
	rate = tsc_measure(&hpet, NULL, cpu_pause);
	assert_close(rate.khz, 100);
	assert_string_equal(rate.referee, "hpet");
	/* One that stands still is none. */
	hpet_is_dead = true;
	rate = tsc_measure(&hpet, &pm, cpu_pause);
	assert_close(rate.khz, 100);
	assert_string_equal(rate.referee, "pmtimer");
	assert_null(rate.second);
	hpet_is_dead = false;
	pm_is_dead = true;
	rate = tsc_measure(&hpet, &pm, cpu_pause);
	assert_close(rate.khz, 100);
	assert_string_equal(rate.referee, "hpet");
	assert_int_equal(pit_measured, 0);
}

static void disagreement(void **state)
{
	struct tsc_rate rate;

	(void)state;
	hpet_real_hz = 10000000; /* it claims to be faster */
	rate = tsc_measure(&hpet, &pm, cpu_pause);
	assert_close(rate.khz, 100);
	assert_string_equal(rate.referee, "pmtimer");
	assert_string_equal(rate.second, "hpet");
	assert_true(rate.second_ppm > 100000);
	assert_int_equal(warnings, 2);
	/* With nobody to decide, the first is believed. */
	pit_is_dead = true;
	tsc_step = 1u << 16;
	rate = tsc_measure(&hpet, &pm, cpu_pause);
	assert_string_equal(rate.referee, "hpet");
}

static void interval_timer(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(frequencies); i++) {
		struct tsc_rate rate;

		set_frequency(frequencies[i]);
		tsc_step = khz / 1000; /* a port read takes a microsecond */
		rate = tsc_measure(NULL, NULL, cpu_pause);
		assert_true(rate.khz >= khz && rate.khz - khz <= khz / 10000);
		assert_string_equal(rate.referee, "pit");
		assert_null(rate.second);
	}
}

static void nothing_counts(void **state)
{
	struct tsc_rate rate;

	(void)state;
	tsc_step = 1u << 20;
	hpet_is_dead = pm_is_dead = pit_is_dead = true;
	rate = tsc_measure(&hpet, &pm, cpu_pause);
	assert_int_equal(rate.khz, FALLBACK_KHZ);
	assert_false(rate.usable[0] || rate.usable[1]);
	assert_int_equal(errors, 1);
	assert_int_equal(warnings, 2);
	cpuid_mhz = 2600;
	assert_int_equal(tsc_measure(NULL, NULL, cpu_pause).khz, 2600000);
	assert_int_equal(warnings, 3);
	crystal = (struct cpuid){ 2, 200, 24000000, 0 };
	assert_int_equal(tsc_measure(NULL, NULL, cpu_pause).khz, 2400000);
	hypervisor_leaf.eax = 2300000;
	assert_int_equal(tsc_measure(NULL, NULL, cpu_pause).khz, 2400000);
	features.hypervisor = true;
	assert_int_equal(tsc_measure(NULL, NULL, cpu_pause).khz, 2300000);
	/* A processor may claim what cannot be. */
	crystal = (struct cpuid){ 1, UINT32_MAX, UINT32_MAX, 0 };
	hypervisor_leaf.eax = UINT32_MAX;
	cpuid_mhz = 0;
	assert_int_equal(tsc_measure(NULL, NULL, cpu_pause).khz, FALLBACK_KHZ);
}

/* Which counters can be a clock is found by the same measurement. */
static void usable_counters(void **state)
{
	struct tsc_rate rate = tsc_measure(&hpet, &pm, cpu_pause);

	(void)state;
	assert_true(rate.usable[0] && rate.usable[1]);
	rate = tsc_measure(&hpet, NULL, cpu_pause);
	assert_true(rate.usable[0] && !rate.usable[1]);
	pm_is_dead = true;
	rate = tsc_measure(&hpet, &pm, cpu_pause);
	assert_true(rate.usable[0] && !rate.usable[1]);
	assert_int_equal(warnings, 1);
	hpet_is_dead = true;
	pm_is_dead = false;
	rate = tsc_measure(&hpet, &pm, cpu_pause);
	assert_true(!rate.usable[0] && rate.usable[1]);
	/* Alone, and dead: what a machine without an HPET was stopped by. */
	pm_is_dead = true;
	rate = tsc_measure(NULL, &pm, cpu_pause);
	assert_false(rate.usable[0] || rate.usable[1]);
	assert_string_equal(rate.referee, "pit");
}

/* A register that holds anything: neither believed, nor does it end the other's measurement. */
static void noise_is_no_counter(void **state)
{
	(void)state;
	is_noise = true;
	for (unsigned i = 0; i < 20; i++) {
		struct tsc_rate rate = tsc_measure(&hpet, &pm, cpu_pause);

		assert_close(rate.khz, 100);
		assert_true(rate.usable[0] && !rate.usable[1]);
		rate = tsc_measure(NULL, &pm, cpu_pause);
		assert_false(rate.usable[1]);
		assert_string_equal(rate.referee, "pit");
	}
}

/* One that is not what it claims is no clock, if somebody can tell which of them it is. */
static void wrong_rates(void **state)
{
	struct tsc_rate rate;

	(void)state;
	hpet_real_hz = 10000000;
	rate = tsc_measure(&hpet, &pm, cpu_pause);
	assert_true(!rate.usable[0] && rate.usable[1]);
	assert_int_equal(warnings, 2);
	/* So slow that it never comes to an end, or so fast that the TSC would crawl. */
	hpet_real_hz = 1000;
	rate = tsc_measure(&hpet, &pm, cpu_pause);
	assert_true(!rate.usable[0] && rate.usable[1]);
	khz = 50;
	tsc_step = 1;
	rate = tsc_measure(NULL, &pm, cpu_pause);
	assert_false(rate.usable[1]);
}

static void battery_clock(void **state)
{
	struct tsc_rate rate;

	(void)state;
	tsc_step = 1000;
	pit_is_absent = true;
	rtc_kind = GOOD_RTC;
	rate = tsc_measure(NULL, NULL, cpu_pause);
	assert_string_equal(rate.referee, "rtc");
	assert_close(rate.khz, 100);
	assert_int_equal(warnings + errors, 0);
	rtc_kind = STILL_RTC;
	tsc_step = 1u << 24;
	assert_string_equal(tsc_measure(NULL, NULL, cpu_pause).referee, "nobody");
	assert_int_equal(errors, 1);
}

static void tsc_that_stands_still(void **state)
{
	struct tsc_rate rate;

	(void)state;
	tsc_step = 0;
	rate = tsc_measure(NULL, NULL, cpu_pause);
	assert_true(rate.stands_still && rate.khz != 0);
	/* These count by the TSC, but when they are read they move. */
	rate = tsc_measure(&hpet, &pm, cpu_pause);
	assert_true(rate.stands_still && rate.usable[0] && rate.usable[1]);
	hpet_is_dead = true;
	rate = tsc_measure(&hpet, &pm, cpu_pause);
	assert_true(rate.stands_still && !rate.usable[0] && rate.usable[1]);
}

static unsigned pauses;

static void be_quick(void)
{
	pauses++;
	cpu_pause();
}

/* What has begun goes on: what was done meanwhile counts, and the result is as exact. */
static void in_two_parts(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(frequencies); i++) {
		struct tsc_rate rate;
		uint64_t begin;

		set_frequency(frequencies[i]);
		begin = tsc;
		assert_close(tsc_measure_first(&hpet, &pm), 10000);
		assert_in_range(tsc - begin, khz, khz * 13 / 10);
		tsc += 15 * khz;
		pauses = 0;
		rate = tsc_measure(&hpet, &pm, be_quick);
		assert_close(rate.khz, 100);
		assert_true(rate.usable[0] && rate.usable[1]);
		assert_true(pauses > 0 && tsc - begin < khz * 22);
		/* Long ago: no waiting at all. */
		assert_close(tsc_measure_first(NULL, &pm), 10000);
		tsc += 900 * khz;
		pauses = 0;
		assert_close(tsc_measure(NULL, &pm, be_quick).khz, 100);
		assert_true(pauses <= 1);
	}
	assert_int_equal(warnings + errors + pit_measured, 0);
}

/* After five seconds the PM timer has gone around: it is measured anew. */
static void second_part_too_late(void **state)
{
	(void)state;
	assert_close(tsc_measure_first(&hpet, &pm), 10000);
	tsc += 5000 * khz;
	assert_close(tsc_measure(&hpet, &pm, cpu_pause).khz, 100);
	assert_int_equal(warnings + errors, 0);
}

/* A counter that is good at first and then stops is found out all the same. */
static void goes_wrong_between(void **state)
{
	struct tsc_rate rate;

	(void)state;
	assert_close(tsc_measure_first(&hpet, &pm), 10000);
	hpet_is_dead = true;
	rate = tsc_measure(&hpet, &pm, cpu_pause);
	assert_close(rate.khz, 100);
	assert_true(!rate.usable[0] && rate.usable[1]);
}

/* With any doubt nothing has begun, and soon. */
static void no_first_part(void **state)
{
	uint64_t begin = tsc;

	(void)state;
	assert_int_equal(tsc_measure_first(NULL, NULL), 0);
	pm_is_dead = true;
	assert_int_equal(tsc_measure_first(&hpet, &pm), 0);
	assert_true(tsc - begin < TSC_GIVE_UP / 8);
	assert_close(tsc_measure(&hpet, &pm, cpu_pause).khz, 100);
	pm_is_dead = false;
	hpet_real_hz = hpet.hz / 50 * 49;
	assert_int_equal(tsc_measure_first(&hpet, &pm), 0);
	tsc_step = 0;
	assert_int_equal(tsc_measure_first(&hpet, &pm), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(both_counters, start),
		cmocka_unit_test_setup(disturbed, start),
		cmocka_unit_test_setup(in_two_parts, start),
		cmocka_unit_test_setup(second_part_too_late, start),
		cmocka_unit_test_setup(goes_wrong_between, start),
		cmocka_unit_test_setup(no_first_part, start),
		cmocka_unit_test_setup(one_counter, start),
		cmocka_unit_test_setup(disagreement, start),
		cmocka_unit_test_setup(interval_timer, start),
		cmocka_unit_test_setup(nothing_counts, start),
		cmocka_unit_test_setup(usable_counters, start),
		cmocka_unit_test_setup(noise_is_no_counter, start),
		cmocka_unit_test_setup(wrong_rates, start),
		cmocka_unit_test_setup(battery_clock, start),
		cmocka_unit_test_setup(tsc_that_stands_still, start),
	};

	return cmocka_run_group_tests_name("tsc", tests, NULL, NULL);
}

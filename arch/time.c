// SPDX-License-Identifier: GPL-2.0-only
/*
 * The clocks.  The TSC is measured once against the interval timer and then
 * turned into nanoseconds with a multiplication and a shift.  All CPUs' TSCs
 * are taken to run together, as they do on anything with more than one core.
 */
#include "arch/time.h"

#include "arch/acpi.h"
#include "arch/log.h"
#include "arch/pit.h"
#include "arch/rtc.h"
#include "arch/x86.h"
#include "lib/div64.h"

#include <stdbool.h>

#define NS_PER_SECOND 1000000000ull
#define NS_PER_MS 1000000ull

/* A measurement of 20 ms is good to 100 ppm when its end is noticed 2 microseconds late. */
#define MEASURE_TICKS 23863u
#define MEASURE_TRIES 3u

/* 20 ms of a processor of 100 GHz: a timer that counts is done long before. */
#define MEASURE_GIVE_UP (1ull << 31)

/* CPUID leaf that gives the base frequency in MHz, SDM vol. 2, CPUID. */
#define CPUID_FREQUENCY 0x16u

#define FALLBACK_KHZ 1000000u

/* Written by time_init alone. */
static uint64_t start_tsc;
static uint64_t start_wall_ns;
static uint32_t tsc_khz;
static uint32_t scale_factor; /* nanoseconds a tick, shifted left by scale_shift */
static unsigned scale_shift;

/* How many TSC ticks MEASURE_TICKS + 1 of the interval timer last; 0 when that stands still. */
static uint64_t measure_once(void)
{
	uint64_t start, ticks;

	pit_gate_load(MEASURE_TICKS);
	start = read_tsc();
	pit_gate_open();
	do {
		bool done = pit_gate_done();

		ticks = read_tsc() - start;
		if (done)
			return ticks;
	} while (ticks < MEASURE_GIVE_UP);
	return 0;
}

/*
 * Everything that disturbs a measurement (system management mode, an emulator
 * that is not scheduled) makes it longer, never shorter: the least is the best.
 */
static uint32_t measure_khz(void)
{
	uint64_t best = UINT64_MAX;

	for (unsigned i = 0; i < MEASURE_TRIES; i++) {
		uint64_t ticks = measure_once();

		if (ticks == 0)
			return 0;
		best = MIN(best, ticks);
	}
	return (uint32_t)(best * PIT_HZ / ((MEASURE_TICKS + 1) * 1000ull));
}

static uint32_t khz_by_cpuid(void)
{
	if (cpuid(0, 0).eax < CPUID_FREQUENCY)
		return 0;
	return (cpuid(CPUID_FREQUENCY, 0).eax & 0xFFFF) * 1000;
}

static uint32_t find_khz(void)
{
	uint32_t khz = measure_khz();

	if (khz != 0)
		return khz;
	khz = khz_by_cpuid();
	if (khz != 0) {
		log_warn("time", "the interval timer stands still; using the frequency the processor claims");
		return khz;
	}
	log_error("time", "the interval timer stands still; assuming 1 GHz, times will be wrong");
	return FALLBACK_KHZ;
}

/* The largest factor that fits in 32 bits gives the best resolution. */
static void set_scale(uint32_t khz)
{
	scale_shift = 32;
	while ((NS_PER_MS << scale_shift) / khz > UINT32_MAX)
		scale_shift--;
	scale_factor = (uint32_t)((NS_PER_MS << scale_shift) / khz);
}

static void read_wall_clock(void)
{
	uint64_t seconds = 0;

	if (rtc_read(acpi_fixed()->century, &seconds) != 0)
		log_warn("time", "the battery clock shows no date; the wall clock starts in 1970");
	start_wall_ns = seconds * NS_PER_SECOND;
}

void time_init(void)
{
	tsc_khz = find_khz();
	start_tsc = read_tsc();
	set_scale(tsc_khz);
	read_wall_clock();
	log_info("time", "TSC runs at %u.%03u MHz", tsc_khz / 1000, tsc_khz % 1000);
}

uint64_t time_ns(void)
{
	return mul_u64_u32_shift(read_tsc() - start_tsc, scale_factor, scale_shift);
}

uint64_t time_wall_ns(void)
{
	return start_wall_ns + time_ns();
}

uint32_t time_tsc_khz(void)
{
	return tsc_khz;
}

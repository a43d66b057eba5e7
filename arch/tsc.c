// SPDX-License-Identifier: GPL-2.0-only
/*
 * Measuring the TSC.  A counter is read between two readings of the TSC, so how
 * exact a reading is, is known: the best of several is taken, and neither
 * system management mode nor an emulator that is not scheduled does harm.
 */
#include "arch/tsc.h"

#include "arch/log.h"
#include "arch/pit.h"
#include "arch/x86.h"
#include "lib/compiler.h"

#include <stdbool.h>
#include <stddef.h>

#define READINGS 8u

/* A measurement lasts a second divided by this. */
#define SPAN 50u

/* 20 ms of a processor of 100 GHz: a counter that counts is done long before. */
#define GIVE_UP (1ull << 31)

/* Farther apart than any two quartzes, and nearer than two that are not what they claim. */
#define DISAGREE_PPM 1000u

/* The interval timer: 20 ms are good to 100 ppm when their end is noticed 2 microseconds late. */
#define PIT_TICKS 23863u
#define PIT_TRIES 3u

/* CPUID leaf that gives the base frequency in MHz, SDM vol. 2, CPUID. */
#define CPUID_FREQUENCY 0x16u

#define FALLBACK_KHZ 1000000u

struct reading {
	uint64_t tsc;
	uint32_t count;
};

static struct reading read_both(const struct counter *counter)
{
	uint64_t best = UINT64_MAX;
	struct reading reading = { 0, 0 };

	for (unsigned i = 0; i < READINGS; i++) {
		uint64_t before = read_tsc();
		uint32_t count = counter->read();
		uint64_t width = read_tsc() - before;

		if (width < best) {
			best = width;
			reading = (struct reading){ before + width / 2, count };
		}
	}
	return reading;
}

static bool is_over(const struct counter *counter, const struct reading *start)
{
	return counter && ((counter->read() - start->count) & counter->mask) >= counter->hz / SPAN;
}

static uint32_t khz_between(const struct counter *counter, const struct reading *start)
{
	struct reading end = read_both(counter);
	uint32_t count = (end.count - start->count) & counter->mask;

	if (count < counter->hz / SPAN / 2)
		return 0;
	return (uint32_t)((end.tsc - start->tsc) * counter->hz / (count * 1000ull));
}

/* khz[i] is what counters[i] says; 0: it is not there, or stands still. */
static void measure_by_counters(const struct counter *const counters[2], uint32_t khz[2])
{
	struct reading start[2] = { { 0, 0 }, { 0, 0 } };
	uint64_t begin = read_tsc();

	khz[0] = khz[1] = 0;
	if (!counters[0] && !counters[1])
		return;
	for (unsigned i = 0; i < 2; i++)
		if (counters[i])
			start[i] = read_both(counters[i]);
	while (!is_over(counters[0], &start[0]) && !is_over(counters[1], &start[1]) &&
	       read_tsc() - begin < GIVE_UP)
		cpu_pause();
	for (unsigned i = 0; i < 2; i++)
		if (counters[i])
			khz[i] = khz_between(counters[i], &start[i]);
}

/* How many TSC ticks PIT_TICKS + 1 of the interval timer last; 0 when that stands still. */
static uint64_t measure_by_pit_once(void)
{
	uint64_t start, ticks;

	pit_gate_load(PIT_TICKS);
	start = read_tsc();
	pit_gate_open();
	do {
		bool done = pit_gate_done();

		ticks = read_tsc() - start;
		if (done)
			return ticks;
	} while (ticks < GIVE_UP);
	return 0;
}

/* Every disturbance makes a measurement longer, never shorter: the least is the best. */
static uint32_t measure_by_pit(void)
{
	uint64_t best = UINT64_MAX;

	for (unsigned i = 0; i < PIT_TRIES; i++) {
		uint64_t ticks = measure_by_pit_once();

		if (ticks == 0)
			return 0;
		best = MIN(best, ticks);
	}
	return (uint32_t)(best * PIT_HZ / ((PIT_TICKS + 1) * 1000ull));
}

static uint32_t khz_by_cpuid(void)
{
	if (cpuid(0, 0).eax < CPUID_FREQUENCY)
		return 0;
	return (cpuid(CPUID_FREQUENCY, 0).eax & 0xFFFF) * 1000;
}

static uint32_t apart_ppm(uint32_t khz, uint32_t other)
{
	uint32_t difference = khz > other ? khz - other : other - khz;
	uint64_t ppm = difference * 1000000ull / khz;

	return (uint32_t)MIN(ppm, (uint64_t)UINT32_MAX);
}

static struct tsc_rate find_without_counters(void)
{
	uint32_t khz = measure_by_pit();

	if (khz != 0)
		return (struct tsc_rate){ .khz = khz, .referee = "pit" };
	khz = khz_by_cpuid();
	if (khz != 0) {
		log_warn("time", "no timer counts; using the frequency the processor claims");
		return (struct tsc_rate){ .khz = khz, .referee = "cpuid" };
	}
	log_error("time", "no timer counts; assuming 1 GHz, times will be wrong");
	return (struct tsc_rate){ .khz = FALLBACK_KHZ, .referee = "nobody" };
}

/* Two that disagree: whom the interval timer is nearer to is right, or the first. */
static unsigned choose(const struct counter *const counters[2], const uint32_t khz[2])
{
	uint32_t pit = measure_by_pit();
	unsigned right = pit != 0 && apart_ppm(pit, khz[1]) < apart_ppm(pit, khz[0]) ? 1 : 0;

	log_warn("time", "the TSC runs at %u kHz by %s, at %u by %s, at %u by pit; taking %s", khz[0],
		 counters[0]->name, khz[1], counters[1]->name, pit, counters[right]->name);
	return right;
}

struct tsc_rate tsc_measure(const struct counter *first, const struct counter *second)
{
	const struct counter *const counters[2] = { first, second };
	uint32_t khz[2];
	unsigned right = 0;

	measure_by_counters(counters, khz);
	if (khz[0] == 0 && khz[1] == 0)
		return find_without_counters();
	if (khz[0] == 0 || khz[1] == 0) {
		right = khz[0] == 0 ? 1 : 0;
		return (struct tsc_rate){ .khz = khz[right], .referee = counters[right]->name };
	}
	if (apart_ppm(khz[0], khz[1]) > DISAGREE_PPM)
		right = choose(counters, khz);
	return (struct tsc_rate){ khz[right], counters[right]->name, counters[!right]->name,
				  apart_ppm(khz[right], khz[!right]) };
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Chooses the clock among the TSC, the HPET and the PM timer, and replaces a clock that fails by
 * another one that works.  The TSCs of all CPUs are assumed to agree until clock_leave_tsc says
 * that they do not; clock_watch.c detects the other failures.
 */
#include "arch/board/clock.h"

#include "arch/board/acpi.h"
#include "arch/board/hpet.h"
#include "arch/board/pm_timer.h"
#include "arch/board/rtc.h"
#include "arch/board/tsc.h"
#include "arch/cpu/cpu_features.h"
#include "arch/cpu/log.h"
#include "arch/cpu/panic.h"
#include "arch/cpu/time_limit.h"
#include "arch/cpu/x86.h"
#include "lib/compiler.h"
#include "lib/error.h"

#define NS_PER_SECOND 1000000000ull
#define NS_PER_MS 1000000u

/* A counter wraps around after some seconds; reading it in half of that time allows for delays. */
#define KEEP_FRACTION 2u

/* So many readings of a running counter are never all the same: each takes 100 ns or so. */
#define ALIVE_READS 10000u

/* In the order in which they are tried when another one fails. */
enum { HPET, PM_TIMER, TSC, CLOCKS };

static struct clock clocks[CLOCKS];

static uint64_t keep_ns_of(const struct counter *counter)
{
	return (uint64_t)counter->mask * NS_PER_SECOND / counter->hz / KEEP_FRACTION;
}

uint64_t clock_keep_ns(void)
{
	uint64_t least = UINT64_MAX;

	if (time_is_tsc())
		return 0;
	/* The shortest of all: another counter may become the clock between two readings. */
	for (unsigned i = 0; i < CLOCKS; i++)
		if (clocks[i].usable && clocks[i].counter)
			least = MIN(least, keep_ns_of(clocks[i].counter));
	return least;
}

static const char *name_of(const struct clock *clock)
{
	return clock->counter ? clock->counter->name : "tsc";
}

const char *clock_name(void)
{
	return name_of(time_clock());
}

/* --- leaving a clock --------------------------------------------------------------------- */

static bool is_alive(const struct clock *clock)
{
	uint64_t before = read_tsc();
	uint32_t count;

	if (!clock->counter) {
		for (unsigned i = 0; i < ALIVE_READS; i++)
			if (read_tsc() != before)
				return true;
		return false;
	}
	count = clock->counter->read();
	for (unsigned i = 0; i < ALIVE_READS; i++)
		if ((clock->counter->read() ^ count) & clock->counter->mask)
			return true;
	return false;
}

static struct clock *find_another(const struct clock *failed)
{
	for (unsigned i = 0; i < CLOCKS; i++)
		if (&clocks[i] != failed && clocks[i].usable && is_alive(&clocks[i]))
			return &clocks[i];
	return NULL;
}

bool clock_leave_tsc(void)
{
	struct clock *other = find_another(&clocks[TSC]);
	uint64_t now = time_ns();

	if (!other)
		return false;
	clocks[TSC].usable = false;
	time_use_clock(other, now);
	return true;
}

bool clock_leave(const char *cause)
{
	static bool is_leaving;
	struct clock *failed, *other;

	/* Two CPUs can notice the failure at once; the first one handles it. */
	if (__atomic_exchange_n(&is_leaving, true, __ATOMIC_ACQUIRE))
		return true;
	failed = time_clock();
	other = find_another(failed);
	if (other) {
		failed->usable = false;
		time_use_clock(other, time_ns());
		log_warn("time", "the clock %s is given up: %s; the clock is %s from now on",
			 name_of(failed), cause, name_of(other));
	}
	__atomic_store_n(&is_leaving, false, __ATOMIC_RELEASE);
	return other != NULL;
}

void clock_leave_stopped(void)
{
	if (!clock_leave("it stands still"))
		panic("the clock %s stands still, and there is no other", clock_name());
}

/*
 * For time limits (arch/cpu/time_limit.h): during a panic waits end and the clock is not replaced.
 */
static bool wait_is_stuck(void)
{
	if (panic_has_begun())
		return true;
	clock_leave_stopped();
	return false;
}

/* --- start --------------------------------------------------------------------------- */

static void read_wall_clock(void)
{
	uint64_t seconds = 0;
	int error = rtc_read(acpi_fixed()->century, &seconds);

	if (error)
		log_warn("time", "%s; the wall clock starts in 1970",
			 error == -E_NOENT ? "there is no battery clock" :
			 error == -E_RANGE ? "the battery clock shows no date" :
					     "the battery clock does not come to rest");
	time_set_wall_start(seconds * NS_PER_SECOND - time_ns());
}

/* Under a hypervisor the TSC is the hypervisor's, and keeps one rate without saying so. */
static bool tsc_is_constant(void)
{
	return cpu_features()->constant_tsc || cpu_features()->hypervisor;
}

static struct clock *choose(enum clock_source wanted)
{
	struct clock *counter = clocks[HPET].usable ? &clocks[HPET] :
				clocks[PM_TIMER].usable ? &clocks[PM_TIMER] : NULL;

	if (wanted == CLOCK_HPET && !clocks[HPET].usable)
		log_warn("time", "clock=hpet: there is none");
	if (wanted == CLOCK_PM_TIMER && !clocks[PM_TIMER].usable)
		log_warn("time", "clock=pmtimer: there is none");
	if (wanted == CLOCK_HPET && clocks[HPET].usable)
		return &clocks[HPET];
	if (wanted == CLOCK_PM_TIMER && clocks[PM_TIMER].usable)
		return &clocks[PM_TIMER];
	if (!clocks[TSC].usable)
		return counter;
	if (tsc_is_constant())
		return &clocks[TSC];
	if (wanted == CLOCK_TSC) {
		log_warn("time", "the TSC may change its rate, and with it the time of Umbra and "
			 "of guests");
		return &clocks[TSC];
	}
	if (!counter) {
		log_warn("time", "the TSC may change its rate, and there is no other clock");
		return &clocks[TSC];
	}
	log_warn("time", "the TSC may change its rate: guests are told not to use it "
		 "(clock=tsc changes that)");
	return counter;
}

static void report(const struct tsc_rate *rate)
{
	if (rate->stands_still)
		log_info("time", "clock %s", clock_name());
	else if (rate->second)
		log_info("time", "clock %s; the TSC runs at %u.%03u MHz by %s, %u ppm off by %s",
			 clock_name(), rate->khz / 1000, rate->khz % 1000, rate->referee,
			 rate->second_ppm, rate->second);
	else
		log_info("time", "clock %s; the TSC runs at %u.%03u MHz by %s", clock_name(),
			 rate->khz / 1000, rate->khz % 1000, rate->referee);
}

static const struct counter *opened[TSC];	/* NULL: there is none */

static enum clock_source source_wanted;
static uint64_t began;		/* what the TSC showed when time began */
static bool has_begun;		/* there is a time by the first rate */

static uint64_t age_ns(uint32_t khz)
{
	return (read_tsc() - began) * NS_PER_MS / khz;
}

static void measure(void (*meanwhile)(void))
{
	struct tsc_rate rate = tsc_measure(opened[HPET], opened[PM_TIMER], meanwhile);
	struct clock *chosen;

	time_set_tsc_khz(rate.khz);
	for (unsigned i = HPET; i < TSC; i++)
		clocks[i] = (struct clock){ .counter = opened[i], .usable = rate.usable[i] };
	clocks[TSC] = (struct clock){ .usable = !rate.stands_still };
	chosen = choose(source_wanted);
	if (!chosen)
		panic("no clock of this machine counts: neither the TSC, nor an HPET, nor an ACPI "
		      "PM timer");
	/* Waits may have begun by the first rate: time goes on from there and does not jump. */
	time_use_clock(chosen, has_begun ? time_ns() : age_ns(rate.khz));
	time_limit_set_stuck(wait_is_stuck);
	read_wall_clock();
	report(&rate);
}

void clock_begin(enum clock_source source, mmio_map_t *map, uint64_t tsc)
{
	static struct clock first;	/* by a rate that is good to a per cent or so */
	uint32_t khz;

	source_wanted = source;
	began = tsc;
	opened[HPET] = hpet_open(map);
	opened[PM_TIMER] = pm_timer_open();
	khz = tsc_measure_first(opened[HPET], opened[PM_TIMER]);
	has_begun = khz != 0;
	if (has_begun) {
		time_set_tsc_khz(khz);
		time_use_clock(&first, age_ns(khz));
	} else {
		measure(cpu_pause);
	}
}

void clock_end(void (*meanwhile)(void))
{
	if (has_begun)
		measure(meanwhile);
	has_begun = false;
}

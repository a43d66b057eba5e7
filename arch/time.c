// SPDX-License-Identifier: GPL-2.0-only
/*
 * The clocks.  Ticks are turned into nanoseconds with a multiplication and a
 * shift.  All CPUs' TSCs are taken to run together, until time_leave_tsc says that
 * they do not.
 */
#include "arch/time.h"

#include "arch/acpi.h"
#include "arch/cpu_features.h"
#include "arch/hpet.h"
#include "arch/log.h"
#include "arch/pm_timer.h"
#include "arch/rtc.h"
#include "arch/tsc.h"
#include "arch/x86.h"
#include "lib/compiler.h"
#include "lib/div64.h"

#define NS_PER_SECOND 1000000000ull
#define NS_PER_MS 1000000u

/* A counter wraps around after some seconds; half of that leaves room for delays. */
#define KEEP_FRACTION 2u

/* Written by time_init alone. */
static uint64_t start;		 /* what the clock's source showed */
static uint64_t start_wall_ns;
static uint32_t tsc_khz;
static uint32_t scale_factor; /* nanoseconds a tick, times 2^32, divided by 2^scale_shift */
static unsigned scale_shift;
static uint32_t tsc_factor; /* TSC ticks a nanosecond, in the same way, rounded up */
static unsigned tsc_shift;
static const struct counter *counter; /* what the clock reads; NULL: the TSC */
static const struct counter *other_counter; /* what it could read in place of the TSC; or NULL */

/* The counter's value carried on beyond its width, as of the last reading by any CPU. */
static uint64_t counted;

static uint64_t read_counted(void)
{
	for (;;) {
		/* Read before the counter is: so it is never ahead of what is read then. */
		uint64_t last = __sync_val_compare_and_swap(&counted, 0, 0);
		uint64_t now = last + ((counter->read() - (uint32_t)last) & counter->mask);

		if (__sync_bool_compare_and_swap(&counted, last, now))
			return now;
	}
}

/* The upper two thirds of a product of 96 bits: asked for all the time, so without a variable shift. */
static inline uint64_t ns_of(uint64_t ticks)
{
	/* Slower than 1 GHz, where a tick is longer than the factor can tell. */
	if (unlikely(scale_shift))
		ticks <<= scale_shift;
	return (ticks >> 32) * scale_factor + ((ticks & UINT32_MAX) * scale_factor >> 32);
}

uint64_t time_ns(void)
{
	if (unlikely(counter))
		return ns_of(read_counted() - start);
	return ns_of(read_tsc() - start);
}

uint64_t time_wall_ns(void)
{
	return start_wall_ns + time_ns();
}

uint32_t time_tsc_khz(void)
{
	return tsc_khz;
}

bool time_is_tsc(void)
{
	return !counter;
}

uint64_t time_tsc_at(uint64_t deadline)
{
	uint64_t tsc = read_tsc();
	uint64_t now = ns_of(tsc - start);

	/* From now, not from the start: the factors' rounding would add up over days. */
	if (deadline > now)
		tsc += mul_u64_u32_shift(deadline - now, tsc_factor, tsc_shift) + 1;
	return tsc;
}

uint64_t time_keep_ns(void)
{
	if (!counter)
		return 0;
	return (uint64_t)counter->mask * NS_PER_SECOND / counter->hz / KEEP_FRACTION;
}

const char *time_source(void)
{
	return counter ? counter->name : "tsc";
}

/* --- start --------------------------------------------------------------------------- */

static void set_scale(uint64_t hz)
{
	scale_shift = 0;
	while (hz << scale_shift <= NS_PER_SECOND)
		scale_shift++;
	scale_factor = (uint32_t)((NS_PER_SECOND << 32) / (hz << scale_shift));
}

/* The inverse of the other factor as it came out, not of the rate: they must fit each other. */
static void set_tsc_scale(void)
{
	uint64_t one = 1ull << (32 - scale_shift);

	tsc_shift = 31;
	while ((one << tsc_shift) / scale_factor >= UINT32_MAX)
		tsc_shift--;
	tsc_factor = (uint32_t)((one << tsc_shift) / scale_factor) + 1;
}

static void read_wall_clock(void)
{
	uint64_t seconds = 0;

	if (rtc_read(acpi_fixed()->century, &seconds) != 0)
		log_warn("time", "the battery clock shows no date; the wall clock starts in 1970");
	start_wall_ns = seconds * NS_PER_SECOND - time_ns();
}

/* Under a hypervisor the TSC is the hypervisor's, and keeps one rate without saying so. */
static bool tsc_is_constant(void)
{
	return cpu_features()->constant_tsc || cpu_features()->hypervisor;
}

static const struct counter *choose(enum clock_source wanted, const struct counter *hpet,
				    const struct counter *pm_timer)
{
	if (wanted == CLOCK_HPET && !hpet)
		log_warn("time", "clock=hpet: there is none");
	if (wanted == CLOCK_PM_TIMER && !pm_timer)
		log_warn("time", "clock=pmtimer: there is none");
	if (wanted == CLOCK_HPET && hpet)
		return hpet;
	if (wanted == CLOCK_PM_TIMER && pm_timer)
		return pm_timer;
	if (tsc_is_constant())
		return NULL;
	if (wanted == CLOCK_TSC) {
		log_warn("time", "the TSC may change its rate, and with it the time of Umbra and of guests");
		return NULL;
	}
	if (!hpet && !pm_timer) {
		log_warn("time", "the TSC may change its rate, and there is no other clock");
		return NULL;
	}
	log_warn("time", "the TSC may change its rate: guests are told not to use it (clock=tsc changes that)");
	return hpet ? hpet : pm_timer;
}

/* Makes the time now age_ns. */
static void start_clock(uint64_t age_ns)
{
	if (counter) {
		set_scale(counter->hz);
		counted = counter->read() & counter->mask;
		start = counted - age_ns * counter->hz / NS_PER_SECOND;
	} else {
		set_scale((uint64_t)tsc_khz * 1000);
		set_tsc_scale();
		start = read_tsc() - age_ns * tsc_khz / NS_PER_MS;
	}
}

static void report(const struct tsc_rate *rate)
{
	if (rate->second)
		log_info("time", "clock %s; the TSC runs at %u.%03u MHz by %s, %u ppm off by %s", time_source(),
			 tsc_khz / 1000, tsc_khz % 1000, rate->referee, rate->second_ppm, rate->second);
	else
		log_info("time", "clock %s; the TSC runs at %u.%03u MHz by %s", time_source(), tsc_khz / 1000,
			 tsc_khz % 1000, rate->referee);
}

void time_init(enum clock_source wanted, mmio_map_t *map, uint64_t began)
{
	const struct counter *hpet = hpet_open(map);
	const struct counter *pm_timer = pm_timer_open();
	struct tsc_rate rate = tsc_measure(hpet, pm_timer);

	tsc_khz = rate.khz;
	counter = choose(wanted, hpet, pm_timer);
	other_counter = hpet ? hpet : pm_timer;
	start_clock((read_tsc() - began) * NS_PER_MS / tsc_khz);
	read_wall_clock();
	report(&rate);
}

bool time_leave_tsc(void)
{
	uint64_t now = time_ns();

	if (!other_counter)
		return false;
	counter = other_counter;
	start_clock(now);
	return true;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * The clocks.  Ticks are turned into nanoseconds with a multiplication and a
 * shift.  All CPUs' TSCs are taken to run together, until time_leave_tsc says that
 * they do not.  A clock that fails while it is in use (time_watch.c) hands over to another
 * one, which goes on from where it was: there is no lock, because what is current is one
 * pointer.
 */
#include "arch/board/time.h"

#include "arch/board/acpi.h"
#include "arch/board/hpet.h"
#include "arch/board/pm_timer.h"
#include "arch/board/rtc.h"
#include "arch/board/tsc.h"
#include "arch/cpu/cpu_features.h"
#include "arch/cpu/log.h"
#include "arch/cpu/panic.h"
#include "arch/cpu/x86.h"
#include "lib/compiler.h"
#include "lib/div64.h"
#include "lib/error.h"

#define NS_PER_SECOND 1000000000ull
#define NS_PER_MS 1000000u

/* A counter wraps around after some seconds; half of that leaves room for delays. */
#define KEEP_FRACTION 2u

/* A counter that is this near to wrapping around since it was read last has stepped back. */
#define STEP_BACK(mask) ((mask) - (mask) / 8)

/* So many readings in a row of a counter that runs are not all the same: each takes 100 ns or so. */
#define ALIVE_READS 10000u

/* What time can be made of.  Complete before it is the current one, and hardly changed then. */
struct clock {
	const struct counter *counter;	/* NULL: the TSC */
	bool usable;
	uint64_t start;			/* what it showed when time began */
	uint32_t factor;		/* nanoseconds a tick, times 2^32, divided by 2^shift */
	unsigned shift;
	uint64_t counted;	/* the counter's value carried on beyond its width, as read last by any CPU */
};

/* In the order in which they are tried when another one fails. */
enum { HPET, PM_TIMER, TSC, CLOCKS };

static struct clock clocks[CLOCKS];
static struct clock *current = &clocks[TSC];

/* Written by time_init alone. */
static uint64_t start_wall_ns;
static uint32_t tsc_khz;
static uint32_t tsc_factor; /* TSC ticks a nanosecond, as struct clock has it the other way, rounded up */
static unsigned tsc_shift;

static uint64_t read_counted(struct clock *clock)
{
	const struct counter *counter = clock->counter;

	for (;;) {
		/* Read before the counter is: so it is never ahead of what is read then. */
		uint64_t last = __sync_val_compare_and_swap(&clock->counted, 0, 0);
		uint32_t gone = (counter->read() - (uint32_t)last) & counter->mask;
		uint64_t now = last + gone;

		/* Time stands still until it has caught up, or is somebody else's. */
		if (unlikely(gone > STEP_BACK(counter->mask)))
			return last;
		if (__sync_bool_compare_and_swap(&clock->counted, last, now))
			return now;
	}
}

/* The upper two thirds of a product of 96 bits: asked for all the time, so without a variable shift. */
static inline uint64_t ns_of(const struct clock *clock, uint64_t ticks)
{
	/* Slower than 1 GHz, where a tick is longer than the factor can tell. */
	if (unlikely(clock->shift))
		ticks <<= clock->shift;
	return (ticks >> 32) * clock->factor + ((ticks & UINT32_MAX) * clock->factor >> 32);
}

uint64_t time_ns(void)
{
	struct clock *clock = READ_ONCE(current);

	if (unlikely(clock->counter))
		return ns_of(clock, read_counted(clock) - clock->start);
	return ns_of(clock, read_tsc() - clock->start);
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
	return READ_ONCE(current) == &clocks[TSC];
}

uint64_t time_tsc_at(uint64_t deadline)
{
	const struct clock *clock = &clocks[TSC];
	uint64_t tsc = read_tsc();
	uint64_t now = time_is_tsc() ? ns_of(clock, tsc - clock->start) : time_ns();

	/* From now, not from the start: the factors' rounding would add up over days. */
	if (deadline > now)
		tsc += mul_u64_u32_shift(deadline - now, tsc_factor, tsc_shift) + 1;
	return tsc;
}

static uint64_t keep_ns_of(const struct counter *counter)
{
	return (uint64_t)counter->mask * NS_PER_SECOND / counter->hz / KEEP_FRACTION;
}

uint64_t time_keep_ns(void)
{
	uint64_t least = UINT64_MAX;

	if (time_is_tsc())
		return 0;
	/* Of all of them: another may become the clock between one time and the next. */
	for (unsigned i = 0; i < CLOCKS; i++)
		if (clocks[i].usable && clocks[i].counter)
			least = MIN(least, keep_ns_of(clocks[i].counter));
	return least;
}

static const char *name_of(const struct clock *clock)
{
	return clock->counter ? clock->counter->name : "tsc";
}

const char *time_source(void)
{
	return name_of(READ_ONCE(current));
}

/* --- starting a clock ------------------------------------------------------------------ */

static void set_scale(struct clock *clock, uint64_t hz)
{
	clock->shift = 0;
	while (hz << clock->shift <= NS_PER_SECOND)
		clock->shift++;
	clock->factor = (uint32_t)((NS_PER_SECOND << 32) / (hz << clock->shift));
}

/* The inverse of the other factor as it came out, not of the rate: they must fit each other. */
static void set_tsc_scale(const struct clock *clock)
{
	uint64_t one = 1ull << (32 - clock->shift);

	tsc_shift = 31;
	while ((one << tsc_shift) / clock->factor >= UINT32_MAX)
		tsc_shift--;
	tsc_factor = (uint32_t)((one << tsc_shift) / clock->factor) + 1;
}

/* Makes it the current one, and the time now age_ns. */
static void start_clock(struct clock *clock, uint64_t age_ns)
{
	const struct counter *counter = clock->counter;

	if (counter) {
		set_scale(clock, counter->hz);
		clock->counted = counter->read() & counter->mask;
		clock->start = clock->counted - age_ns * counter->hz / NS_PER_SECOND;
	} else {
		set_scale(clock, (uint64_t)tsc_khz * 1000);
		set_tsc_scale(clock);
		clock->start = read_tsc() - age_ns * tsc_khz / NS_PER_MS;
	}
	/* Others read it without a lock. */
	__atomic_store_n(&current, clock, __ATOMIC_RELEASE);
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

bool time_leave_tsc(void)
{
	struct clock *other = find_another(&clocks[TSC]);
	uint64_t now = time_ns();

	if (!other)
		return false;
	clocks[TSC].usable = false;
	start_clock(other, now);
	return true;
}

bool time_leave(const char *cause)
{
	static bool is_leaving;
	struct clock *failed, *other;

	/* Two CPUs can notice it at once; then one of them is enough. */
	if (__atomic_exchange_n(&is_leaving, true, __ATOMIC_ACQUIRE))
		return true;
	failed = READ_ONCE(current);
	other = find_another(failed);
	if (other) {
		failed->usable = false;
		start_clock(other, time_ns());
		log_warn("time", "the clock %s is given up: %s; the clock is %s from now on",
			 name_of(failed), cause, name_of(other));
	}
	__atomic_store_n(&is_leaving, false, __ATOMIC_RELEASE);
	return other != NULL;
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
	start_wall_ns = seconds * NS_PER_SECOND - time_ns();
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
		log_warn("time", "the TSC may change its rate, and with it the time of Umbra and of guests");
		return &clocks[TSC];
	}
	if (!counter) {
		log_warn("time", "the TSC may change its rate, and there is no other clock");
		return &clocks[TSC];
	}
	log_warn("time", "the TSC may change its rate: guests are told not to use it (clock=tsc changes that)");
	return counter;
}

static void report(const struct tsc_rate *rate)
{
	if (rate->stands_still)
		log_info("time", "clock %s", time_source());
	else if (rate->second)
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
	struct clock *chosen;

	tsc_khz = rate.khz;
	clocks[HPET] = (struct clock){ .counter = hpet, .usable = rate.usable[0] };
	clocks[PM_TIMER] = (struct clock){ .counter = pm_timer, .usable = rate.usable[1] };
	clocks[TSC] = (struct clock){ .usable = !rate.stands_still };
	chosen = choose(wanted);
	if (!chosen)
		panic("no clock of this machine counts: neither the TSC, nor an HPET, nor an ACPI PM timer");
	start_clock(chosen, (read_tsc() - began) * NS_PER_MS / tsc_khz);
	read_wall_clock();
	report(&rate);
}

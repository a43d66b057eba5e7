// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reading the clock in use.  Ticks are turned into nanoseconds with a multiplication and a shift.
 * There is no lock: the clock in use is one pointer, and a new clock continues from the time of the
 * old one.
 */
#include "arch/cpu/time.h"

#include "arch/cpu/x86.h"
#include "lib/compiler.h"
#include "lib/div64.h"

#define NS_PER_SECOND 1000000000ull
#define NS_PER_MS 1000000u

/* A difference this close to the counter's whole range means that the counter stepped back. */
#define STEP_BACK(mask) ((mask) - (mask) / 8)

/* Used before the first clock: its factor is 0, so the time is 0. */
static struct clock no_clock;
static struct clock *current = &no_clock;

/* Written only at boot. */
static uint64_t start_wall_ns;
static uint32_t tsc_khz;
static uint32_t tsc_factor;	/* TSC ticks a nanosecond, scaled by tsc_shift and rounded up */
static unsigned tsc_shift;

/* --- asking --------------------------------------------------------------------------------- */

static uint64_t read_counted(struct clock *clock)
{
	const struct counter *counter = clock->counter;

	for (;;) {
		/* Read before the counter, so that it is never ahead of the counter's value. */
		uint64_t last = __sync_val_compare_and_swap(&clock->counted, 0, 0);
		uint32_t gone = (counter->read() - (uint32_t)last) & counter->mask;
		uint64_t now = last + gone;

		/* After a step back time stands still until the counter has caught up. */
		if (unlikely(gone > STEP_BACK(counter->mask)))
			return last;
		if (__sync_bool_compare_and_swap(&clock->counted, last, now))
			return now;
	}
}

/* The upper 64 bits of a 96-bit product.  Called very often, so it has no variable shift. */
static inline uint64_t ns_of(const struct clock *clock, uint64_t ticks)
{
	/* Clocks below 1 GHz: their factor needs the shift. */
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
	return !READ_ONCE(current)->counter;
}

uint64_t time_tsc_at(uint64_t deadline)
{
	struct clock *clock = READ_ONCE(current);
	uint64_t tsc = read_tsc();
	uint64_t now = clock->counter ? time_ns() : ns_of(clock, tsc - clock->start);

	/* Computed from now, not from boot: rounding errors would add up over days. */
	if (deadline > now)
		tsc += mul_u64_u32_shift(deadline - now, tsc_factor, tsc_shift) + 1;
	return tsc;
}

/* --- changing the clock ----------------------------------------------------------------------- */

static void set_scale(struct clock *clock, uint64_t hz)
{
	clock->shift = 0;
	while (hz << clock->shift <= NS_PER_SECOND)
		clock->shift++;
	clock->factor = (uint32_t)((NS_PER_SECOND << 32) / (hz << clock->shift));
}

/* The inverse of the rounded factor, not of the rate, so that both conversions agree. */
static void set_tsc_scale(const struct clock *clock)
{
	uint64_t one = 1ull << (32 - clock->shift);

	tsc_shift = 31;
	while ((one << tsc_shift) / clock->factor >= UINT32_MAX)
		tsc_shift--;
	tsc_factor = (uint32_t)((one << tsc_shift) / clock->factor) + 1;
}

void time_use_clock(struct clock *clock, uint64_t age_ns)
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
	/* Pairs with READ_ONCE of current: a CPU that sees the pointer sees the whole clock. */
	__atomic_store_n(&current, clock, __ATOMIC_RELEASE);
}

struct clock *time_clock(void)
{
	return READ_ONCE(current);
}

void time_set_tsc_khz(uint32_t khz)
{
	tsc_khz = khz;
}

void time_set_wall_start(uint64_t ns)
{
	start_wall_ns = ns;
}

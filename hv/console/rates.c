// SPDX-License-Identifier: GPL-2.0-only
/* Differences, divided by the time between.  Pure. */
#include "hv/console/rates.h"

#include "lib/compiler.h"
#include "lib/div64.h"

#define NS_PER_MS 1000000u
#define WHOLE 1000u	/* tenths of a per cent */

static uint32_t limit(uint64_t value)
{
	return (uint32_t)MIN(value, (uint64_t)UINT32_MAX);
}

/* Good for some hours of ticks at once. */
static uint64_t us_of(uint64_t ticks, uint32_t khz)
{
	return div_u64_u32(ticks * 1000, khz, NULL);
}

static uint32_t a_second(uint32_t count, uint32_t ms)
{
	return limit(div_u64_u32((uint64_t)count * 1000, ms, NULL));
}

/*
 * Microseconds in a millisecond are tenths of a per cent.  Never more than the whole: what is read
 * of another CPU is not all of one moment.
 */
static uint32_t share(uint64_t us, uint32_t ms)
{
	return (uint32_t)MIN(div_u64_u32(us, ms, NULL), (uint64_t)WHOLE);
}

static uint32_t average_ns(uint64_t ticks, uint32_t count, uint32_t khz)
{
	return count ? limit(div_u64_u32(us_of(ticks, khz) * 1000, count, NULL)) : 0;
}

static void read_exits(const struct guest_account *a, const struct guest_account *b, uint32_t ms,
		       uint32_t khz, struct rates *rates)
{
	uint32_t all = 0;
	uint64_t all_ticks = 0;

	for (unsigned class = 0; class < EXIT_CLASSES; class++) {
		uint32_t count = b->exits[class] - a->exits[class];
		uint64_t ticks = b->cost[class] - a->cost[class];

		rates->exits[class] = a_second(count, ms);
		rates->cost_ns[class] = average_ns(ticks, count, khz);
		all += count;
		all_ticks += ticks;
	}
	rates->all_exits = a_second(all, ms);
	rates->all_cost_ns = average_ns(all_ticks, all, khz);
}

void rates_between(const struct guest_sample *before, const struct guest_sample *after,
		   uint32_t khz, struct rates *rates)
{
	const struct guest_account *a = &before->account, *b = &after->account;
	uint32_t ms = limit(div_u64_u32(after->time - before->time, NS_PER_MS, NULL));
	uint32_t busy;

	ms = MAX(ms, 1u);
	*rates = (struct rates){
		.guest = share(us_of(b->guest_ticks - a->guest_ticks, khz), ms),
		.umbra = share(us_of(b->umbra_ticks - a->umbra_ticks, khz), ms),
		.stolen = share(div_u64_u32(after->stolen - before->stolen, 1000, NULL), ms),
		.frames = a_second(b->frames - a->frames, ms),
		.requests = a_second(b->requests - a->requests, ms),
	};
	busy = rates->guest + rates->umbra + rates->stolen;
	rates->waiting = busy < WHOLE ? WHOLE - busy : 0;
	read_exits(a, b, ms, khz, rates);
}

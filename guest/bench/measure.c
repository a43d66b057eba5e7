// SPDX-License-Identifier: GPL-2.0-only
/*
 * The measuring loop of the benchmark guest. Owns the count of what is taken off.
 */
#include "guest/bench/measure.h"

#include "guest/runtime/print.h"
#include "guest/runtime/timer.h"

#include <stddef.h>

/* The first pass pays for first times; the best of the others is the steady state. */
#define PASSES 4u

static uint64_t waited;

void measure_waited(uint32_t ticks)
{
	waited += ticks;
}

static void nothing(uint32_t round)
{
	(void)round;
}

static uint64_t loop(void (*volatile function)(uint32_t), uint32_t rounds)
{
	uint64_t start;

	waited = 0;
	start = clock_tsc();
	for (uint32_t i = 0; i < rounds; i++)
		function(i);
	return clock_tsc() - start - waited;
}

uint64_t measure_once(void (*function)(uint32_t), uint32_t rounds)
{
	uint64_t empty = loop(nothing, rounds);
	uint64_t ticks = loop(function, rounds);

	return ticks > empty ? ticks - empty : 0;
}

void measure_print(const char *name, uint64_t ticks, uint32_t operations)
{
	print("BENCH %s %u\n", name,
	      (uint32_t)divide_u64(ticks + operations / 2, operations, NULL));
}

uint64_t measure_best(void (*function)(uint32_t), uint32_t rounds)
{
	uint64_t best = UINT64_MAX;

	for (uint32_t pass = 0; pass < PASSES; pass++) {
		uint64_t ticks = measure_once(function, rounds);

		if (pass > 0 && ticks < best)
			best = ticks;
	}
	return best;
}

void measure(const char *name, void (*function)(uint32_t), uint32_t rounds)
{
	measure_print(name, measure_best(function, rounds), rounds);
}

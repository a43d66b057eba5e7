// SPDX-License-Identifier: GPL-2.0-only
/*
 * Converts by the TSC's measured rate, from the present backwards: so times agree with those of the
 * log, whatever the clock is, as far as the TSC runs evenly.
 */
#include "hv/trace/trace_time.h"

#include "arch/cpu/time.h"
#include "arch/cpu/x86.h"
#include "lib/compiler.h"
#include "lib/div64.h"

#define NS_PER_MS 1000000u

uint64_t trace_long_ticks_ns(uint64_t ticks)
{
	uint32_t khz = time_tsc_khz(), rest;
	uint64_t ms = div_u64_u32(ticks, khz, &rest);

	return ms * NS_PER_MS + div_u64_u32((uint64_t)rest * NS_PER_MS, khz, NULL);
}

uint32_t trace_ticks_ns(uint32_t ticks)
{
	return (uint32_t)MIN(trace_long_ticks_ns(ticks), (uint64_t)UINT32_MAX);
}

uint64_t trace_time_ns(uint64_t tsc)
{
	uint64_t now = time_ns(), age = trace_long_ticks_ns(read_tsc() - tsc);

	return age < now ? now - age : 0;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * One record of each CPU in turn.  A reader may begin anywhere, so the clock is told again after
 * every so many frames.
 */
#include "hv/trace/trace_drain.h"

#include "arch/cpu/time.h"
#include "arch/cpu/trace.h"

#define CLOCK_EVERY 256u	/* frames */

static uint32_t next[MAX_CPUS];	/* number of the record of each CPU that comes next */
static unsigned cpu_in_turn;
static uint32_t frames;

static bool seal(struct trace_frame *frame, enum trace_frame_type type)
{
	trace_frame_seal(frame, type, (uint8_t)frames);
	frames++;
	return true;
}

static bool tell_clock(struct trace_frame *frame)
{
	frame->payload.clock = (struct trace_clock){
		.format = TRACE_FORMAT, .tsc_khz = time_tsc_khz(), .tsc = read_tsc(),
		.ns = time_ns(), .cpus = cpu_count(),
	};
	return seal(frame, TRACE_FRAME_CLOCK);
}

static bool tell_lost(struct trace_frame *frame, unsigned cpu, uint32_t count)
{
	frame->payload.lost = (struct trace_lost){ read_tsc(), cpu, count, { 0 } };
	return seal(frame, TRACE_FRAME_LOST);
}

static bool has_news(unsigned cpu)
{
	uint32_t first, count = trace_ring_count(trace_ring_of(cpu), &first);

	return first + count != next[cpu];
}

/* The record that comes next of that CPU, which has one, or how many are missing before it. */
static bool take_from(unsigned cpu, struct trace_frame *frame)
{
	const struct trace_ring *ring = trace_ring_of(cpu);
	uint32_t lost = trace_ring_catch_up(ring, &next[cpu]);

	if (lost > 0)
		return tell_lost(frame, cpu, lost);
	if (!trace_ring_copy(ring, next[cpu]++, &frame->payload.record))
		return tell_lost(frame, cpu, 1);
	return seal(frame, TRACE_FRAME_RECORD);
}

bool trace_drain_next(struct trace_frame *frame)
{
	if (!trace_ring_of(0))
		return false;
	for (unsigned i = 0; i < cpu_count(); i++) {
		unsigned cpu = (cpu_in_turn + i) % cpu_count();

		if (!has_news(cpu))
			continue;
		if (frames % CLOCK_EVERY == 0)
			return tell_clock(frame);
		cpu_in_turn = (cpu + 1) % cpu_count();
		return take_from(cpu, frame);
	}
	return false;
}

void trace_drain_end(uint32_t newest)
{
	for (unsigned cpu = 0; cpu < cpu_count(); cpu++) {
		struct trace_ring *ring = trace_ring_of(cpu);

		if (!ring)
			continue;
		trace_ring_abandon(ring);
		if (ring->used > newest)
			ring->used = newest;
	}
}

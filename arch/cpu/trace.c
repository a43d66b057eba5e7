// SPDX-License-Identifier: GPL-2.0-only
/* One ring of records for each CPU, which that CPU alone writes to. */
#include "arch/cpu/trace.h"

static struct trace_ring rings[MAX_CPUS];

static struct trace_record record_of_now(enum trace_kind kind, const uint32_t words[TRACE_WORDS])
{
	const struct cpu *cpu = this_cpu();
	struct trace_record record = {
		.time = read_tsc(), .kind = (uint8_t)kind, .cpu = (uint8_t)cpu->id,
		.guest = cpu->trace_guest,
	};

	for (unsigned i = 0; i < TRACE_WORDS; i++)
		record.words[i] = words[i];
	return record;
}

void trace_write(enum trace_kind kind, const uint32_t words[TRACE_WORDS])
{
	struct trace_record record = record_of_now(kind, words);

	trace_ring_add(&rings[record.cpu], &record);
}

void trace_write_open(enum trace_kind kind, const uint32_t words[TRACE_WORDS])
{
	struct trace_record record = record_of_now(kind, words);

	trace_ring_open(&rings[record.cpu], &record);
}

void trace_write_rest(unsigned index, uint32_t value)
{
	trace_ring_close(&rings[this_cpu()->id], index, value);
}

void trace_interrupt(uint32_t vector, uint64_t began)
{
	if (began)
		trace_write(TRACE_IRQ, (const uint32_t[TRACE_WORDS]){ vector, trace_ticks(began) });
}

void trace_ring_give(unsigned cpu, struct trace_record *records, uint32_t count)
{
	trace_ring_init(&rings[cpu], records, count);
}

struct trace_ring *trace_ring_of(unsigned cpu)
{
	return rings[cpu].records ? &rings[cpu] : NULL;
}

// SPDX-License-Identifier: GPL-2.0-only
/* One ring of records for each CPU, which that CPU alone writes to. */
#include "arch/cpu/trace.h"

#define NO_VECTOR UINT32_MAX

static struct trace_ring rings[MAX_CPUS];
static uint32_t hidden_vector = NO_VECTOR;
static bool woken_by_hidden[MAX_CPUS];	/* since the CPU's last sleep; its own */

/* --- records -------------------------------------------------------------------------------- */

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

uint64_t trace_write_open(enum trace_kind kind, const uint32_t words[TRACE_WORDS])
{
	struct trace_record record = record_of_now(kind, words);

	trace_ring_open(&rings[record.cpu], &record);
	return record.time;
}

void trace_write_rest(unsigned index, uint32_t value)
{
	trace_ring_close(&rings[this_cpu()->id], index, value);
}

/* --- interrupts and sleep ------------------------------------------------------------------- */

void trace_hide_vector(uint32_t vector)
{
	hidden_vector = vector;
}

bool trace_is_hidden(uint32_t vector)
{
	return vector == hidden_vector;
}

void trace_interrupt(uint32_t vector, uint64_t began)
{
	if (trace_is_hidden(vector))
		woken_by_hidden[this_cpu()->id] = true;
	else
		trace_write(TRACE_IRQ, (const uint32_t[TRACE_WORDS]){ vector, trace_ticks(began) });
}

void trace_sleep(uint64_t began)
{
	bool *hidden = &woken_by_hidden[this_cpu()->id];
	uint64_t ticks = read_tsc() - began;

	if (!*hidden)
		trace_write(TRACE_IDLE, (const uint32_t[TRACE_WORDS]){
			(uint32_t)ticks, (uint32_t)(ticks >> 32) });
	*hidden = false;
}

/* --- the rings ------------------------------------------------------------------------------ */

void trace_ring_give(unsigned cpu, struct trace_record *records, uint32_t count)
{
	trace_ring_init(&rings[cpu], records, count);
}

struct trace_ring *trace_ring_of(unsigned cpu)
{
	return rings[cpu].records ? &rings[cpu] : NULL;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The trace: each CPU writes down what happens on it, in a ring of its own (lib/trace_ring.h).
 * Here is what the places that something happens at call.  Which kinds a CPU writes is a mask in
 * struct cpu, which hv/trace/trace_filter.c keeps: 0 while nothing is traced, and while a guest
 * runs that is not to be traced.
 *
 * The rings are Umbra's alone: no guest's tables map them.
 */
#ifndef UMBRA_ARCH_CPU_TRACE_H
#define UMBRA_ARCH_CPU_TRACE_H

#include "arch/cpu/cpu.h"
#include "arch/cpu/x86.h"
#include "lib/compiler.h"
#include "lib/trace_ring.h"

/* In the mask of a CPU: the account of the guest that runs is kept (hv/guest/guest_account.h). */
#define TRACE_ACCOUNT BIT(31)
_Static_assert(TRACE_KINDS < 31, "the last bit is no kind");

static inline bool trace_keeps_account(void)
{
	return unlikely(this_cpu()->trace_kinds & TRACE_ACCOUNT);
}

/* Does this CPU write records of that kind now?  Three instructions when not. */
static inline bool trace_is_on(enum trace_kind kind)
{
	return unlikely(this_cpu()->trace_kinds & BIT(kind));
}

/* Writes a record of now, whatever the mask says.  Not from an NMI. */
void trace_write(enum trace_kind kind, const uint32_t words[TRACE_WORDS]);

/*
 * The same for a record whose words[index] is known later: trace_write_rest gives it, before
 * another one is begun.  Returns the time of the record.
 */
uint64_t trace_write_open(enum trace_kind kind, const uint32_t words[TRACE_WORDS]);
void trace_write_rest(unsigned index, uint32_t value);

/* trace(KIND, words...): writes a record, with up to 5 words, if its kind is on. */
#define trace(kind_, ...)								\
	do {										\
		if (trace_is_on(kind_))							\
			trace_write(kind_, (const uint32_t[TRACE_WORDS]){ __VA_ARGS__ });	\
	} while (0)

/* When something begins that a record of that kind will tell: the TSC, or 0 if it is off. */
static inline uint64_t trace_begin(enum trace_kind kind)
{
	return trace_is_on(kind) ? read_tsc() : 0;
}

/* Ticks since trace_begin, or since another reading of the TSC; 0xFFFFFFFF for more than that. */
static inline uint32_t trace_ticks(uint64_t began)
{
	uint64_t ticks = read_tsc() - began;

	return (uint32_t)MIN(ticks, (uint64_t)UINT32_MAX);
}

/*
 * The interrupts by that vector leave no records: they are those of the device that takes records
 * out of the machine, and would never end.  Boot time only.
 */
void trace_hide_vector(uint32_t vector);

/* Is it the one?  Any CPU. */
bool trace_is_hidden(uint32_t vector);

/* An interrupt of the machine was served, since that reading of the TSC. */
void trace_interrupt(uint32_t vector, uint64_t began);

/* The CPU slept, since that reading of the TSC. */
void trace_sleep(uint64_t began);

/*
 * Gives a CPU memory for that many records (a power of two).  Before that CPU writes any; once.
 * Any CPU.
 */
void trace_ring_give(unsigned cpu, struct trace_record *records, uint32_t count);

/* The ring of a CPU; NULL as long as it has no memory.  Any CPU, any context. */
struct trace_ring *trace_ring_of(unsigned cpu);

#endif

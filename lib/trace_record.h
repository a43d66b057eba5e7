/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What one record of the trace looks like.  The format leaves the machine as it is in memory
 * (little endian), and tools/trace/trace_format.py reads it: who changes one changes both, and
 * TRACE_FORMAT with them.  docs/tracing.md explains each kind.
 */
#ifndef UMBRA_LIB_TRACE_RECORD_H
#define UMBRA_LIB_TRACE_RECORD_H

#include <stdint.h>

#define TRACE_FORMAT 1u
#define TRACE_WORDS 5

/* What happened, and what the words of the record are.  Ticks are of the TSC. */
enum trace_kind {
	TRACE_TURN,		/* a guest gets the CPU: its name (4 words), enum guest_state */
	TRACE_TURN_END,		/* it stops running: enum guest_state, still wants to run */
	TRACE_IDLE,		/* the CPU has slept: ticks (low, high) */
	TRACE_ENTRY,		/* a guest is entered: eip, cs, esp, ticks since the exit */
	TRACE_EXIT,		/* and left: vector, eip, error or hypercall, ticks it took, cs */
	TRACE_HYPERCALL,	/* number, four arguments */
	TRACE_FAULT,		/* address, error, eip, enum trace_fault, ticks */
	TRACE_SPACE,		/* another address space: its top level, shadow pages, made anew */
	TRACE_IRQ,		/* an interrupt of the machine was served: vector, ticks */
	TRACE_DELIVERY,		/* the guest gets an interrupt: its line, eip */
	TRACE_REQUEST,		/* of a device: name (2), queue << 16 | head, bytes in, out */
	TRACE_LOCK,		/* a lock was waited for: its rank, ticks, address in the waiter */
	/*
	 * Of the profile: eip, cs, enum trace_sample << 16 | callers, and two of these.  Of Umbra
	 * handling an exit instead: 0, 0, where, the exit's vector and hypercall.  Of Umbra's code,
	 * by an NMI, as of a guest, written a moment later.
	 */
	TRACE_SAMPLE,
	TRACE_STACK,		/* behind it: five callers more, 0 behind the last */
	TRACE_KINDS
};

/* What was done about a page fault. */
enum trace_fault {
	TRACE_FAULT_FILLED,	/* the shadow tables have the entry now */
	TRACE_FAULT_GUESTS,	/* the guest's own kernel handles it */
	TRACE_FAULT_DEVICE,	/* an access to a device, or to no memory, was carried out */
	TRACE_FAULT_END,	/* the guest was ended for it */
	TRACE_FAULT_REPEATED,	/* only part of the work: the guest makes the access again */
};

/* What a CPU was at when a sample was taken. */
enum trace_sample {
	TRACE_SAMPLE_GUEST,	/* it ran the guest */
	TRACE_SAMPLE_EXIT,	/* Umbra's code, for an exit of the guest */
	TRACE_SAMPLE_LOOP,	/* Umbra's code, between turns */
	TRACE_SAMPLE_IDLE,	/* it slept */
	TRACE_SAMPLE_CODE,	/* Umbra's code, by an NMI: eip and callers are known */
};

struct trace_record {
	uint64_t time;		/* of the TSC */
	uint8_t kind;		/* enum trace_kind */
	uint8_t cpu;
	uint16_t guest;		/* its number, 0 when none has the CPU */
	uint32_t words[TRACE_WORDS];
};
_Static_assert(sizeof(struct trace_record) == 32, "as it leaves the machine");

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * For how long CPUs run with interrupts off, and what they do then.  A debug build keeps the
 * longest stretch of each CPU since its run loop began; in other builds these functions do nothing.
 * docs/locking.md says what the longest are.
 *
 * A *stretch* begins when the CPU comes out of a guest, out of sleep or into a handler, and
 * ends when interrupts can come in again.  Marks cut it into parts by what is done in them.
 * Times are ticks of the TSC.
 */
#ifndef UMBRA_ARCH_CPU_IRQS_OFF_H
#define UMBRA_ARCH_CPU_IRQS_OFF_H

#include <stdbool.h>
#include <stdint.h>

struct irqs_off_record {
	uint64_t ticks;
	uint64_t part_ticks;	/* of its longest part, which the next two describe */
	const char *what;	/* a literal, NULL as long as there was no stretch */
	uint32_t detail;	/* of what; a vector, for an exit and a handler */
};

/* For the functions below; not to be called. */
void irqs_off_begin_debug(void);
void irqs_off_end_debug(void);
void irqs_off_mark_debug(const char *what, uint32_t detail);

/* A stretch begins.  A CPU counts from the first one in its run loop on. */
static inline void irqs_off_begin(void)
{
	if (UMBRA_DEBUG)
		irqs_off_begin_debug();
}

/* Interrupts can come in now, or a guest runs. */
static inline void irqs_off_end(void)
{
	if (UMBRA_DEBUG)
		irqs_off_end_debug();
}

/* The part that begins now is spent on `what`, a literal. */
static inline void irqs_off_mark(const char *what, uint32_t detail)
{
	if (UMBRA_DEBUG)
		irqs_off_mark_debug(what, detail);
}

/*
 * Debug builds only: the time between the two calls does not count, since no other build does what
 * is done there.  They do not nest.
 */
void irqs_off_pause(void);
void irqs_off_resume(void);

/* Debug builds only: does this CPU count? */
bool irqs_off_counts(void);

/*
 * The longest stretch of a CPU.  Any CPU; while the other one runs, the fields may be of two
 * different stretches.
 */
struct irqs_off_record irqs_off_longest(unsigned cpu);

#endif

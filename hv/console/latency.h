/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Prints what a debug build records about how long interrupts were off and locks held
 * (arch/cpu/irqs_off.h).  Other builds record and print nothing.
 */
#ifndef UMBRA_HV_CONSOLE_LATENCY_H
#define UMBRA_HV_CONSOLE_LATENCY_H

/* For a command: the longest stretch of that CPU, in its row. */
void latency_show_cpu(unsigned cpu);

/* The same, rows about locks. */
void latency_show_locks(void);

/* Events with all of it, at the machine's end.  No lock held. */
void latency_log(void);

#endif

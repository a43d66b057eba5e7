/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Prints what a debug build records about how long interrupts were off and locks held
 * (arch/cpu/irqs_off.h).  Other builds record and print nothing.
 */
#ifndef UMBRA_HV_CONSOLE_LATENCY_H
#define UMBRA_HV_CONSOLE_LATENCY_H

/* Prints the longest stretch of that CPU, as a part of its row; for a command. */
void latency_show_cpu(unsigned cpu);

/* Prints rows about the locks, of any build; for a command. */
void latency_show_locks(void);

/* Logs all of it as events, at the machine's end.  No lock held. */
void latency_log(void);

#endif

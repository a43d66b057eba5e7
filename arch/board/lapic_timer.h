/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The local APIC's timer: one interrupt by VECTOR_TIMER, on its own CPU, either
 * when the TSC reaches a value or when a counter has run down.
 */
#ifndef UMBRA_ARCH_BOARD_LAPIC_TIMER_H
#define UMBRA_ARCH_BOARD_LAPIC_TIMER_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Chooses the way, measures the counter where that is needed, for 10 ms, and has the timer
 * go off once to see that it does.  0, or -E_IO when it does not count, or counts at no
 * rate that can be right, or raises nothing.  Boot CPU, once, after lapic_init_cpu and
 * clock_init, interrupts off; one interrupt of VECTOR_TIMER waits when this returns.
 */
int lapic_timer_init(void);

/* Prepares this CPU's timer; the boot CPU's is prepared already. */
void lapic_timer_init_cpu(void);

/* Does it wait for a value of the TSC? */
bool lapic_timer_is_deadline(void);

/* What its counter runs at; 0 where it waits for the TSC. */
uint32_t lapic_timer_khz(void);

/*
 * Interrupts this CPU once when time_ns() has reached deadline, or at once, or
 * as far ahead as it reaches: which, is returned.  Replaces what was armed.
 */
uint64_t lapic_timer_arm(uint64_t deadline);

#endif

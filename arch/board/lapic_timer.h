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
 * Chooses between the TSC deadline and the counter, measures the counter where that is needed, for
 * 10 ms, and lets the timer expire once to see that it works.  0, or -E_IO when it does not count,
 * or at an impossible rate, or raises no interrupt.  Boot CPU, once, after lapic_init_cpu and
 * clock_init, interrupts off; one interrupt of VECTOR_TIMER is pending when this returns.
 */
int lapic_timer_init(void);

/* Prepares this CPU's timer; the boot CPU's is prepared already. */
void lapic_timer_init_cpu(void);

/* Does it wait for a value of the TSC? */
bool lapic_timer_is_deadline(void);

/* What its counter runs at; 0 where it waits for the TSC. */
uint32_t lapic_timer_khz(void);

/*
 * Interrupts this CPU once when time_ns() has reached deadline: at once where that has passed,
 * and earlier where it is farther ahead than the timer reaches.  Returns when.  Replaces what
 * was armed.
 */
uint64_t lapic_timer_arm(uint64_t deadline);

#endif

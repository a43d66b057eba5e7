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
 * Sets the counter going, so that it need not be waited for when it is measured; at best while the
 * TSC is measured.  Boot CPU, once, after lapic_init_cpu, interrupts off.
 */
void lapic_timer_begin(void);

/*
 * Chooses between the TSC deadline and the counter, measures the counter where that is needed,
 * since lapic_timer_begin or, if that is not possible, for 4 ms in which it calls meanwhile again
 * and again, and lets the timer expire once to see that it works.  meanwhile takes 50 microseconds
 * at most.  0, or -E_IO when it does not count, or at an impossible rate, or raises no interrupt.
 * Boot CPU, once, after lapic_init_cpu and clock_end, interrupts off; one interrupt of VECTOR_TIMER
 * is pending when this returns.
 */
int lapic_timer_init(void (*meanwhile)(void));

/* Prepares this CPU's timer; the boot CPU's is prepared already. */
void lapic_timer_init_cpu(void);

/* Does the timer use the TSC deadline? */
bool lapic_timer_is_deadline(void);

/* The rate of its counter; 0 when it uses the TSC deadline. */
uint32_t lapic_timer_khz(void);

/*
 * Interrupts this CPU once when time_ns() has reached deadline: at once if that has passed, earlier
 * if it is farther ahead than the timer can count.  Returns the time of the interrupt.  Replaces
 * what was set.
 */
uint64_t lapic_timer_arm(uint64_t deadline);

#endif

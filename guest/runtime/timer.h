/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Time of a guest: a clock from the TSC (or from lguest_data.time where Umbra
 * says that the TSC is none), the one-shot timer of interrupt line 0, and
 * 64-bit division by 32 bits.
 */
#ifndef UMBRA_GUEST_RUNTIME_TIMER_H
#define UMBRA_GUEST_RUNTIME_TIMER_H

#include <stdbool.h>
#include <stdint.h>

#define NS_PER_MS 1000000u
#define NS_PER_SECOND 1000000000u

/*
 * For what must come and comes at once: how long a guest waits until it says that it has not come.
 * Far longer than a busy host lets the machine stand still, and it costs nothing when all is well.
 */
#define PATIENCE_MS 30000u

/* Take the timer interrupt and unmask it. Called once. */
void timer_init(void);

/* Nanoseconds since an arbitrary moment, and milliseconds since timer_init. */
uint64_t clock_ns(void);
uint32_t clock_ms(void);

/* The raw counter. */
static inline uint64_t clock_tsc(void)
{
	uint32_t low, high;

	__asm__ volatile("rdtsc" : "=a"(low), "=d"(high) : : "memory");
	return ((uint64_t)high << 32) | low;
}

/* Wall clock as Umbra last wrote it: seconds since 1970. */
uint32_t clock_wall_seconds(void);

/* One interrupt ns from now (0: none); replaces what was asked before. */
void timer_arm(uint32_t ns);

/*
 * Arm the timer and spin, with the virtual flag clear, until Umbra says in
 * irq_pending that an interrupt waits. False when it has not after PATIENCE_MS.
 */
bool timer_make_pending(void);

/* Timer interrupts so far. */
uint32_t timer_ticks(void);

/* Sleep with interrupts on. Uses the timer. */
void timer_sleep_ms(uint32_t ms);

/* Spin; interrupts stay as they are. */
void clock_spin_us(uint32_t us);

/* value / divisor; the remainder goes to *remainder unless NULL. */
uint64_t divide_u64(uint64_t value, uint32_t divisor, uint32_t *remainder);

#endif

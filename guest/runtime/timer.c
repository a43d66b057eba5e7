// SPDX-License-Identifier: GPL-2.0-only
/*
 * Clock and one-shot timer of a guest. Owns the counter value at the start and
 * the handler of interrupt line 0.
 */
#include "guest/runtime/timer.h"

#include "guest/runtime/compiler.h"
#include "guest/runtime/hypercall.h"
#include "guest/runtime/irq.h"

#include <stddef.h>

static uint64_t start_ns;

/* Two steps of the 64-by-32-bit instruction; the first leaves its remainder to the second. */
uint64_t divide_u64(uint64_t value, uint32_t divisor, uint32_t *remainder)
{
	uint32_t high = (uint32_t)(value >> 32);
	uint32_t quotient_high = high / divisor;
	uint32_t rest = high % divisor;
	uint32_t quotient_low;

	__asm__("divl %2"
		: "=a"(quotient_low), "+d"(rest)
		: "rm"(divisor), "a"((uint32_t)value)
		: "cc");
	if (remainder != NULL)
		*remainder = rest;
	return ((uint64_t)quotient_high << 32) | quotient_low;
}

/* Umbra may write the time between our reads of its halves. */
static uint64_t shared_time_ns(void)
{
	uint32_t seconds, nanoseconds;

	do {
		seconds = READ_ONCE(lguest_data.common.time.seconds);
		compiler_barrier();
		nanoseconds = READ_ONCE(lguest_data.common.time.nanoseconds);
		compiler_barrier();
	} while (READ_ONCE(lguest_data.common.time.seconds) != seconds);
	return (uint64_t)seconds * NS_PER_SECOND + nanoseconds;
}

uint64_t clock_ns(void)
{
	uint32_t khz = lguest_data.common.tsc_khz;
	uint64_t ms;
	uint32_t rest;

	if (khz == 0)
		return shared_time_ns();
	ms = divide_u64(clock_tsc(), khz, &rest);
	return ms * NS_PER_MS + divide_u64((uint64_t)rest * NS_PER_MS, khz, NULL);
}

uint32_t clock_ms(void)
{
	return (uint32_t)divide_u64(clock_ns() - start_ns, NS_PER_MS, NULL);
}

uint32_t clock_wall_seconds(void)
{
	return READ_ONCE(lguest_data.common.time.seconds);
}

void timer_arm(uint32_t ns)
{
	hypercall(LGUEST_SET_CLOCKEVENT, ns, 0, 0, 0);
}

bool timer_make_pending(void)
{
	uint64_t end = clock_ns() + (uint64_t)PATIENCE_MS * NS_PER_MS;

	(void)irq_save();
	timer_arm(NS_PER_MS);
	while (READ_ONCE(lguest_data.common.irq_pending) == 0)
		if (clock_ns() > end)
			return false;
	return true;
}

uint32_t timer_ticks(void)
{
	return irq_count(LGUEST_IRQ_TIMER);
}

void timer_init(void)
{
	irq_attach(LGUEST_IRQ_TIMER, NULL);
	start_ns = clock_ns();
}

void timer_sleep_ms(uint32_t ms)
{
	uint64_t end = clock_ns() + (uint64_t)ms * NS_PER_MS;
	uint32_t word = irq_save();
	uint64_t now;

	while ((now = clock_ns()) < end) {
		uint64_t left = end - now;

		timer_arm(left < NS_PER_SECOND ? (uint32_t)left : NS_PER_SECOND);
		irq_wait();
		(void)irq_save();
	}
	irq_restore(word);
}

void clock_spin_us(uint32_t us)
{
	uint64_t end = clock_ns() + (uint64_t)us * 1000;

	while (clock_ns() < end)
		__asm__ volatile("pause");
}

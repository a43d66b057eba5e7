// SPDX-License-Identifier: GPL-2.0-only
/*
 * Chooses and tests the timer that makes clock events, and passes each event on to clock_watch.c
 * and to the timers.
 */
#include "arch/board/clock_event.h"

#include "arch/board/clock_watch.h"
#include "arch/board/lapic_timer.h"
#include "arch/board/pit.h"
#include "arch/cpu/cpu.h"
#include "arch/cpu/log.h"
#include "arch/cpu/panic.h"
#include "arch/cpu/time_limit.h"
#include "arch/cpu/vectors.h"
#include "lib/error.h"

/* How far ahead the 8254 is set in its test.  On a busy host an emulator may be that late. */
#define TEST_NS 1000000u
#define TEST_PATIENCE_NS 1000000000u
#define TEST_TRIES 5u

static bool use_lapic;
static irq_handler_t *event_handler;
static uint64_t set_until[MAX_CPUS];	/* the time that each CPU's event is set to */

static void report(void)
{
	uint32_t khz = lapic_timer_khz();

	if (!use_lapic)
		log_info("time", "timers by the 8254");
	else if (lapic_timer_is_deadline())
		log_info("time", "timers by the local APIC, at a value of the TSC");
	else
		log_info("time", "timers by the local APIC, whose counter runs at %u.%03u MHz",
			 khz / 1000, khz % 1000);
}

static void event(void *context)
{
	clock_watch(set_until[this_cpu()->id]);
	event_handler(context);
}

/* A timer that has expired long before its time is not really there. */
static bool pit_expires_once(void)
{
	struct time_limit limit = time_limit(TEST_PATIENCE_NS);

	pit_arm(PIT_MAX_NS);
	if (pit_has_expired())
		return false;
	pit_arm(TEST_NS);
	/* The interrupt stays pending, since interrupts are off. */
	while (!pit_has_expired() || !irq_is_pending(PIT_IRQ_LINE))
		if (time_limit_is_over(&limit))
			return false;
	return true;
}

static bool pit_expires(void)
{
	for (unsigned i = 0; i < TEST_TRIES; i++)
		if (pit_expires_once())
			return true;
	return false;
}

static void start_pit(void)
{
	int error = irq_register(PIT_IRQ_LINE, event, NULL);

	if (error)
		panic("no timer: the 8254's interrupt line cannot be used: %s", error_words(error));
	if (!pit_expires())
		panic("no timer of this machine goes off: neither the local APIC's, if it has one, "
		      "nor the 8254");
}

void clock_event_begin(void)
{
	if (irq_has_apic())
		lapic_timer_begin();
}

/*
 * With the local APIC's timer, the 8254 goes on ticking as the firmware left it, its line masked:
 * an emulator that counts instructions (QEMU, -icount sleep=off) would stop for good when the
 * machine is idle and no timer at all is running.
 */
void clock_event_init(irq_handler_t *handler, void (*meanwhile)(void))
{
	event_handler = handler;
	use_lapic = irq_has_apic() && lapic_timer_init(meanwhile) == 0;
	if (irq_has_apic() && !use_lapic)
		log_warn("time", "the local APIC's timer does not go off: the 8254 is used");
	if (use_lapic)
		irq_vector_set(VECTOR_TIMER, event, NULL);
	else
		start_pit();
	report();
}

void clock_event_init_cpu(void)
{
	lapic_timer_init_cpu();
}

static uint64_t set_pit(uint64_t deadline)
{
	uint64_t now = time_ns();
	uint64_t ns = deadline > now ? MIN(deadline - now, (uint64_t)PIT_MAX_NS) : 0;

	pit_arm(ns);
	return now + ns;
}

uint64_t clock_event_set(uint64_t deadline)
{
	uint64_t until = likely(use_lapic) ? lapic_timer_arm(deadline) : set_pit(deadline);

	set_until[this_cpu()->id] = until;
	return until;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * HALT, which enables interrupts and waits in one step, and the plain hlt
 * instruction, which parks.
 */
#include "guest/abi/source.h"
#include "guest/runtime/compiler.h"
#include "guest/runtime/hypercall.h"
#include "guest/runtime/irq.h"
#include "guest/runtime/report.h"
#include "guest/runtime/timer.h"
#include "guest/runtime/trap.h"

#include <stddef.h>

static uint32_t pushed_flags;
static bool flag_in_handler;

static void note(struct trap_frame *frame)
{
	pushed_flags = frame->eflags;
	flag_in_handler = irq_is_enabled();
}

TEST(halt, enables_and_waits)
{
	uint32_t before = timer_ticks();
	uint64_t start = clock_ns();

	irq_attach(LGUEST_IRQ_TIMER, note);
	timer_arm(5 * NS_PER_MS);
	irq_wait();
	irq_attach(LGUEST_IRQ_TIMER, NULL);
	CHECK(irq_is_enabled(), "the flag is clear after HALT");
	(void)irq_save();
	CHECK(timer_ticks() == before + 1, "%u interrupts", timer_ticks() - before);
	CHECK(pushed_flags & EFLAGS_IF, "IF clear in the pushed eflags 0x%x", pushed_flags);
	CHECK(!flag_in_handler, "the flag is set in the handler");
	CHECK(clock_ns() - start >= 4 * NS_PER_MS, "it came back too early");
}

/* What became pending before the call ends it at once. */
TEST(halt, pending_already)
{
	uint32_t before = timer_ticks();

	CHECK(timer_make_pending(), "irq_pending is not set");
	CHECK(timer_ticks() == before, "delivered with the flag clear");
	irq_wait();
	(void)irq_save();
	CHECK(timer_ticks() == before + 1, "%u interrupts", timer_ticks() - before);
}

/* A masked line does not wake: HALT ends with the timer, 5 ms later. */
TEST(halt, masked_line_does_not_wake)
{
	uint64_t start;
	unsigned int line;
	uint32_t ticks = timer_ticks();

	if (!source_start(&line)) {
		report_skip("no console");
		return;
	}
	irq_attach(line, NULL);
	irq_mask(line);
	CHECK(source_raise("\r\n"), "the console does not use its buffer");
	start = clock_ns();
	timer_arm(5 * NS_PER_MS);
	irq_wait();
	(void)irq_save();
	irq_unmask(line);
	CHECK(timer_ticks() == ticks + 1, "the timer did not wake it");
	CHECK(clock_ns() - start >= 4 * NS_PER_MS, "it came back too early");
}

static void arm_again(struct trap_frame *frame)
{
	(void)frame;
	timer_arm(5 * NS_PER_MS);
}

/* Unlike HALT it does not enable interrupts by itself: one may come before it. */
TEST(halt, hlt_instruction_parks)
{
	uint32_t before;
	struct fault fault;

	irq_attach(LGUEST_IRQ_TIMER, arm_again);
	timer_arm(5 * NS_PER_MS);
	irq_enable();
	before = timer_ticks();
	fault = fault_of("hlt", : );
	(void)irq_save();
	irq_attach(LGUEST_IRQ_TIMER, NULL);
	timer_arm(0);
	/* One that has come already is none of the next test's. */
	irq_enable();
	(void)irq_save();
	CHECK(fault.vector == FAULT_NONE, "vector %u error 0x%x", fault.vector, fault.error);
	CHECK(timer_ticks() != before, "it did not wait for an interrupt");
}

/* The time structure moves on with each interrupt, and never backwards. */
TEST(halt, time_moves_on)
{
	uint32_t last_seconds = lguest_data.common.time.seconds;
	uint32_t last_nanoseconds = lguest_data.common.time.nanoseconds;

	for (uint32_t i = 0; i < 5; i++) {
		uint32_t seconds, nanoseconds;

		timer_arm(2 * NS_PER_MS);
		irq_wait();
		(void)irq_save();
		seconds = READ_ONCE(lguest_data.common.time.seconds);
		nanoseconds = READ_ONCE(lguest_data.common.time.nanoseconds);
		CHECK(seconds > last_seconds ||
		      (seconds == last_seconds && nanoseconds > last_nanoseconds),
		      "%u.%09u after %u.%09u", seconds, nanoseconds, last_seconds,
		      last_nanoseconds);
		last_seconds = seconds;
		last_nanoseconds = nanoseconds;
	}
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * SET_CLOCKEVENT and the agreement of the two clocks. The machine under test may be
 * an emulator on a busy host, which stands still for seconds at any instruction: what
 * must come is waited for, and a measurement that this spoilt is made again.
 */
#include "guest/runtime/compiler.h"
#include "guest/runtime/hypercall.h"
#include "guest/runtime/irq.h"
#include "guest/runtime/report.h"
#include "guest/runtime/timer.h"

#include <stddef.h>

#define TRIES 10u

/* What a sleep of the host's hardly ever fits into. */
#define AT_ONCE_NS (40 * NS_PER_MS)

/*
 * Ask for an interrupt, and wait for it at most PATIENCE_MS: the milliseconds since
 * before the call. The flag is clear before and after.
 */
static uint32_t ms_until_tick(uint32_t ns)
{
	uint32_t before = timer_ticks();
	uint32_t start = clock_ms();

	timer_arm(ns);
	irq_enable();
	while (timer_ticks() == before && clock_ms() - start < PATIENCE_MS)
		;
	(void)irq_save();
	return clock_ms() - start;
}

TEST(clock, one_shot)
{
	uint32_t before, ms;

	ms = ms_until_tick(40 * NS_PER_MS);
	CHECK(ms >= 19 && ms < PATIENCE_MS, "20 ms took %u ms", ms);
	before = timer_ticks();
	irq_enable();
	clock_spin_us(50000);
	(void)irq_save();
	CHECK(timer_ticks() == before, "it came %u times more", timer_ticks() - before);
}

TEST(clock, shortest)
{
	uint32_t ms = ms_until_tick(100);

	CHECK(ms < PATIENCE_MS, "100 ns took %u ms", ms);
}

/* What the first request takes that is replaced: 0xFFFFFFFF ns. */
#define FIRST_MS 4294u

TEST(clock, replaced)
{
	uint32_t ms = FIRST_MS;

	for (uint32_t i = 0; i < TRIES && ms >= FIRST_MS; i++) {
		timer_arm(0xFFFFFFFF);
		ms = ms_until_tick(5 * NS_PER_MS);
	}
	CHECK(ms < FIRST_MS, "the later request took %u ms", ms);
	timer_arm(100 * NS_PER_MS);
	ms = ms_until_tick(200 * NS_PER_MS);
	CHECK(ms >= 199 && ms < PATIENCE_MS, "200 ms in place of 100 took %u ms", ms);
}

TEST(clock, cancelled)
{
	uint32_t before;
	uint64_t start;

	/* It must not have come already between the two calls. */
	do {
		irq_enable();
		(void)irq_save();
		before = timer_ticks();
		start = clock_ns();
		timer_arm(100 * NS_PER_MS);
		timer_arm(0);
	} while (clock_ns() - start >= 100 * NS_PER_MS);
	irq_enable();
	clock_spin_us(150000);
	(void)irq_save();
	CHECK(timer_ticks() == before, "it came all the same");
}

/* What is pending already stays so when the timer is turned off. */
TEST(clock, cancelled_too_late)
{
	uint32_t before = timer_ticks();

	CHECK(timer_make_pending(), "irq_pending is not set");
	timer_arm(0);
	irq_enable();
	hypercall_send_interrupts();
	(void)irq_save();
	CHECK(timer_ticks() == before + 1, "%u interrupts", timer_ticks() - before);
}

static uint64_t shared_ns(void)
{
	return (uint64_t)READ_ONCE(lguest_data.common.time.seconds) * NS_PER_SECOND +
	       READ_ONCE(lguest_data.common.time.nanoseconds);
}

static void tick(void)
{
	timer_arm(100000);
	irq_wait();
	(void)irq_save();
}

/* By how much the shared time is ahead of the TSC: both read at once, right after it is written. */
static uint64_t shared_ahead_ns(void)
{
	uint64_t start, ahead;

	do {
		start = clock_ns();
		tick();
		ahead = shared_ns() - clock_ns();
	} while (clock_ns() - start > AT_ONCE_NS);
	return ahead;
}

/* Linux gives up the TSC when it strays 62.5 ms from the other clock. */
TEST(clock, time_follows_tsc)
{
	uint64_t before;
	int64_t difference;

	if (lguest_data.common.tsc_khz == 0) {
		report_skip("tsc_khz is 0");
		return;
	}
	before = shared_ahead_ns();
	clock_spin_us(300000);
	difference = (int64_t)(shared_ahead_ns() - before);
	CHECK(difference < 62500000 && difference > -62500000, "%d us apart after 300 ms",
	      (int32_t)difference / 1000);
}

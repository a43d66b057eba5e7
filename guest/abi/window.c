// SPDX-License-Identifier: GPL-2.0-only
/*
 * The window without interrupts of generations A and B, which is longer than
 * one instruction. Not part of the variant abi_c.
 */
#include "guest/lguest_abi.h"
#include "guest/runtime/irq.h"
#include "guest/runtime/report.h"
#include "guest/runtime/timer.h"
#include "guest/runtime/trap.h"

#include <stddef.h>

/* Of trap.asm. */
extern const char noirq_start[], noirq_end[];
void noirq_spin(uint32_t rounds);

static uint32_t interrupted_eip;

static void note_eip(struct trap_frame *frame)
{
	interrupted_eip = frame->eip;
}

/* Rounds of noirq_spin that take about ms. */
static uint32_t window_rounds(uint32_t ms)
{
	uint64_t start = clock_ns();
	uint32_t us;

	noirq_spin(1u << 20);
	us = (uint32_t)divide_u64(clock_ns() - start, 1000, NULL);
	return (uint32_t)divide_u64((uint64_t)ms * 1000 << 20, us == 0 ? 1 : us, NULL);
}

TEST(interrupts, window)
{
	uint32_t rounds = window_rounds(30);
	uint32_t before = timer_ticks();
	uint32_t start = clock_ms();

	irq_attach(LGUEST_IRQ_TIMER, note_eip);
	timer_arm(5 * NS_PER_MS);
	irq_enable();
	noirq_spin(rounds);
	while (timer_ticks() == before && clock_ms() - start < PATIENCE_MS)
		;
	(void)irq_save();
	irq_attach(LGUEST_IRQ_TIMER, NULL);
	CHECK(timer_ticks() == before + 1, "%u interrupts", timer_ticks() - before);
	CHECK(interrupted_eip < (uint32_t)(uintptr_t)noirq_start ||
	      interrupted_eip >= (uint32_t)(uintptr_t)noirq_end, "delivered inside, at 0x%x",
	      interrupted_eip);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * What lies between an interrupt that takes the CPU from a guest and the first
 * instruction of the guest's handler.
 */
#include "guest/bench/measure.h"

#include "guest/bench/handlers.h"
#include "guest/runtime/compiler.h"
#include "guest/runtime/console.h"
#include "guest/runtime/hypercall.h"
#include "guest/runtime/irq.h"
#include "guest/runtime/print.h"
#include "guest/runtime/timer.h"
#include "guest/runtime/trap.h"

#define ROUNDS 50u
#define KEYS 8u
#define GATE 0x8Eu
#define TICK_AFTER_NS 20000u

/* 0 when the interrupt had come by the time that prepare returned. */
static uint32_t interrupt_cost(unsigned int line, void (*prepare)(void))
{
	unsigned int vector = LGUEST_IRQ_BASE + line;
	uint32_t ticks = 0;

	bench_interrupt_next = trap_stub(vector);
	bench_load_handler(vector, bench_interrupt, GATE);
	(void)irq_save();
	prepare();
	if (READ_ONCE(lguest_data.common.irq_pending))
		irq_enable();
	else
		ticks = bench_wait_interrupt();
	(void)irq_save();
	trap_load_gate(vector, GATE);
	return ticks;
}

static void arm(void)
{
	timer_arm(TICK_AFTER_NS);
}

/* Puts a value into its place among so many sorted ones. */
static void sort_in(uint32_t *values, uint32_t count, uint32_t value)
{
	for (; count > 0 && values[count - 1] > value; count--)
		values[count] = values[count - 1];
	values[count] = value;
}

uint32_t interrupt_median(unsigned int line, void (*prepare)(void))
{
	uint32_t values[ROUNDS];
	uint32_t count = 0;

	for (uint32_t i = 0; i < ROUNDS; i++) {
		uint32_t ticks = interrupt_cost(line, prepare);

		if (ticks > 0)
			sort_in(values, count++, ticks);
	}
	return count > 0 ? values[count / 2] : 0;
}

void bench_interrupts(void)
{
	measure_print("interrupt_timer", interrupt_median(LGUEST_IRQ_TIMER, arm), 1);
}

static void ask_for_key(void)
{
	print("KEY\n");
	print_flush();
}

static void wait_for_key(void)
{
}

/* Those that come too early, and those of what was printed, do not count. */
void bench_key_interrupt(void)
{
	uint32_t values[KEYS];
	char key;

	if (!console_start())
		return;
	for (uint32_t count = 0; count < KEYS;) {
		uint32_t ticks = interrupt_cost(console_irq(), ask_for_key);

		while (!console_poll(&key))
			ticks = interrupt_cost(console_irq(), wait_for_key);
		if (ticks > 0)
			sort_in(values, count++, ticks);
	}
	measure_print("interrupt_key", values[KEYS / 2], 1);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the timer and the console cost.
 */
#include "guest/bench/measure.h"

#include "guest/runtime/console.h"
#include "guest/runtime/entropy.h"
#include "guest/runtime/irq.h"
#include "guest/runtime/print.h"
#include "guest/runtime/timer.h"

#define TICKS 50u
#define CONSOLE_ROUNDS 20u

/* A tick must fall into the computation: it comes after a fifth of it. */
#define COMPUTATION 100000u
#define TICK_AFTER_NS 20000u

static void timer_set(uint32_t round)
{
	timer_arm(NS_PER_SECOND + round);
}

static void compute(void)
{
	uint32_t rounds = COMPUTATION;

	__asm__ volatile("1: decl %0\n\tjnz 1b" : "+r"(rounds) : : "cc");
}

/* Ticks of the computation, with an interrupt in it or without. */
static uint64_t compute_ticks(uint32_t timer_ns)
{
	uint64_t start;

	timer_arm(timer_ns);
	start = clock_tsc();
	compute();
	return clock_tsc() - start;
}

static void measure_tick(void)
{
	uint64_t quiet = UINT64_MAX;
	uint64_t disturbed = 0;
	uint32_t before;

	irq_enable();
	for (uint32_t i = 0; i < TICKS; i++) {
		uint64_t ticks = compute_ticks(0);

		if (ticks < quiet)
			quiet = ticks;
	}
	before = timer_ticks();
	for (uint32_t i = 0; i < TICKS; i++)
		disturbed += compute_ticks(TICK_AFTER_NS) - quiet;
	(void)irq_save();
	if (timer_ticks() - before == TICKS)
		measure_print("timer_tick", disturbed, TICKS);
	else
		print("only %u of %u ticks came in time\n", timer_ticks() - before, TICKS);
}

static void console_byte(uint32_t round)
{
	(void)round;
	print_text(".", 1);
}

static void console_line(uint32_t round)
{
	(void)round;
	print_text("----------------------------------------------------------------", 64);
}

/* The figures are printed when both are known, or they would stand among the output measured. */
static void measure_console(void)
{
	uint64_t byte, line;

	if (!console_start())
		return;
	byte = measure_best(console_byte, CONSOLE_ROUNDS);
	line = measure_best(console_line, CONSOLE_ROUNDS);
	print("\n");
	measure_print("console_byte", byte, CONSOLE_ROUNDS);
	measure_print("console_line_64", line, CONSOLE_ROUNDS);
}

static void entropy_64(uint32_t round)
{
	static uint8_t bytes[64];

	(void)round;
	entropy_read(bytes, sizeof(bytes));
}

void bench_devices(void)
{
	measure("timer_set", timer_set, 1000);
	timer_arm(0);
	measure_tick();
	if (entropy_start())
		measure("entropy_64", entropy_64, 100);
	measure_console();
	print_flush();
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * The worker guest: computes without a pause and tells how much it got done, to
 * measure who gets how much of the CPU. All guests of a machine share a clock,
 * so they can count between the same moments. Words of its command line:
 *     name=NAME             how its lines begin (default: worker)
 *     from=MS to=MS         count the work between these times of the machine's
 *                           clock, print `NAME: rounds=N` and power off
 *     tick=MS               meanwhile set a timer over and over for so long, and
 *                           add ` ticks=N late=US`: the number of its interrupts
 *                           and by how much the latest of them was too late
 *     sleep                 between the ticks, wait in place of computing
 *     steal                 add ` stolen=MS`: how long it was kept from the CPU meanwhile
 *     life=MS               compute for so long after the start, then reboot
 *     work=N                do so many rounds of work and power off
 */
#include "guest/runtime/compiler.h"
#include "guest/runtime/hypercall.h"
#include "guest/runtime/irq.h"
#include "guest/runtime/layout.h"
#include "guest/runtime/machine.h"
#include "guest/runtime/pages.h"
#include "guest/runtime/print.h"
#include "guest/runtime/runtime.h"
#include "guest/runtime/timer.h"

#include <stdbool.h>
#include <stddef.h>

#define NS_PER_US 1000u
/* A round takes about 100 instructions. */
#define ROUND_STEPS 32u

static uint32_t tick_ns;
static uint64_t tick_due;
static uint64_t latest;
static volatile uint32_t result;	/* the compiler must not leave the work out */
static uint32_t rounds;
static bool sleeps;
static struct {
	volatile uint32_t low, high;
} steal __attribute__((aligned(8)));

static void tick(struct trap_frame *frame)
{
	uint64_t now = clock_ns();

	(void)frame;
	if (now - tick_due > latest)
		latest = now - tick_due;
	tick_due = now + tick_ns;
	timer_arm(tick_ns);
}

/* Xorshift (Marsaglia, "Xorshift RNGs", 2003). */
static void work_round(void)
{
	uint32_t word = rounds | 1;

	for (uint32_t i = 0; i < ROUND_STEPS; i++) {
		word ^= word << 13;
		word ^= word >> 17;
		word ^= word << 5;
	}
	result = word;
	rounds++;
}

/*
 * When the CPU goes to another guest in between, what was done before that is
 * still right for the moment that has passed meanwhile.
 */
static void work_until(uint64_t end_ns)
{
	while (clock_ns() < end_ns) {
		if (sleeps) {
			(void)irq_save();
			irq_wait();
		} else {
			work_round();
		}
	}
}

static void start_ticks(void)
{
	tick_ns = machine_number("tick", 0) * NS_PER_MS;
	sleeps = machine_has_word("sleep");
	if (!tick_ns)
		return;
	irq_attach(LGUEST_IRQ_TIMER, tick);
	tick_due = clock_ns() + tick_ns;
	timer_arm(tick_ns);
	irq_enable();
}

static uint32_t stolen_ms(void)
{
	uint32_t low, high;

	do {
		high = steal.high;
		low = steal.low;
	} while (high != steal.high);
	return (uint32_t)divide_u64((uint64_t)high << 32 | low, NS_PER_MS, NULL);
}

static void measure(const char *name)
{
	uint64_t from = (uint64_t)machine_number("from", 0) * NS_PER_MS;
	uint64_t to = (uint64_t)machine_number("to", 0) * NS_PER_MS;
	uint32_t rounds_before, ticks_before, stolen_before;

	if (clock_ns() > from) {
		print("%s: started too late\n", name);
		return;
	}
	start_ticks();
	if (machine_has_word("steal"))
		hypercall(LGUEST_STEAL_TIME, phys_of((void *)&steal), 0, 0, 0);
	work_until(from);
	latest = 0;
	rounds_before = rounds;
	ticks_before = timer_ticks();
	stolen_before = stolen_ms();
	work_until(to);
	(void)irq_save();
	print("%s: rounds=%u", name, rounds - rounds_before);
	if (tick_ns)
		print(" ticks=%u late=%u", timer_ticks() - ticks_before,
		      (uint32_t)divide_u64(latest, NS_PER_US, NULL));
	if (machine_has_word("steal"))
		print(" stolen=%u", stolen_ms() - stolen_before);
	print("\n");
}

void guest_main(void)
{
	uint32_t life = machine_number("life", 0);
	uint32_t work = machine_number("work", 0);
	char name[16];

	if (!machine_word("name", name, sizeof(name)))
		format_text(name, sizeof(name), "worker");
	if (work) {
		while (rounds < work)
			work_round();
		return;
	}
	if (life) {
		work_until(clock_ns() + (uint64_t)life * NS_PER_MS);
		machine_restart();
	}
	measure(name);
}

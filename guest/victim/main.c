// SPDX-License-Identifier: GPL-2.0-only
/*
 * The victim guest: a workload that shows whether another guest can disturb
 * this one. Every 100 ms it recomputes a checksum over a pattern that fills most
 * of its memory, compares FPU and SSE registers with what it loaded into them at
 * the start, and prints
 *     victim: round N checksum OK
 * or `victim: round N BAD what`. Words of its command line:
 *     rounds=N              power off after N rounds (default: go on for ever)
 *     seed=N                the pattern, so that two victims differ
 *     busy                  compute between the rounds in place of waiting
 */
#include "guest/runtime/hypercall.h"
#include "guest/runtime/irq.h"
#include "guest/runtime/layout.h"
#include "guest/runtime/machine.h"
#include "guest/runtime/pages.h"
#include "guest/runtime/print.h"
#include "guest/runtime/runtime.h"
#include "guest/runtime/timer.h"
#include "guest/victim/fpu.h"

#include <stdbool.h>
#include <stddef.h>

#define PERIOD_MS 100u
#define PATTERN_FRAMES_MAX 256u         /* 1 MB is summed in well under a period */

static uint32_t seed;
static uint32_t first_frame;
static uint32_t frame_count;

/* Xorshift (Marsaglia, "Xorshift RNGs", 2003): every word follows from the last. */
static uint32_t next_word(uint32_t word)
{
	word ^= word << 13;
	word ^= word >> 17;
	return word ^ word << 5;
}

static void fill_memory(void)
{
	uint32_t word = seed;

	frame_count = pages_available() / 2;
	if (frame_count > PATTERN_FRAMES_MAX)
		frame_count = PATTERN_FRAMES_MAX;
	first_frame = page_alloc();
	for (uint32_t i = 1; i < frame_count; i++)
		(void)page_alloc();
	for (uint32_t i = 0; i < frame_count * PAGE_SIZE / sizeof(word); i++) {
		word = next_word(word);
		((uint32_t *)virt_of(first_frame))[i] = word;
	}
}

static bool memory_good(void)
{
	uint32_t word = seed;

	for (uint32_t i = 0; i < frame_count * PAGE_SIZE / sizeof(word); i++) {
		word = next_word(word);
		if (((volatile uint32_t *)virt_of(first_frame))[i] != word)
			return false;
	}
	return true;
}

static void pause(bool busy)
{
	if (busy)
		clock_spin_us(PERIOD_MS * 1000);
	else
		timer_sleep_ms(PERIOD_MS);
}

void guest_main(void)
{
	uint32_t rounds = machine_number("rounds", 0);
	bool busy = machine_has_word("busy");

	seed = machine_number("seed", 0xC0FFEE) | 1;
	fill_memory();
	fpu_fill(seed);
	irq_enable();
	for (uint32_t round = 1;; round++) {
		const char *bad = memory_good() ? fpu_check() : "memory";

		if (bad == NULL)
			print("victim: round %u checksum OK\n", round);
		else
			print("victim: round %u BAD %s\n", round, bad);
		if (round == rounds)
			return;
		pause(busy);
	}
}

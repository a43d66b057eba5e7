// SPDX-License-Identifier: GPL-2.0-only
/*
 * Two CPUs hand a number to each other.  Whose turn it is says where the last
 * reading is to be found: no lock, so nothing but the cache line's way lies
 * between two readings.
 */
#include "arch/tsc_sync.h"

#include "arch/time.h"
#include "arch/x86.h"

#include <stdbool.h>

#define ROUNDS 2000u
#define PATIENCE_NS 5000000000ull	/* an emulator on a busy host may take its time */

static volatile uint32_t turn;		/* even: the boot CPU's; a round has two */
static volatile uint64_t last;		/* the reading of whoever had the turn before */
static volatile uint64_t largest;	/* step back so far; whose turn it is writes it */

static bool wait_for_turn(uint32_t wanted)
{
	uint64_t end = time_ns() + PATIENCE_NS;

	for (unsigned i = 0; turn != wanted; i++) {
		cpu_pause();
		/* A look at the clock costs as much as all the rest. */
		if (i % 1024 == 1023 && time_ns() > end)
			return false;
	}
	return true;
}

static bool take_turns(uint32_t first)
{
	for (uint32_t now = first; now < 2 * ROUNDS; now += 2) {
		uint64_t tsc, before;

		if (!wait_for_turn(now))
			return false;
		before = last;
		/* Nothing is read early across it, on any processor (SDM vol. 3, 8.3). */
		(void)cpuid(0, 0);
		tsc = read_tsc();
		if (before > tsc && before - tsc > largest)
			largest = before - tsc;
		last = tsc;
		turn = now + 1;
	}
	return true;
}

uint64_t tsc_sync_check(void)
{
	bool done;

	last = largest = 0;
	done = take_turns(0) && wait_for_turn(2 * ROUNDS);
	turn = 0;
	return done ? largest : UINT64_MAX;
}

void tsc_sync_answer(void)
{
	(void)take_turns(1);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Compares the TSCs of two CPUs.  They take turns, as fast as they can, by a number in memory: the
 * CPU whose turn it is compares its TSC with the other's last reading.  There is no lock, so only
 * the transfer of a cache line lies between two readings.
 */
#include "arch/board/tsc_sync.h"

#include "arch/cpu/time_limit.h"
#include "arch/cpu/x86.h"

#include <stdbool.h>

#define ROUNDS 2000u
#define PATIENCE_NS 5000000000ull	/* an emulator on a busy host may take its time */

/*
 * Enough for all rounds on real CPUs; in an emulator whose CPUs are threads a round may take
 * milliseconds.  TSCs that differ are seen in the first rounds, so where none was seen soon the two
 * agree, and only to find the largest step takes longer.
 */
#define ROUNDS_NS 50000000ull
#define AGREED_NS 2000000ull
#define ROUNDS_LEAST 16u	/* however long they take; and between two looks at the clock */

#define OVER UINT32_MAX

static volatile uint32_t turn;		/* even: the boot CPU's; a round has two */
static volatile uint64_t last;		/* the last reading of the other CPU */
static volatile uint64_t largest;	/* step back so far; written by the CPU whose turn it is */

static bool wait_past(uint32_t others)
{
	struct time_limit limit = time_limit(PATIENCE_NS);

	for (unsigned i = 0; turn == others; i++) {
		cpu_pause();
		/* Reading the clock takes as long as all the rest. */
		if (i % 1024 == 1023 && time_limit_is_over(&limit))
			return false;
	}
	return true;
}

static void take_turn(uint32_t now)
{
	uint64_t before = last, tsc;

	/* Nothing is read early across it, on any processor (SDM vol. 3, 8.3). */
	(void)cpuid(0, 0);
	tsc = read_tsc();
	if (before > tsc && before - tsc > largest)
		largest = before - tsc;
	last = tsc;
	turn = now + 1;
}

/* Asked in the first round and in some of the others, since reading the clock disturbs them. */
static bool is_enough(unsigned round)
{
	static uint64_t begin;

	if (round == 0)		/* the other CPU has come */
		begin = time_ns();
	if (round == 0 || round % ROUNDS_LEAST != 0)
		return false;
	return time_ns() - begin > (largest == 0 ? AGREED_NS : ROUNDS_NS);
}

uint64_t tsc_sync_check(void)
{
	last = largest = 0;
	for (unsigned round = 0; round < ROUNDS; round++) {
		take_turn(2 * round);
		if (!wait_past(2 * round + 1))
			return UINT64_MAX;
		if (is_enough(round))
			break;
	}
	turn = OVER;
	return wait_past(OVER) ? largest : UINT64_MAX;
}

void tsc_sync_reset(void)
{
	turn = 0;
}

void tsc_sync_answer(void)
{
	for (uint32_t now = 1;; now += 2) {
		if (!wait_past(now - 1))
			return;
		if (turn == OVER)
			break;
		take_turn(now);
	}
	/* OVER was meant for this CPU; the next CPU must not find it. */
	turn = 0;
}

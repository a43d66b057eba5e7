// SPDX-License-Identifier: GPL-2.0-only
/*
 * Steal time, an addition to the protocol: asked for, told, and ended. That it grows as it should,
 * tests of several guests say (tests/system/test_sched.py).
 */
#include "guest/abi/instructions.h"
#include "guest/runtime/hypercall.h"
#include "guest/runtime/layout.h"
#include "guest/runtime/machine.h"
#include "guest/runtime/pages.h"
#include "guest/runtime/report.h"
#include "guest/runtime/timer.h"
#include "guest/runtime/trap.h"

#define PATTERN 0xA5A5A5A5u
#define NS_PER_SECOND 1000000000u

/* Umbra writes the two in the middle. */
static volatile uint32_t words[4] __attribute__((aligned(16)));

static uint32_t place(void)
{
	return phys_of((void *)&words[2]) & ~7u;
}

static void spoil(void)
{
	for (unsigned int i = 0; i < 4; i++)
		words[i] = PATTERN;
}

static void end(void)
{
	hypercall(LGUEST_STEAL_TIME, 0, 0, 0, 0);
}

TEST(steal, asked)
{
	uint32_t low = 0, high = 1;
	struct fault fault =
		fault_of("rdmsr", "=a"(low), "=d"(high) : "c"(UMBRA_MSR_ADDITIONS));

	CHECK(fault.vector == FAULT_NONE, "vector %u", fault.vector);
	CHECK(low & UMBRA_HAS_STEAL_TIME && high == 0, "additions 0x%x 0x%x", high, low);
}

TEST(steal, told_from_zero)
{
	spoil();
	hypercall(LGUEST_STEAL_TIME, place(), 0, 0, 0);
	CHECK(words[2] == 0 && words[3] == 0, "0x%x 0x%x", words[3], words[2]);
	CHECK(words[0] == PATTERN && words[1] == PATTERN, "before it 0x%x 0x%x", words[0],
	      words[1]);
	end();
}

/*
 * A guest that waits by itself loses nothing of that, whoever else there is; when it is woken it
 * may lose some, on a busy host.
 */
TEST(steal, sleep_is_not_stolen)
{
	uint64_t start = clock_ns(), slept;

	hypercall(LGUEST_STEAL_TIME, place(), 0, 0, 0);
	timer_sleep_ms(100);
	slept = clock_ns() - start;
	end();
	CHECK(words[3] == 0 && words[2] + 90 * NS_PER_MS <= slept, "0x%x 0x%x of 0x%x", words[3],
	      words[2], (uint32_t)slept);
}

TEST(steal, ends)
{
	hypercall(LGUEST_STEAL_TIME, place(), 0, 0, 0);
	end();
	spoil();
	timer_sleep_ms(5);
	CHECK(words[2] == PATTERN && words[3] == PATTERN, "still told: 0x%x 0x%x", words[3],
	      words[2]);
}

/* The last words of memory are as good as any. */
TEST(steal, last_place)
{
	uint32_t last = machine_memory() - 8;
	volatile uint32_t *there = virt_of(last);
	uint32_t before[2] = {there[0], there[1]};

	there[1] = PATTERN;
	hypercall(LGUEST_STEAL_TIME, last, 0, 0, 0);
	CHECK(there[1] == 0, "0x%x", there[1]);
	end();
	there[0] = before[0];
	there[1] = before[1];
}

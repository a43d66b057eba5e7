// SPDX-License-Identifier: GPL-2.0-only
/*
 * Measures, tests and sets the local APIC's timer.  Source: Intel SDM vol. 3, 10.5.4; 10.5.4.1
 * for the TSC deadline.
 */
#include "arch/board/lapic_timer.h"

#include "arch/cpu/cpu_features.h"
#include "arch/cpu/lapic.h"
#include "arch/cpu/time_limit.h"
#include "arch/cpu/vectors.h"
#include "arch/cpu/x86.h"
#include "lib/compiler.h"
#include "lib/div64.h"
#include "lib/error.h"

#define MODE_ONE_SHOT (0u << 17)
#define MODE_TSC_DEADLINE (2u << 17)
#define DIVIDE_BY_1 0xBu

/*
 * Readings are exact to some 100 ns, so that the rate is off by less than the margin below; what
 * time it is does not depend on it.
 */
#define MEASURE_NS 4000000u
#define MEASURE_MS 4u
#define NS_PER_SECOND 1000000000ull
#define NS_PER_MS 1000000u
#define READINGS 8u

/* From the instruction rate of an emulator to the fastest bus clock. */
#define KHZ_MIN 100u
#define KHZ_MAX 20000000u

/* How far ahead the timer is set in its test; on a busy host an emulator may be that late. */
#define TEST_NS 100000u
#define TEST_PATIENCE_NS 2000000000u

/* How far ahead a TSC deadline is set at most: rounding stays below a tick (arch/cpu/time.h). */
#define DEADLINE_REACH_NS (4 * NS_PER_SECOND)

/*
 * The counter is set longer by this fraction, 61 ppm, which is more than the error of its rate:
 * after an early interrupt it would have to be set again.
 */
#define MARGIN_SHIFT 14

/* The same for all CPUs: one bus clock drives all their timers. */
static struct {
	bool deadline;
	uint32_t khz;
	uint32_t factor; /* ticks a nanosecond, shifted left by shift */
	unsigned shift;
	uint64_t reach_ns;
} timer;

struct reading {
	uint64_t time;	/* ns, or ticks of the TSC */
	uint32_t count;
};

/* Where lapic_timer_begin has set the counter going; by the TSC, whose rate is not known yet. */
static struct {
	bool is_counting;
	struct reading start;
} begun;

/* --- the counter's rate ---------------------------------------------------------------------- */

static void count_down(void)
{
	lapic_write(LAPIC_DIVIDE, DIVIDE_BY_1);
	lapic_write(LAPIC_LVT_TIMER, MODE_ONE_SHOT | LAPIC_LVT_MASKED | VECTOR_TIMER);
	lapic_write(LAPIC_INITIAL_COUNT, UINT32_MAX);
}

/*
 * The counter between two readings of a clock, where those were closest.  Inline, so that no call
 * through a pointer comes between them.
 */
static inline __force_inline struct reading read_by(uint64_t (*clock)(void))
{
	uint64_t best = UINT64_MAX;
	struct reading reading = { 0, 0 };

	for (unsigned i = 0; i < READINGS; i++) {
		uint64_t before = clock();
		uint32_t count = lapic_read(LAPIC_CURRENT_COUNT);
		uint64_t width = clock() - before;

		if (width < best) {
			best = width;
			reading = (struct reading){ before + width / 2, count };
		}
	}
	return reading;
}

void lapic_timer_begin(void)
{
	count_down();
	begun.start = read_by(read_tsc);
	begun.is_counting = true;
}

static uint32_t possible(uint64_t khz)
{
	return khz >= KHZ_MIN && khz <= KHZ_MAX ? (uint32_t)khz : 0;
}

/* 0 unless it has counted since lapic_timer_begin, long enough, by a TSC that is the clock. */
static uint32_t khz_since_begun(void)
{
	struct reading end;
	uint64_t ticks;

	if (!begun.is_counting || !time_is_tsc())
		return 0;
	begun.is_counting = false;
	end = read_by(read_tsc);
	ticks = end.time - begun.start.time;
	/* It stops at 0, so then nobody knows when. */
	if (end.count == 0 || ticks < (uint64_t)time_tsc_khz() * MEASURE_MS)
		return 0;
	return possible((uint64_t)(begun.start.count - end.count) * time_tsc_khz() / ticks);
}

/* 0 when the counter does not count, or its rate is impossible. */
static uint32_t measure_khz(void (*meanwhile)(void))
{
	struct time_limit limit = time_limit(MEASURE_NS);
	struct reading start, end;

	count_down();
	start = read_by(time_ns);
	while (!time_limit_is_over(&limit))
		meanwhile();
	end = read_by(time_ns);
	lapic_write(LAPIC_INITIAL_COUNT, 0);
	if (end.time <= start.time)
		return 0;
	return possible((uint64_t)(start.count - end.count) * NS_PER_MS / (end.time - start.time));
}

static void set_scale(uint32_t khz)
{
	timer.khz = khz;
	timer.shift = 31;
	while (((uint64_t)khz << timer.shift) / NS_PER_MS > UINT32_MAX)
		timer.shift--;
	timer.factor = (uint32_t)(((uint64_t)khz << timer.shift) / NS_PER_MS);
	/* A quarter is left for the margin, and for rates that were measured too low. */
	timer.reach_ns = (uint64_t)(UINT32_MAX / 4 * 3) * NS_PER_MS / khz;
}

void lapic_timer_init_cpu(void)
{
	lapic_write(LAPIC_DIVIDE, DIVIDE_BY_1);
	lapic_write(LAPIC_LVT_TIMER,
		    (timer.deadline ? MODE_TSC_DEADLINE : MODE_ONE_SHOT) | VECTOR_TIMER);
	/* The entry in memory is to be written before the MSR is (SDM vol. 3, 10.5.4.1). */
	if (timer.deadline)
		memory_barrier();
}

/* The interrupt stays pending, since interrupts are off. */
static bool expires(void)
{
	struct time_limit limit = time_limit(TEST_PATIENCE_NS);

	(void)lapic_timer_arm(time_ns() + TEST_NS);
	while (!lapic_is_pending(VECTOR_TIMER))
		if (time_limit_is_over(&limit))
			return false;
	return true;
}

static int use_deadlines(void)
{
	timer.deadline = true;
	begun.is_counting = false;	/* another mode stops the counter */
	timer.reach_ns = DEADLINE_REACH_NS;
	lapic_timer_init_cpu();
	return expires() ? 0 : -E_IO;
}

static int use_counter(void (*meanwhile)(void))
{
	uint32_t khz = khz_since_begun();

	timer.deadline = false;
	if (khz == 0)
		khz = measure_khz(meanwhile);
	if (khz == 0)
		return -E_IO;
	set_scale(khz);
	lapic_timer_init_cpu();
	return expires() ? 0 : -E_IO;
}

int lapic_timer_init(void (*meanwhile)(void))
{
	/* On some processors this mode does not work without new microcode. */
	if (cpu_features()->tsc_deadline && time_is_tsc() && use_deadlines() == 0)
		return 0;
	return use_counter(meanwhile);
}

bool lapic_timer_is_deadline(void)
{
	return timer.deadline;
}

uint32_t lapic_timer_khz(void)
{
	return timer.khz;
}

static uint32_t ticks_of(uint64_t ns)
{
	uint32_t ticks = (uint32_t)mul_u64_u32_shift(ns, timer.factor, timer.shift);

	/* A count of 0 would stop it. */
	return ticks + (ticks >> MARGIN_SHIFT) + 1;
}

uint64_t lapic_timer_arm(uint64_t deadline)
{
	uint64_t now = time_ns();
	uint64_t ns = deadline > now ? MIN(deadline - now, timer.reach_ns) : 0;

	if (timer.deadline)
		write_msr(MSR_TSC_DEADLINE, time_tsc_at(now + ns));
	else
		lapic_write(LAPIC_INITIAL_COUNT, ticks_of(ns));
	return now + ns;
}

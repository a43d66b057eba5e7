// SPDX-License-Identifier: GPL-2.0-only
/*
 * Detects a clock that stops or jumps.  No register tells whether a clock is right; but a timer
 * that expires says that time has passed, and the TSC says roughly how much, even where its rate
 * changes.
 */
#include "arch/board/clock_watch.h"

#include "arch/board/clock.h"
#include "arch/cpu/cpu.h"
#include "arch/cpu/time.h"
#include "arch/cpu/x86.h"

#include <stdbool.h>

#define NS_PER_MS 1000000u

/*
 * A clock event that was replaced may still come, before the next tick of the clock: once, but not
 * twice in a row.  SAME_MANY events within one tick are impossible.
 */
#define SAME_FEW 2u
#define SAME_MANY 16u

/* Longer than a tick of any clock by a factor of a thousand. */
#define ARMED_NS 1000000u

/* The rate of a TSC changes by less than that between a CPU at full speed and a throttled one. */
#define RATE_FACTOR 64u
#define JUMP_NS 500000000ull

struct watch {
	uint64_t ns, tsc;	/* when the last clock event came; 0: there was none */
	unsigned same;		/* how often since then the clock was where it is */
};

static struct watch watches[MAX_CPUS];

static bool stands_still(struct watch *watch, uint64_t now, uint64_t until)
{
	if (now != watch->ns) {
		watch->same = 0;
		return false;
	}
	watch->same++;
	return watch->same >= SAME_MANY || (watch->same >= SAME_FEW && until > now + ARMED_NS);
}

/* Has far more time passed than the TSC has seen? */
static bool has_jumped(const struct watch *watch, uint64_t now, uint64_t tsc)
{
	uint64_t by_clock = now - watch->ns;

	/* Most clock events are closer together, and this saves them the division below. */
	if (watch->ns == 0 || by_clock <= JUMP_NS || time_is_tsc())
		return false;
	return by_clock - JUMP_NS > (tsc - watch->tsc) * RATE_FACTOR / time_tsc_khz() * NS_PER_MS;
}

void clock_watch(uint64_t until)
{
	struct watch *watch = &watches[this_cpu()->id];
	uint64_t now = time_ns(), tsc = read_tsc();

	if (stands_still(watch, now, until))
		clock_leave_stopped();
	/* A clock that jumps is better than none. */
	if (has_jumped(watch, now, tsc))
		(void)clock_leave("it jumps");
	watch->ns = now;
	watch->tsc = tsc;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * A clock that stops or jumps.  Nobody can ask a clock whether it is right; but a timer
 * that goes off says that time has passed, and the TSC roughly how much, even where its
 * rate changes.
 */
#include "arch/board/time_watch.h"

#include "arch/board/time_limit.h"
#include "arch/cpu/cpu.h"
#include "arch/cpu/panic.h"
#include "arch/cpu/x86.h"

#include <stdbool.h>

#define NS_PER_MS 1000000u

/*
 * An alarm that was replaced may still go off at once, before the clock has a tick: once,
 * not twice in a row.  That so many go off at once within a tick cannot be.
 */
#define SAME_FEW 2u
#define SAME_MANY 16u

/* Longer than a tick of any clock by a factor of a thousand. */
#define ARMED_NS 1000000u

/* The rate of a TSC changes by less than that between a CPU at full speed and a throttled one. */
#define RATE_FACTOR 64u
#define JUMP_NS 500000000ull

struct watch {
	uint64_t ns, tsc;	/* when an alarm went off last; 0: never */
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

	/* Most alarms are not even that far apart; and there is a division behind this. */
	if (watch->ns == 0 || by_clock <= JUMP_NS || time_is_tsc())
		return false;
	return by_clock - JUMP_NS > (tsc - watch->tsc) * RATE_FACTOR / time_tsc_khz() * NS_PER_MS;
}

static void leave_still_clock(void)
{
	if (!time_leave("it stands still"))
		panic("the clock %s stands still, and there is no other", time_source());
}

bool time_limit_is_stuck(void)
{
	if (panic_has_begun())
		return true;
	leave_still_clock();
	return false;
}

void time_watch(uint64_t until)
{
	struct watch *watch = &watches[this_cpu()->id];
	uint64_t now = time_ns(), tsc = read_tsc();

	if (stands_still(watch, now, until))
		leave_still_clock();
	/* One that jumps is better than none. */
	if (has_jumped(watch, now, tsc))
		(void)time_leave("it jumps");
	watch->ns = now;
	watch->tsc = tsc;
}

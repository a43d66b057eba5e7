// SPDX-License-Identifier: GPL-2.0-only
/* One timer per CPU for all devices of a kind, set to the earliest time that was asked for. */
#include "arch/board/device_timer.h"

#include "arch/cpu/time.h"

static void expired(struct timer *timer)
{
	struct timer *first = timer - this_cpu()->id;
	struct device_timer *of = container_of(first, struct device_timer, timers[0]);
	uint64_t again = of->tick();

	if (again != 0)
		device_timer_start(of, again);
}

void device_timer_start(struct device_timer *of, uint64_t nanoseconds)
{
	struct timer *timer = &of->timers[this_cpu()->id];
	uint64_t deadline = time_ns() + nanoseconds;

	if (timer_is_waiting(timer)) {
		if (timer->deadline <= deadline)
			return;
	} else {
		timer_init(timer, expired);
	}
	timer_start(timer, deadline);
}

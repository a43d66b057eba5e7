/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Waiting for a chip, for a while at most: at boot on the spot, later by asking again.
 */
#ifndef UMBRA_ARCH_CPU_WAIT_H
#define UMBRA_ARCH_CPU_WAIT_H

#include "arch/cpu/time_limit.h"

#include <stdbool.h>
#include <stdint.h>

#define WAIT_MS 1000000ull	/* in the nanoseconds of time_ns */

/* What has become of something that is asked for again and again, and is not waited for. */
enum wait_result {
	WAIT_DONE,
	WAIT_LATER,	/* it is not over yet */
	WAIT_FAILED,	/* it took too long */
};

/*
 * While guests run nobody may wait for longer than some microseconds, since interrupts are off:
 * this is for boot, and for times as short as that.  Evaluates condition again and again until it is true, or nanoseconds have gone;
 * says what it was the last time.
 */
#define wait_until(condition, nanoseconds)						\
	({										\
		struct time_limit limit_ = time_limit(nanoseconds);			\
		bool late_ = false, true_;						\
											\
		while (!(true_ = (condition)) && !late_)				\
			late_ = time_limit_is_over(&limit_);				\
		true_;									\
	})

#endif

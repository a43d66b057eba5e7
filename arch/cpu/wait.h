/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Waiting for a chip, for a limited time: at boot on the spot, later by asking again.
 */
#ifndef UMBRA_ARCH_CPU_WAIT_H
#define UMBRA_ARCH_CPU_WAIT_H

#include "arch/cpu/time_limit.h"

#include <stdbool.h>
#include <stdint.h>

#define WAIT_MS 1000000ull	/* in the nanoseconds of time_ns */

/* What a step says that is called again and again until it is over, instead of waiting. */
enum wait_result {
	WAIT_DONE,
	WAIT_LATER,	/* it is not over yet */
	WAIT_FAILED,	/* it took too long */
};

/*
 * Evaluates condition again and again until it is true or nanoseconds have passed; its last value
 * is the result.  For boot, and for some microseconds later on: while guests run nobody may wait
 * for longer, since interrupts are off.
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

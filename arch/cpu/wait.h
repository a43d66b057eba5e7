/* SPDX-License-Identifier: GPL-2.0-only */
/* Waiting for hardware, for a limited time: in a loop at boot, by repeated calls later. */
#ifndef UMBRA_ARCH_CPU_WAIT_H
#define UMBRA_ARCH_CPU_WAIT_H

#include "arch/cpu/time_limit.h"

#include <stdbool.h>
#include <stdint.h>

#define WAIT_MS 1000000ull	/* in the nanoseconds of time_ns */

/* The result of a function that is called again until it is done, instead of waiting. */
enum wait_result {
	WAIT_DONE,
	WAIT_LATER,	/* it is not over yet */
	WAIT_FAILED,	/* it took too long */
};

/*
 * Evaluates condition again and again until it is true or nanoseconds have passed; its last value
 * is the result.  For boot, and for some microseconds later on: while guests run no code may wait
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

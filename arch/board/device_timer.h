/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A timer for all devices of a kind.  Any CPU may ask for it, under the lock of a device; since
 * a CPU touches no queue of timers but its own, the work is done by the CPU that asked, and it
 * looks after all devices of the kind then.  Drivers of disks and network cards use it.
 */
#ifndef UMBRA_ARCH_BOARD_DEVICE_TIMER_H
#define UMBRA_ARCH_BOARD_DEVICE_TIMER_H

#include "arch/board/timer.h"
#include "arch/cpu/cpu.h"

struct device_timer {
	/*
	 * Looks after the devices.  Returns after how many nanoseconds this CPU is to do so
	 * again; 0: it need not.  From the timer's interrupt, no lock held.
	 */
	uint64_t (*tick)(void);
	struct timer timers[MAX_CPUS];	/* each CPU's own */
};

#define DEVICE_TIMER(function) { .tick = (function) }

/* tick is called on this CPU after so many nanoseconds, or sooner.  Any context but NMI. */
void device_timer_start(struct device_timer *of, uint64_t nanoseconds);

#endif

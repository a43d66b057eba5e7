/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A timer for all devices of a kind.  Any CPU may start it, under the lock of a device.  A CPU uses
 * only its own timer queue, so the timer expires on the CPU that started it, and its handler serves
 * all devices of the kind.  Drivers of disks and network cards use it.
 */
#ifndef UMBRA_ARCH_BOARD_DEVICE_TIMER_H
#define UMBRA_ARCH_BOARD_DEVICE_TIMER_H

#include "arch/board/timer.h"
#include "arch/cpu/cpu.h"

struct device_timer {
	/*
	 * Serves the devices.  Returns after how many nanoseconds this CPU is to call it again; 0:
	 * never.  From the timer's interrupt, no lock held.
	 */
	uint64_t (*tick)(void);
	struct timer timers[MAX_CPUS];	/* each CPU's own */
};

#define DEVICE_TIMER(function) { .tick = (function) }

/* tick is called on this CPU after so many nanoseconds, or sooner.  Any context but NMI. */
void device_timer_start(struct device_timer *of, uint64_t nanoseconds);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* Watches the clock in use by means of clock events.  Called by clock_event.c at each of them. */
#ifndef UMBRA_ARCH_BOARD_CLOCK_WATCH_H
#define UMBRA_ARCH_BOARD_CLOCK_WATCH_H

#include <stdint.h>

/*
 * This CPU's clock event has come, which was set for the moment when time_ns() is until.  A clock
 * that has stopped or jumped since the last event is replaced (arch/board/clock.h); panics if it
 * has stopped and there is no other.  In interrupt handlers, on each CPU.
 */
void clock_watch(uint64_t until);

#endif

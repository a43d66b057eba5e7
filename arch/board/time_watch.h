/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Watching the clock while it is in use, by what the timers say.  Called by alarm.c.
 */
#ifndef UMBRA_ARCH_BOARD_TIME_WATCH_H
#define UMBRA_ARCH_BOARD_TIME_WATCH_H

#include <stdint.h>

/*
 * This CPU's timer has gone off, which was set to go off when time_ns() is until.  A clock
 * that has stopped since, or has jumped, makes way for another one (time_leave); with none
 * left, one that has stopped is a panic.  Interrupt handlers, on each CPU that has timers.
 */
void time_watch(uint64_t until);

#endif

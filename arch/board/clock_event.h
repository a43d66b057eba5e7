/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The clock event of each CPU: one interrupt at a chosen time, by the local APIC's timer, or by
 * the 8254 for the boot CPU of a machine without one.  Called by timer.c, which keeps the
 * queues of timers.
 */
#ifndef UMBRA_ARCH_BOARD_CLOCK_EVENT_H
#define UMBRA_ARCH_BOARD_CLOCK_EVENT_H

#include "arch/board/irq.h"

#include <stdint.h>

/*
 * Begins what clock_event_init would have to wait for otherwise.  Boot CPU, once, after irq_init,
 * before clock_event_init.
 */
void clock_event_begin(void);

/*
 * Chooses a timer and tests that it expires.  While one is measured, meanwhile is called again and
 * again, 50 microseconds at most each time, so that the wait is of use.  handler(NULL) is called
 * at each event, on the CPU that set it, interrupts off, and once soon after this call without an
 * event.  Panics when no timer works.  Boot CPU, once, after irq_init and clock_end.
 */
void clock_event_init(irq_handler_t *handler, void (*meanwhile)(void));

/* Each further CPU, on that CPU, after irq_init_cpu. */
void clock_event_init_cpu(void);

/*
 * Sets this CPU's next event to deadline (time_ns()), in place of the one that was set.  It comes
 * once: at deadline or, if that is farther ahead than the hardware can count, earlier.  Returns the
 * time of the event. It may be a few microseconds late.
 */
uint64_t clock_event_set(uint64_t deadline);

#endif

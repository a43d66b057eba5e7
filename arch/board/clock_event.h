/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Each CPU's alarm clock: the local APIC's timer, or the 8254 for the boot CPU
 * of a machine without one.
 */
#ifndef UMBRA_ARCH_BOARD_CLOCK_EVENT_H
#define UMBRA_ARCH_BOARD_CLOCK_EVENT_H

#include "arch/board/irq.h"

#include <stdint.h>

/*
 * Chooses a timer that really goes off.  function(NULL) runs on the CPU whose alarm went
 * off, interrupts off; once soon after the start for nothing.  Panics when no timer does.
 * Boot CPU, once, after irq_init and clock_init.
 */
void clock_event_init(irq_handler_t *function);

/* Each further CPU, on that CPU, after irq_init_cpu. */
void clock_event_init_cpu(void);

/*
 * Sets this CPU's alarm to deadline (time_ns()), in place of what it was set to.  It goes off once, at
 * deadline or, if that is farther than the hardware reaches, before it; when,
 * is returned.  It may be a few microseconds late.
 */
uint64_t clock_event_set(uint64_t deadline);

#endif

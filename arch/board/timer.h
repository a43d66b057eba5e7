/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One-shot timers: an ordered queue a CPU, driven by that CPU's timer hardware,
 * which is armed for the earliest; what is armed may fire once for nothing.
 */
#ifndef UMBRA_ARCH_BOARD_TIMER_H
#define UMBRA_ARCH_BOARD_TIMER_H

#include "lib/list.h"

#include <stdbool.h>
#include <stdint.h>

struct timer {
	struct list_node node;
	uint64_t deadline;		/* time_ns() */
	void (*expired)(struct timer *timer);	/* interrupts off; may start timers */
	struct timer_queue *queue;	/* the one it waits in, NULL when it does not */
	bool detached;			/* waits, but in no queue */
};

/* The timers' hardware, and the boot CPU's queue.  Boot CPU, once, interrupts off. */
void timers_init(void);

/* Each further CPU, on that CPU, interrupts off: its queue; clock_event_init_cpu (arch/board/clock_event.h) goes before. */
void timers_init_cpu(void);

void timer_init(struct timer *timer, void (*expired)(struct timer *timer));

/* (Re)starts timer on this CPU for deadline, which may have passed already. */
void timer_start(struct timer *timer, uint64_t deadline);

/* Nothing happens when it does not wait. */
void timer_stop(struct timer *timer);

/*
 * A timer on its way to another CPU: if it waits, detach takes it out of this
 * CPU's queue, and attach puts it into that of the CPU which that is called on.
 */
void timer_detach(struct timer *timer);
void timer_attach(struct timer *timer);

static inline bool timer_is_waiting(const struct timer *timer)
{
	return timer->queue != NULL;
}

#endif

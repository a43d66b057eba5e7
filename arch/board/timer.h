/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One-shot timers: an ordered queue for each CPU, driven by that CPU's clock event, which is set
 * for the earliest.  All code above uses them; device_timer.h is for drivers, whose devices any CPU
 * may use.
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
	bool detached;			/* it will wait again after timer_attach */
};

/*
 * The clock events, and the boot CPU's queue; meanwhile is clock_event_init's.  Boot CPU, once,
 * interrupts off.
 */
void timers_init(void (*meanwhile)(void));

/* The queue of each further CPU: on that CPU, interrupts off, after clock_event_init_cpu. */
void timers_init_cpu(void);

/* expired(timer) is called once for each start that is not stopped, on the CPU that started it. */
void timer_init(struct timer *timer, void (*expired)(struct timer *timer));

/* (Re)starts timer on this CPU for deadline, which may have passed already. */
void timer_start(struct timer *timer, uint64_t deadline);

/* Does nothing when the timer does not wait.  On the CPU that started it. */
void timer_stop(struct timer *timer);

/*
 * Moves a timer to another CPU.  If it waits, timer_detach takes it out of this CPU's queue, and
 * timer_attach, called on the other CPU, puts it into that one's with the same deadline.
 */
void timer_detach(struct timer *timer);
void timer_attach(struct timer *timer);

static inline bool timer_is_waiting(const struct timer *timer)
{
	return timer->queue != NULL;
}

#endif

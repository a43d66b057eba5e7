/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Detects that a device's interrupts do not arrive: its line may lead nowhere.  If the timer again
 * and again finds work that an interrupt should have reported, the device is polled from then on.
 * Drivers of disks and network cards keep one for each port, guarded by the port's lock.
 */
#ifndef UMBRA_DRIVERS_PCI_IRQ_WATCH_H
#define UMBRA_DRIVERS_PCI_IRQ_WATCH_H

#include <stdbool.h>
#include <stdint.h>

/* The period of polling a device, in nanoseconds. */
#define IRQ_POLL_PERIOD 1000000ull

struct irq_watch {
	bool is_polled;		/* its interrupts do not work; a driver may set it too */
	unsigned missed;	/* times in a row that the timer was first */
};

/* An interrupt of the device arrived. */
static inline void irq_watch_raised(struct irq_watch *watch)
{
	watch->missed = 0;
}

/*
 * The timer found work that an interrupt should have reported.  True when the device is polled from
 * now on, which the log says of `name` as a warning of `subsystem`.
 */
bool irq_watch_missed(struct irq_watch *watch, const char *subsystem, const char *name);

#endif

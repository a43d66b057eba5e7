// SPDX-License-Identifier: GPL-2.0-only
/*
 * Counts how often in a row a device's timer was first, and says so in the log when the device's
 * interrupts count as missing.
 */
#include "drivers/pci/irq_watch.h"

#include "arch/cpu/log.h"

/* The timer may come before an interrupt by chance, but not so often in a row. */
#define MISSED_MAX 8u

bool irq_watch_missed(struct irq_watch *watch, const char *subsystem, const char *name)
{
	if (watch->is_polled || ++watch->missed < MISSED_MAX)
		return false;
	log_warn(subsystem, "%s raises no interrupts: it is asked every millisecond", name);
	watch->is_polled = true;
	return true;
}

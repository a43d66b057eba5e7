/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Between drivers/block/disk.c and, above it, disk_recover.c, disk_port.c and disk_read.c.
 * All functions but disks_tick are called with the port's lock.
 */
#ifndef UMBRA_DRIVERS_BLOCK_DISK_INTERNAL_H
#define UMBRA_DRIVERS_BLOCK_DISK_INTERNAL_H

#include "arch/board/device_timer.h"
#include "arch/cpu/time.h"
#include "drivers/block/disk_transfer.h"

#define DISK_SECOND 1000000000ull
#define DISK_MILLISECOND 1000000ull

/*
 * A command fails that was not answered twice, or was the first in flight when the device wanted
 * five restarts.
 */
#define DISK_BLAME_MAX 10
#define DISK_BLAME_SILENCE 5
#define DISK_BLAME_RESTART 2

/* --- disk.c ---------------------------------------------------------------------------- */

extern const struct block_device_ops disk_ops;	/* of every disk */

/* All ports; the list never changes after boot. */
struct list *disk_ports(void);

/* Is a command in flight?  Or does one wait? */
bool disk_is_busy(const struct disk_port *port);
bool disk_has_work(const struct disk_port *port);

/* Makes the timer call disks_tick after so many nanoseconds, or sooner. */
void disk_look_after(struct disk_port *port, uint64_t nanoseconds);

/* The period of the timer for a port that has work, in nanoseconds. */
uint64_t disk_period(const struct disk_port *port);

/*
 * Called around all that a handler does for the port: take and release its lock.  Time spent in
 * between on a request is charged to it.
 */
static inline void disk_enter(struct disk_port *port)
{
	spin_lock(&port->lock);
	port->spent = 0;
	port->charged_until = time_ns();
}

void disk_leave(struct disk_port *port);

/*
 * The transfer, which is in no list and has no tag, is over: calls done of its request, unless
 * that was cancelled.
 */
void disk_finish(struct disk_port *port, struct disk_transfer *transfer, int error);

/* Logs an error of the port's disks, one line a second at most. */
void disk_report_error(struct disk_port *port, const struct disk_transfer *transfer);

/* Starts waiting requests while tags are free, if the port takes commands. */
void disk_start_waiting(struct disk_port *port);

/* --- disk_recover.c -------------------------------------------------------------------- */

/*
 * The timer's work: checks each port, with its lock, for finished and for overdue commands.
 * Returns after how many nanoseconds to call it again, 0 when no port has work.  Any CPU, any
 * context but NMI, no lock held.
 */
uint64_t disks_tick(void);

extern struct device_timer disk_timer;	/* calls disks_tick; that of all ports */

#endif

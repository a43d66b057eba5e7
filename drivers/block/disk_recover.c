// SPDX-License-Identifier: GPL-2.0-only
/*
 * Recovery of ports: devices that do not answer or ask for a reset, and interrupts that do not
 * arrive.  A port is stopped, then revived, in steps that the timer drives; none of them waits.
 */
#include "drivers/block/disk_internal.h"

#include "arch/cpu/log.h"
#include "arch/cpu/time.h"
#include "arch/cpu/time_limit.h"
#include "lib/error.h"

#define REVIVE_TIME (10 * DISK_SECOND)	/* a disk that spins up */
#define PUT_OFF_TIME (DISK_SECOND / 5)	/* what comes late comes within that */
#define RESETS_MAX 2			/* in a row; then the port is lost */
#define RESTARTS_MAX 10			/* the same, when the device asks for them */

/* --- trouble ---------------------------------------------------------------------------- */

static void fail_all(struct disk_port *port)
{
	struct list_node *node;

	for (unsigned i = 0; i < port->depth; i++) {
		struct disk_transfer *transfer = port->in_flight[i];

		port->in_flight[i] = NULL;
		if (transfer)
			disk_finish(port, transfer, -E_IO);
	}
	while ((node = list_take_first(&port->waiting)) != NULL)
		disk_finish(port, container_of(node, struct disk_transfer, node), -E_IO);
}

static void lose(struct disk_port *port)
{
	port->state = DISK_LOST;
	for (unsigned i = 0; i < DISK_UNITS_MAX; i++)
		if (port->units[i])
			log_event("disk-lost", "disk=%s cause=\"%s\"", port->units[i]->name,
				  port->lost_cause);
	fail_all(port);
}

/*
 * Puts requests in flight back to the front of the queue, in their old order, unless they were
 * cancelled.
 */
static void take_back(struct disk_port *port)
{
	for (unsigned i = port->depth; i-- > 0;) {
		struct disk_transfer *transfer = port->in_flight[i];

		port->in_flight[i] = NULL;
		if (!transfer)
			continue;
		if (transfer->cancelled) {
			disk_finish(port, transfer, -E_IO);
		} else if (transfer->blame >= DISK_BLAME_MAX) {
			disk_report_error(port, transfer);
			disk_finish(port, transfer, -E_IO);
		} else {
			list_add_first(&port->waiting, &transfer->node);
		}
	}
}

/* go_on continues, in disks_tick at the latest. */
static void begin_stop(struct disk_port *port)
{
	port->state = DISK_STOPPING;
	port->ops->stop(port);
	disk_look_after(port, disk_period(port));
}

static void begin_to_lose(struct disk_port *port, const char *cause)
{
	port->lost_cause = cause;
	begin_stop(port);
}

static void try_revive(struct disk_port *port)
{
	int result = port->ops->revive(port);

	if (result == 0) {
		port->state = DISK_RUNNING;
		disk_start_waiting(port);
	} else if (result != BLOCK_LATER) {
		begin_to_lose(port, "it cannot be reset");
	} else if (time_is_really_over(&port->deadline, &port->put_off, PUT_OFF_TIME)) {
		begin_to_lose(port, "it does not come back from a reset");
	}
}

/* Stops and revives the port as far as that goes without waiting. */
static void go_on(struct disk_port *port)
{
	if (port->state == DISK_STOPPING && port->ops->has_stopped(port)) {
		if (port->lost_cause) {
			lose(port);
			return;
		}
		take_back(port);
		port->state = DISK_REVIVING;
		port->deadline = time_ns() + REVIVE_TIME;
	}
	if (port->state == DISK_REVIVING)
		try_revive(port);
}

void disk_port_give_up(struct disk_port *port, const char *cause)
{
	begin_to_lose(port, cause);
	go_on(port);
}

/* Stops the running port, to start it again; the caller does nothing more with it. */
static void reset(struct disk_port *port)
{
	port->counters.resets++;
	begin_stop(port);
	go_on(port);
}

/*
 * Blames the first command in flight: the device was working on it, or will be next time, since
 * restarted commands keep their order.
 */
void disk_port_restart(struct disk_port *port)
{
	struct disk_transfer *first = NULL;

	for (unsigned i = 0; i < port->depth && !first; i++)
		first = port->in_flight[i];
	if (first && port->resets++ >= RESTARTS_MAX) {
		disk_port_give_up(port, "resets do not help it");
		return;
	}
	if (first)
		first->blame += DISK_BLAME_RESTART;
	reset(port);
}

static void time_out(struct disk_port *port)
{
	if (port->resets++ >= RESETS_MAX) {
		disk_port_give_up(port, "it does not answer");
		return;
	}
	log_warn("disk", "%s does not answer: reset", port->name);
	for (unsigned i = 0; i < port->depth; i++)
		if (port->in_flight[i])
			port->in_flight[i]->blame += DISK_BLAME_SILENCE;
	reset(port);
}

/* --- looking after ports ---------------------------------------------------------------- */

static void poll(struct disk_port *port)
{
	port->answered = false;
	if (port->state == DISK_RUNNING)
		port->ops->poll(port);
	disk_start_waiting(port);
}

void disk_port_set_polled(struct disk_port *port)
{
	spin_lock(&port->lock);
	port->watch.is_polled = true;
	spin_unlock(&port->lock);
}

bool disk_port_interrupt(struct disk_port *port)
{
	bool answered;

	disk_enter(port);
	poll(port);
	answered = port->answered;
	if (answered) {
		port->counters.interrupts++;
		irq_watch_raised(&port->watch);
	}
	disk_leave(port);
	return answered;
}

/* Has the device worked on a cancelled request for longer than CANCEL_TIME? */
static bool is_hung_up(struct disk_port *port)
{
	for (unsigned i = 0; i < port->depth; i++) {
		struct disk_transfer *transfer = port->in_flight[i];

		if (transfer && transfer->cancelled &&
		    time_is_really_over(&transfer->patience, &transfer->put_off, PUT_OFF_TIME))
			return true;
	}
	return false;
}

static bool is_being_reset(const struct disk_port *port)
{
	return port->state == DISK_STOPPING || port->state == DISK_REVIVING;
}

/* Returns after how many nanoseconds to call it again; 0: never. */
static uint64_t tick(struct disk_port *port)
{
	uint64_t again;

	disk_enter(port);
	if (disk_has_work(port)) {
		poll(port);
		if (port->answered)
			(void)irq_watch_missed(&port->watch, "disk", port->name);
	}
	if (is_being_reset(port))
		go_on(port);
	else if (disk_is_busy(port) &&
		 time_is_really_over(&port->deadline, &port->put_off, PUT_OFF_TIME))
		time_out(port);
	else if (is_hung_up(port))
		reset(port);
	again = disk_has_work(port) || is_being_reset(port) ? disk_period(port) : 0;
	disk_leave(port);
	return again;
}

uint64_t disks_tick(void)
{
	struct disk_port *port;
	uint64_t soonest = 0;

	list_for_each(port, disk_ports(), node) {
		uint64_t again = tick(port);

		if (again != 0 && (soonest == 0 || again < soonest))
			soonest = again;
	}
	return soonest;
}

struct device_timer disk_timer = DEVICE_TIMER(disks_tick);

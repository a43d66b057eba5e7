// SPDX-License-Identifier: GPL-2.0-only
/*
 * Handles cards that fail: a card is reset, in steps that the timer continues, and given up after
 * several resets in a row.  The timer of all ports is here too.
 */
#include "drivers/net/net_internal.h"

#include "arch/cpu/log.h"
#include "arch/cpu/time.h"

#define SILENT_RESETS_MAX 2	/* in a row; then the port is lost */

struct device_timer net_timer;

void net_look_after(struct net_device *device, uint64_t nanoseconds)
{
	uint64_t due = time_ns() + nanoseconds;

	if (due >= device->due)
		return;
	device->due = due;
	device_timer_start(&net_timer, nanoseconds);
}

void net_check_link(struct net_device *device)
{
	bool link = device->ops->link(device);

	device->link_asked = false;
	if (link == device->link)
		return;
	device->link = link;
	device->deadline = time_ns() + NET_SEND_TIME;
	log_event("link", "port=%s state=%s", device->name, link ? "up" : "down");
}

int net_start(struct net_device *device)
{
	int error = device->ops->start(device);

	device->in_flight = 0;
	device->irq_disabled = true;
	device->link_asked = true;
	return error;
}

/* The timer continues, unless another caller does so before. */
static void begin_stop(struct net_device *device)
{
	device->state = NET_RESETTING;
	device->ops->stop(device);
	net_look_after(device, NET_RESET_PERIOD);
}

static void begin_to_lose(struct net_device *device, const char *cause)
{
	device->lost_cause = cause;
	begin_stop(device);
}

static void lose(struct net_device *device, const char *cause)
{
	device->state = NET_LOST;
	device->link = false;
	log_event("net-lost", "port=%s cause=\"%s\"", device->name, cause);
}

static void start_again(struct net_device *device)
{
	if (net_start(device) != 0) {
		begin_to_lose(device, "it cannot be reset");
		return;
	}
	device->state = NET_RUNNING;
	net_check_link(device);
	net_look_after(device, 1);
}

void net_go_on(struct net_device *device)
{
	enum wait_result result = device->ops->has_stopped(device);

	if (result == WAIT_LATER)
		net_look_after(device, NET_RESET_PERIOD);
	else if (device->lost_cause)
		lose(device, device->lost_cause);
	else if (result == WAIT_FAILED)
		lose(device, "it cannot be reset");
	else
		start_again(device);
}

void net_restart(struct net_device *device, const char *cause)
{
	if (device->silent_resets++ == SILENT_RESETS_MAX) {
		begin_to_lose(device, cause);
	} else {
		log_warn("net", "%s: %s: reset", device->name, cause);
		device->counters.resets++;
		begin_stop(device);
	}
	net_go_on(device);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * The list of ports: drivers add them, an uplink finds and opens one.  What goes out by a port is
 * in net_send.c, what comes in is in net_poll.c, and net_recover.c resets cards.
 */
#include "drivers/net/net_internal.h"

#include "arch/cpu/log.h"
#include "arch/cpu/time.h"
#include "arch/cpu/time_limit.h"
#include "arch/cpu/x86.h"
#include "lib/error.h"
#include "lib/format.h"
#include "lib/string.h"
#include "mm/frames.h"
#include "mm/host_map.h"

#define RING_PAGES (NET_RING_SIZE * NET_BUFFER_SIZE / PAGE_SIZE)

static struct list devices = LIST_INIT(devices);	/* written at boot only */

struct list *net_devices(void)
{
	return &devices;
}

struct net_device *net_device_find(const char *name)
{
	struct net_device *device;

	list_for_each(device, &devices, node)
		if (string_equal(device->name, name))
			return device;
	return NULL;
}

/* --- making ----------------------------------------------------------------------------- */

/* The timer's work on all ports, as device_timer.h says. */
static uint64_t tick(void)
{
	struct net_device *device;
	uint64_t soonest = NET_NEVER, now;

	list_for_each(device, &devices, node) {
		uint64_t due = net_tick(device);

		soonest = MIN(soonest, due);
	}
	if (soonest == NET_NEVER)
		return 0;
	now = time_ns();
	return soonest > now ? soonest - now : 1;
}

void net_device_add(struct net_device *device)
{
	static unsigned number;

	net_timer.tick = tick;
	format_text(device->name, sizeof(device->name), "net%u", number++);
	device->lock = (struct spinlock)SPINLOCK(LOCK_NET);
	device->due = NET_NEVER;
	device->watch.is_polled = pci_irq_attach(device->pci, &net_irq_ops, device) != 0;
	list_add_last(&devices, &device->node);
	log_info("net", "%s: %02x:%02x:%02x:%02x:%02x:%02x by %s", device->name, device->address[0],
		 device->address[1], device->address[2], device->address[3], device->address[4],
		 device->address[5], device->driver);
}

static bool make_buffers(struct net_device *device)
{
	size_t run;

	device->send_memory = pages_alloc(RING_PAGES);
	device->receive_memory = pages_alloc(RING_PAGES);
	if (!device->send_memory || !device->receive_memory) {
		if (device->send_memory)
			pages_free(device->send_memory, RING_PAGES);
		return false;
	}
	device->send_address = host_physical(device->send_memory, &run);
	device->receive_address = host_physical(device->receive_memory, &run);
	return true;
}

int net_device_open(struct net_device *device, const struct net_client *client)
{
	int error;

	if (device->state != NET_CLOSED)
		return -E_EXIST;
	if (!make_buffers(device))
		return -E_NOMEM;
	device->client = *client;
	spin_lock(&device->lock);
	error = net_start(device);
	if (!error) {
		device->state = NET_RUNNING;
		net_look_after(device, 1);
	} else {
		device->ops->stop(device);
		while (device->ops->has_stopped(device) == WAIT_LATER)
			;
		device->state = NET_LOST;
	}
	spin_unlock(&device->lock);
	return error;
}

static bool is_sending(struct net_device *device)
{
	bool sending;

	spin_lock(&device->lock);
	sending = net_is_sending(device);
	spin_unlock(&device->lock);
	return sending;
}

void net_devices_drain(void)
{
	struct time_limit limit = time_limit(NET_SEND_TIME);
	struct net_device *device;

	list_for_each(device, &devices, node) {
		net_device_flush(device);
		while (is_sending(device) && !time_limit_is_over(&limit))
			cpu_pause();
	}
}

void net_device_status(struct net_device *device, struct net_status *status)
{
	spin_lock(&device->lock);
	*status = (struct net_status){
		device->counters, device->state, device->link, device->watch.is_polled,
	};
	spin_unlock(&device->lock);
}

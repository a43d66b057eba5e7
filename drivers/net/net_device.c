// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ports: finding and opening them, and what is done about cards that do not do their
 * part.  What goes out is in net_send.c, what comes in is in net_poll.c.
 */
#include "drivers/net/net_internal.h"

#include "arch/board/device_timer.h"
#include "arch/cpu/log.h"
#include "arch/cpu/time.h"
#include "lib/error.h"
#include "lib/format.h"
#include "lib/string.h"
#include "mm/frames.h"
#include "mm/host_map.h"

#define SILENT_RESETS_MAX 2	/* in a row; then the port is lost */
#define RING_PAGES (NET_RING_SIZE * NET_BUFFER_SIZE / PAGE_SIZE)

static struct list devices = LIST_INIT(devices);	/* written at boot only */
static struct device_timer timer = DEVICE_TIMER(net_tick);

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

void net_look_after(struct net_device *device, uint64_t nanoseconds)
{
	uint64_t due = time_ns() + nanoseconds;

	if (due >= device->due)
		return;
	device->due = due;
	device_timer_start(&timer, nanoseconds);
}

/* --- trouble ---------------------------------------------------------------------------- */

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

static int start(struct net_device *device)
{
	int error = device->ops->start(device);

	device->in_flight = 0;
	device->irq_disabled = true;
	device->link_asked = true;
	return error;
}

/* The timer goes on with it, if nobody does before. */
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
	if (start(device) != 0) {
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

/* --- making ----------------------------------------------------------------------------- */

void net_device_add(struct net_device *device)
{
	static unsigned number;

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
	error = start(device);
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

void net_device_status(struct net_device *device, struct net_status *status)
{
	spin_lock(&device->lock);
	*status = (struct net_status){
		device->counters, device->state, device->link, device->watch.is_polled,
	};
	spin_unlock(&device->lock);
}

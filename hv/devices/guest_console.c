// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every guest has a console.
 */
#include "hv/devices/guest_console.h"

#include "drivers/virtio/virtio_console.h"
#include "hv/console/house.h"
#include "lib/error.h"
#include "mm/heap.h"

size_t guest_console_write(void *context, const void *data, size_t length)
{
	const struct guest *guest = context;

	return house_console_write(guest->console, data, length);
}

static size_t port_read(void *context, void *buffer, size_t size)
{
	const struct guest *guest = context;

	return house_console_read(guest->console, buffer, size);
}

static size_t port_waiting(void *context)
{
	const struct guest *guest = context;

	return house_console_waiting(guest->console);
}

static const struct console_port port = { guest_console_write, port_read, port_waiting };

static int console_create(struct guest *guest, unsigned index, struct virtio_device **device)
{
	struct virtio_console *console;

	if (index > 0)
		return 0;
	console = heap_alloc(sizeof(*console));
	if (!console)
		return -E_NOMEM;
	virtio_console_init(console, &port, guest);
	*device = &console->device;
	return 0;
}

static void console_destroy(struct virtio_device *device)
{
	heap_free(container_of(device, struct virtio_console, device));
}

const struct guest_device_kind guest_console_kind = { .create = console_create, .destroy = console_destroy };

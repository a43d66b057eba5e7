// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every guest has a console: one endpoint of the multiplexer, which it keeps over
 * a restart, and a virtio console that is joined to it and made anew each time.
 */
#include "hv/devices/guest_console.h"

#include "drivers/console/console_mux.h"
#include "drivers/virtio/virtio_console.h"
#include "lib/error.h"
#include "mm/heap.h"

static struct console_mux *mux;		/* written once, at boot */

void guest_consoles_init(struct console_mux *console_mux)
{
	mux = console_mux;
}

/* Called by the multiplexer under its lock, on any CPU. */
static void wake_guest(void *context)
{
	guest_devices_wake(context, GUEST_DEVICE_CONSOLE);
}

bool guest_console_open(struct guest *guest)
{
	static const struct console_endpoint_callbacks callbacks = { wake_guest, wake_guest };

	guest->console = console_endpoint_create(mux, guest->name, &callbacks, guest);
	if (!guest->console)
		return false;
	guest->number = console_endpoint_number(guest->console);
	return true;
}

void guest_console_focus(const struct guest *guest)
{
	console_endpoint_focus(guest->console);
}

size_t guest_console_write(void *context, const void *data, size_t length)
{
	const struct guest *guest = context;

	return console_endpoint_write(guest->console, data, length);
}

static int console_create(struct guest *guest, unsigned index, struct virtio_device **device)
{
	struct virtio_console *console;

	if (index > 0)
		return 0;
	console = heap_alloc(sizeof(*console));
	if (!console)
		return -E_NOMEM;
	virtio_console_init(console, &console_endpoint_port, guest->console);
	*device = &console->device;
	return 0;
}

static void console_destroy(struct virtio_device *device)
{
	heap_free(container_of(device, struct virtio_console, device));
}

const struct guest_device_kind guest_console_kind = {
	.bit = GUEST_DEVICE_CONSOLE, .create = console_create, .destroy = console_destroy,
};

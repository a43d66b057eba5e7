// SPDX-License-Identifier: GPL-2.0-only
/*
 * Joins the device models to one guest: a console so far, on the device page.
 */
#include "hv/guest_devices.h"

#include "drivers/virtio/device_page.h"
#include "drivers/virtio/virtio_console.h"
#include "hv/house.h"
#include "hv/reflect.h"
#include "mm/heap.h"

struct guest_devices {
	struct guest *guest;
	struct virtio_console console;
	struct virtio_device *list[1];
	struct device_page page;
};

/* --- what the devices call ------------------------------------------------------- */

static void raise_irq(void *context, unsigned irq)
{
	guest_raise_irq(context, irq);
}

static void broken(void *context, const char *cause)
{
	guest_kill(context, "%s", cause);
}

static size_t port_write(void *context, const void *data, size_t length)
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

static const struct device_page_callbacks page_callbacks = { raise_irq, broken, port_write };
static const struct console_port console_port = { port_write, port_read, port_waiting };

/* --- what the guest calls ----------------------------------------------------------- */

struct guest_devices *guest_devices_create(struct guest *guest)
{
	struct guest_devices *devices = heap_alloc(sizeof(*devices));

	if (!devices)
		return NULL;
	devices->guest = guest;
	virtio_console_init(&devices->console, &console_port, guest);
	devices->list[0] = &devices->console.device;
	return devices;
}

uint32_t guest_devices_pages(struct guest_devices *devices)
{
	return device_page_pages(devices->list, ARRAY_SIZE(devices->list));
}

int guest_devices_attach(struct guest_devices *devices)
{
	struct guest *guest = devices->guest;

	return device_page_init(&devices->page, &guest->memory,
				gpa_make(guest->memory.ram_pages << PAGE_SHIFT), devices->list,
				ARRAY_SIZE(devices->list), &page_callbacks, guest);
}

void guest_devices_destroy(struct guest_devices *devices)
{
	heap_free(devices);
}

void guest_devices_notify(struct guest *guest, gpa_t address)
{
	switch (device_page_notify(&guest->devices->page, address)) {
	case DEVICE_PAGE_DONE:
	case DEVICE_PAGE_TEXT:
		break;
	case DEVICE_PAGE_BUSY:
		guest->repeat_call = true;
		break;
	case DEVICE_PAGE_BAD:
		guest_kill(guest, "NOTIFY of address %08x, outside memory", gpa_value(address));
		break;
	}
	if (device_page_has_work(&guest->devices->page))
		guest->devices_due = true;
}

void guest_devices_service(struct guest *guest)
{
	guest->devices_due = false;
	device_page_service(&guest->devices->page);
	if (device_page_has_work(&guest->devices->page))
		guest->devices_due = true;
}

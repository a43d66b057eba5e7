// SPDX-License-Identifier: GPL-2.0-only
/*
 * Gives one guest its devices.  There are two transports, and only INIT tells which one the guest
 * uses.  Guests with PCI may use an early console before INIT; so the PCI bus exists first, and is
 * replaced by the device page if INIT asks for that.
 */
#include "hv/devices/guest_devices.h"

#include "arch/cpu/assert.h"
#include "drivers/virtio/device_page.h"
#include "drivers/virtio/vpci_bus.h"
#include "hv/devices/guest_block.h"
#include "hv/devices/guest_console.h"
#include "hv/devices/guest_entropy.h"
#include "hv/devices/guest_net.h"
#include "hv/guest/guest_irq.h"
#include "lib/bytes.h"
#include "mm/heap.h"

/* In the order in which the guest finds them. */
static const struct guest_device_kind *const kinds[] = {
	&guest_console_kind,
	&guest_entropy_kind,
	&guest_net_kind,
	&guest_block_kind,
};

#define DEVICES_MAX VPCI_DEVICES_MAX
_Static_assert(DEVICES_MAX <= DEVICE_PAGE_DEVICES_MAX, "either transport has room for so many");

struct guest_devices {
	struct guest *guest;
	unsigned count;
	struct virtio_device *list[DEVICES_MAX];
	const struct guest_device_kind *kind[DEVICES_MAX];	/* of each in the list */
	bool has_page;			/* the page attaches them, not the bus */
	struct device_page page;
	struct vpci_bus bus;
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

static const struct device_page_callbacks page_callbacks = {
	raise_irq, broken, guest_console_write,
};
static const struct vpci_callbacks bus_callbacks = { raise_irq, broken };

/* --- what the guest calls ----------------------------------------------------------- */

static int add_devices(struct guest_devices *devices, const struct guest_device_kind *kind)
{
	for (unsigned index = 0;; index++) {
		struct virtio_device *device = NULL;
		int error = kind->create(devices->guest, index, &device);

		if (error || !device)
			return error;
		/* Each kind limits its number of devices, and their sum stays below DEVICES_MAX. */
		assert(devices->count < DEVICES_MAX);
		devices->kind[devices->count] = kind;
		devices->list[devices->count++] = device;
	}
}

struct guest_devices *guest_devices_create(struct guest *guest)
{
	struct guest_devices *devices = heap_alloc(sizeof(*devices));

	if (!devices)
		return NULL;
	devices->guest = guest;
	for (unsigned i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (add_devices(devices, kinds[i]) != 0) {
			guest_devices_destroy(devices);
			return NULL;
		}
	}
	return devices;
}

uint32_t guest_devices_pages(struct guest_devices *devices)
{
	return device_page_pages(devices->list, devices->count);
}

int guest_devices_attach(struct guest_devices *devices)
{
	struct guest *guest = devices->guest;

	return vpci_bus_init(&devices->bus, &guest->memory, guest->memory.ram_pages, devices->list,
			    devices->count, &bus_callbacks, guest);
}

bool guest_devices_are_quiet(const struct guest_devices *devices)
{
	for (unsigned i = 0; i < devices->count; i++)
		if (!virtio_device_is_quiet(devices->list[i]))
			return false;
	return true;
}

void guest_devices_clone(struct guest_devices *devices, const struct guest_devices *from)
{
	struct guest *guest = devices->guest;

	assert(devices->count == from->count);
	devices->has_page = from->has_page;
	if (devices->has_page)
		device_page_clone(&devices->page, &from->page, &guest->memory, devices->list,
				  guest);
	else
		vpci_bus_clone(&devices->bus, &from->bus, &guest->memory, devices->list, guest);
}

static void choose_page(struct guest *guest)
{
	struct guest_devices *devices = guest->devices;

	vpci_bus_remove(&devices->bus);
	if (device_page_init(&devices->page, &guest->memory,
			     gpa_make(guest->memory.ram_pages << PAGE_SHIFT), devices->list,
			     devices->count, &page_callbacks, guest) == 0)
		devices->has_page = true;
	else
		guest_kill(guest, "too many devices for its kernel, which wants a device page");
}

/* The addresses behind its RAM are the PCI hole. */
static void choose_pci(struct guest *guest)
{
	guest_memory_hide_device_pages(&guest->memory);
	if (shadow_flush_all(&guest->shadow) != SHADOW_DONE)
		guest_kill_bad_tables(guest);
}

void guest_devices_choose(struct guest *guest, bool pci)
{
	if (pci)
		choose_pci(guest);
	else
		choose_page(guest);
}

bool guest_devices_close(struct guest_devices *devices)
{
	bool closed = true;

	for (unsigned i = 0; devices && i < devices->count; i++)
		if (devices->kind[i]->close)
			closed &= devices->kind[i]->close(devices->list[i]);
	return closed;
}

void guest_devices_destroy(struct guest_devices *devices)
{
	if (!devices)
		return;
	for (unsigned i = 0; i < devices->count; i++)
		devices->kind[i]->destroy(devices->list[i]);
	heap_free(devices);
}

static bool has_work(const struct guest_devices *devices)
{
	return devices->has_page ? device_page_has_work(&devices->page) :
				   vpci_bus_has_work(&devices->bus);
}

static void set_more_work(struct guest *guest)
{
	__atomic_fetch_or(&guest->devices_due, GUEST_DEVICE_MORE, __ATOMIC_RELAXED);
}

/* Called after anything that may have given a device work. */
static void note_work(struct guest *guest)
{
	if (has_work(guest->devices))
		set_more_work(guest);
}

void guest_devices_notify(struct guest *guest, gpa_t address)
{
	if (!guest->devices->has_page) {
		guest_kill(guest, "NOTIFY without a device page");
		return;
	}
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
	note_work(guest);
}

void guest_devices_kick(struct guest *guest, uint32_t device, uint32_t queue)
{
	if (guest->devices->has_page)
		return;
	if (vpci_bus_kick(&guest->devices->bus, device, queue))
		set_more_work(guest);
}

/*
 * With all bits set, this status says that a byte can be read for ever: a kernel that looks for a
 * keyboard controller then gives up at once.
 */
#define PORT_KEYBOARD_STATUS 0x64u
#define KEYBOARD_STATUS_FULL 1u

uint32_t guest_devices_read_port(struct guest *guest, unsigned port, unsigned width)
{
	struct vpci_bus *bus = &guest->devices->bus;
	uint32_t ones = low_bytes(width);

	if (vpci_bus_has_port(bus, port, width)) {
		uint32_t value = vpci_bus_read_port(bus, port, width);

		note_work(guest);
		return value;
	}
	if (port == PORT_KEYBOARD_STATUS && !guest->devices->has_page)
		return (ones & ~0xFFu) | KEYBOARD_STATUS_FULL;
	/* A port without a device reads as all ones. */
	return ones;
}

bool guest_devices_write_port(struct guest *guest, unsigned port, unsigned width, uint32_t value)
{
	struct vpci_bus *bus = &guest->devices->bus;
	bool done = !vpci_bus_has_port(bus, port, width) ||
		    vpci_bus_write_port(bus, port, width, value);

	note_work(guest);
	return done;
}

bool guest_devices_has_memory(const struct guest *guest, gpa_t gpa)
{
	return !guest->devices->has_page && vpci_bus_has_memory(&guest->devices->bus, gpa);
}

uint32_t guest_devices_read_memory(struct guest *guest, gpa_t gpa, unsigned width)
{
	return vpci_bus_read_memory(&guest->devices->bus, gpa, width);
}

bool guest_devices_write_memory(struct guest *guest, gpa_t gpa, unsigned width, uint32_t value)
{
	bool done = vpci_bus_write_memory(&guest->devices->bus, gpa, width, value);

	note_work(guest);
	return done;
}

uint32_t guest_devices_lines(const struct guest *guest)
{
	const struct guest_devices *devices = guest->devices;

	return devices->has_page ? device_page_lines(&devices->page)
				 : vpci_bus_lines(&devices->bus);
}

/* Bit i: the device of that number in the list is of a kind that is due. */
static uint32_t due_devices(const struct guest_devices *devices, uint32_t due)
{
	uint32_t which = 0;

	for (unsigned i = 0; i < devices->count; i++)
		if (devices->kind[i]->bit & due)
			which |= BIT(i);
	return which;
}

void guest_devices_service(struct guest *guest)
{
	struct guest_devices *devices = guest->devices;
	uint32_t due;

	/*
	 * Cleared before the devices are looked at, by an exchange: a plain store might take effect
	 * after those reads. Its partner is in guest_devices_wake, behind which the back end has
	 * its data ready.
	 */
	due = __atomic_exchange_n(&guest->devices_due, 0, __ATOMIC_SEQ_CST);
	if (devices->has_page)
		device_page_service(&devices->page, due_devices(devices, due));
	else
		vpci_bus_service(&devices->bus, due_devices(devices, due));
	note_work(guest);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * The PCI bus of a guest: finds the device that an access to a port or to memory is for, and hands
 * the access on to its configuration space or its window.
 */
#include "drivers/virtio/vpci_bus.h"

#include "drivers/virtio/vpci_config.h"
#include "lib/bytes.h"
#include "lib/error.h"
#include "lib/index.h"
#include "lib/pci_spec.h"
#include "lib/string.h"

#define PORT_END (PCI_CONFIG_DATA + 4)

/* The address register. */
#define ADDRESS_BUS_FUNCTION 0x00FF0700u	/* only 0 of both exists */
#define ADDRESS_DEVICE(address) ((address) >> 11 & 31u)
#define ADDRESS_DWORD 0xFCu

/*
 * Linux accepts the mechanism when it finds a host bridge; a device without a vendor id does not
 * exist.
 */
#define BRIDGE_CLASS PCI_REVISION_ID	/* the dword with the class code above it */
#define BRIDGE_CLASS_VALUE 0x06000000u

int vpci_bus_init(struct vpci_bus *bus, struct guest_memory *memory, uint32_t ram_pages,
		 struct virtio_device *const *devices, unsigned count,
		 const struct vpci_callbacks *callbacks, void *context)
{
	uint32_t ram_end = ram_pages << PAGE_SHIFT, window = ram_end + VPCI_HOLE_SIZE;

	if (count > VPCI_DEVICES_MAX)
		return -E_NOSPC;
	for (unsigned i = 0; i < count; i++)
		if (devices[i]->queue_count > VPCI_QUEUES_MAX ||
		    devices[i]->config_size > VPCI_WINDOW_SIZE - VPCI_DEVICE_CFG)
			return -E_NOSPC;
	memset(bus, 0, sizeof(*bus));
	bus->count = count;
	for (unsigned i = 0; i < count; i++, window += VPCI_WINDOW_SIZE) {
		vpci_device_init(&bus->functions[i], devices[i], memory, i + 1, callbacks, context);
		vpci_config_init(&bus->functions[i], gpa_make(window));
	}
	bus->hole_start = ram_end;
	bus->hole_end = window;
	return 0;
}

void vpci_bus_clone(struct vpci_bus *bus, const struct vpci_bus *from, struct guest_memory *memory,
		    struct virtio_device *const *devices, void *context)
{
	bus->address = from->address;
	bus->hole_start = from->hole_start;
	bus->hole_end = from->hole_end;
	bus->count = from->count;
	for (unsigned i = 0; i < bus->count; i++)
		vpci_device_clone(&bus->functions[i], &from->functions[i], devices[i], memory,
				  context);
}

void vpci_bus_remove(struct vpci_bus *bus)
{
	for (unsigned i = 0; i < bus->count; i++)
		vpci_device_reset(&bus->functions[i]);
	memset(bus, 0, sizeof(*bus));
}

/* --- ports --------------------------------------------------------------------------------- */

/* The device that the address register selects, NULL when there is none. */
static struct vpci_device *addressed(struct vpci_bus *bus)
{
	unsigned device = ADDRESS_DEVICE(bus->address);

	if (!(bus->address & PCI_CONFIG_ENABLE) || bus->address & ADDRESS_BUS_FUNCTION ||
	    device == 0 || device > bus->count)
		return NULL;
	return &bus->functions[device - 1];
}

static bool bridge_is_addressed(const struct vpci_bus *bus)
{
	return bus->address & PCI_CONFIG_ENABLE && !(bus->address & ADDRESS_BUS_FUNCTION) &&
	       ADDRESS_DEVICE(bus->address) == 0;
}

/* length bytes (1 to 4) of the data register from byte lane on. */
static uint32_t read_data(struct vpci_bus *bus, unsigned lane, unsigned length)
{
	struct vpci_device *device = addressed(bus);
	unsigned dword = bus->address & ADDRESS_DWORD;

	if (device)
		return vpci_config_read(device, dword + lane, length);
	if (bridge_is_addressed(bus))
		return (dword == BRIDGE_CLASS ? BRIDGE_CLASS_VALUE : 0) >> (8 * lane) &
		       low_bytes(length);
	return low_bytes(length);
}

static bool write_data(struct vpci_bus *bus, unsigned lane, unsigned length, uint32_t value)
{
	struct vpci_device *device = addressed(bus);

	if (!device)
		return true;
	return vpci_config_write(device, (bus->address & ADDRESS_DWORD) + lane, length,
					  value);
}

/*
 * The bytes of an access that fall into one register: the first one in the access and in the
 * register.
 */
struct overlap {
	unsigned first, lane, length;
};

static struct overlap find_overlap(unsigned port, unsigned width, unsigned register_port)
{
	unsigned start = MAX(port, register_port), end = MIN(port + width, register_port + 4);

	if (start >= end)
		return (struct overlap){ 0 };
	return (struct overlap){ start - port, start - register_port, end - start };
}

bool vpci_bus_has_port(const struct vpci_bus *bus, unsigned port, unsigned width)
{
	return bus->hole_end > 0 && port < PORT_END && port + width > PCI_CONFIG_ADDRESS;
}

uint32_t vpci_bus_read_port(struct vpci_bus *bus, unsigned port, unsigned width)
{
	struct overlap part = find_overlap(port, width, PCI_CONFIG_ADDRESS);
	uint32_t value = low_bytes(width);

	if (part.length > 0) {
		value &= ~(low_bytes(part.length) << (8 * part.first));
		value |= (bus->address >> (8 * part.lane) & low_bytes(part.length)) <<
			 (8 * part.first);
	}
	part = find_overlap(port, width, PCI_CONFIG_DATA);
	if (part.length > 0) {
		value &= ~(low_bytes(part.length) << (8 * part.first));
		value |= read_data(bus, part.lane, part.length) << (8 * part.first);
	}
	return value;
}

bool vpci_bus_write_port(struct vpci_bus *bus, unsigned port, unsigned width, uint32_t value)
{
	struct overlap part = find_overlap(port, width, PCI_CONFIG_ADDRESS);

	if (part.length > 0) {
		uint32_t mask = low_bytes(part.length) << (8 * part.lane);

		bus->address &= ~mask;
		bus->address |= value >> (8 * part.first) << (8 * part.lane) & mask;
	}
	part = find_overlap(port, width, PCI_CONFIG_DATA);
	if (part.length == 0)
		return true;
	return write_data(bus, part.lane, part.length,
			  value >> (8 * part.first) & low_bytes(part.length));
}

/* --- memory ---------------------------------------------------------------------------------- */

/* The number of the function in whose window gpa is, and where in it; bus->count for none. */
static unsigned find_window(const struct vpci_bus *bus, gpa_t gpa, unsigned *offset)
{
	unsigned number;

	*offset = 0;
	for (number = 0; number < bus->count; number++) {
		gpa_t start;

		if (!vpci_config_window(&bus->functions[number], &start))
			continue;
		*offset = gpa_value(gpa) - gpa_value(start);
		if (*offset < VPCI_WINDOW_SIZE)
			break;
	}
	return number;
}

bool vpci_bus_has_memory(const struct vpci_bus *bus, gpa_t gpa)
{
	unsigned offset;

	return (gpa_value(gpa) >= bus->hole_start && gpa_value(gpa) < bus->hole_end) ||
	       find_window(bus, gpa, &offset) < bus->count;
}

uint32_t vpci_bus_read_memory(struct vpci_bus *bus, gpa_t gpa, unsigned width)
{
	unsigned offset, number = find_window(bus, gpa, &offset);

	if (number == bus->count || offset + width > VPCI_WINDOW_SIZE)
		return low_bytes(width);
	return vpci_device_read(&bus->functions[number], offset, width);
}

bool vpci_bus_write_memory(struct vpci_bus *bus, gpa_t gpa, unsigned width, uint32_t value)
{
	unsigned offset, number = find_window(bus, gpa, &offset);

	if (number == bus->count || offset + width > VPCI_WINDOW_SIZE)
		return true;
	return vpci_device_write(&bus->functions[number], offset, width, value);
}

static bool has_work(const struct vpci_device *device)
{
	return device->model->more_work && !device->is_broken;
}

bool vpci_bus_kick(struct vpci_bus *bus, uint32_t device, uint32_t queue)
{
	struct vpci_device *function;

	if (device == 0 || device > bus->count)
		return false;
	function = &bus->functions[index_within(device - 1, bus->count)];
	vpci_device_kick(function, queue);
	return has_work(function);
}

/* --- work ------------------------------------------------------------------------------- */

bool vpci_bus_has_work(const struct vpci_bus *bus)
{
	for (unsigned i = 0; i < bus->count; i++)
		if (has_work(&bus->functions[i]))
			return true;
	return false;
}

static bool may_interrupt(const struct vpci_device *device)
{
	const struct virtio_device *model = device->model;

	if (device->is_broken || !vpci_device_has_interrupt(device))
		return false;
	for (unsigned i = 0; i < model->queue_count; i++)
		if (virtqueue_has_in_flight(&model->queues[i]))
			return true;
	return false;
}

uint32_t vpci_bus_lines(const struct vpci_bus *bus)
{
	uint32_t lines = 0;

	for (unsigned i = 0; i < bus->count; i++)
		if (may_interrupt(&bus->functions[i]))
			lines |= BIT(bus->functions[i].irq);
	return lines;
}

void vpci_bus_service(struct vpci_bus *bus, uint32_t which)
{
	for (unsigned i = 0; i < bus->count; i++)
		if (which & BIT(i) || bus->functions[i].model->more_work)
			vpci_device_service(&bus->functions[i]);
}

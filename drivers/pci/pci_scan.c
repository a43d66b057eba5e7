// SPDX-License-Identifier: GPL-2.0-only
/*
 * Finds PCI functions.  Firmware numbered the buses; a bridge names the one behind it, and each is
 * looked at once, even if two bridges name the same.  Buses of another host bridge than that of bus
 * 0 are named only in AML; so all buses that no bridge has named are tried at the end, each by the
 * first function of its devices.
 */
#include "drivers/pci/pci.h"

#include "lib/compiler.h"
#include "lib/string.h"

#define BUSES 256u
#define DEVICES 32u
#define FUNCTIONS 8u

#define NO_VENDOR 0xFFFFu
#define HEADER_MANY 0x80u	/* more functions than 0 */
#define HEADER_KIND 0x7Fu
#define HEADER_DEVICE 0u
#define HEADER_BRIDGE 1u

#define BARS_OF_DEVICE 6u
#define CLASS_BRIDGE 0x06

/* Which buses are known, and in which order they are looked at. */
struct scan {
	const struct pci_access *access;
	void (*found)(void *context, pci_function_t function);
	void *context;
	uint8_t known[BUSES];
	uint8_t order[BUSES];
	unsigned count;
};

static void add_bus(struct scan *scan, uint8_t bus)
{
	if (scan->known[bus])
		return;
	scan->known[bus] = 1;
	scan->order[scan->count++] = bus;
}

static bool is_there(const struct scan *scan, pci_function_t function)
{
	uint32_t vendor = scan->access->read(function, PCI_VENDOR_ID, 2);

	/* Some chips return 0 where there is no function. */
	return vendor != NO_VENDOR && vendor != 0;
}

static void look_at(struct scan *scan, pci_function_t function)
{
	uint32_t header = scan->access->read(function, PCI_HEADER_TYPE, 1);

	scan->found(scan->context, function);
	/* A bus of number 0 behind a bridge: firmware did not set it up. */
	if ((header & HEADER_KIND) == HEADER_BRIDGE)
		add_bus(scan, (uint8_t)scan->access->read(function, PCI_SECONDARY_BUS, 1));
}

static void scan_device(struct scan *scan, unsigned bus, unsigned device)
{
	unsigned functions = 1;

	if (!is_there(scan, PCI_FUNCTION(bus, device, 0)))
		return;
	if (scan->access->read(PCI_FUNCTION(bus, device, 0), PCI_HEADER_TYPE, 1) & HEADER_MANY)
		functions = FUNCTIONS;
	for (unsigned i = 0; i < functions; i++)
		if (is_there(scan, PCI_FUNCTION(bus, device, i)))
			look_at(scan, PCI_FUNCTION(bus, device, i));
}

static void scan_known(struct scan *scan, unsigned *next)
{
	/* A bus comes once only, so there are at most as many as numbers. */
	for (; *next < scan->count; (*next)++)
		for (unsigned device = 0; device < DEVICES; device++)
			scan_device(scan, scan->order[*next], device);
}

static bool answers(const struct scan *scan, unsigned bus)
{
	for (unsigned device = 0; device < DEVICES; device++)
		if (is_there(scan, PCI_FUNCTION(bus, device, 0)))
			return true;
	return false;
}

/* Are both functions equal in kind, class and addresses? */
static bool same_function(const struct scan *scan, pci_function_t one, pci_function_t other)
{
	static const uint8_t registers[] = {
		PCI_VENDOR_ID, PCI_REVISION_ID, PCI_BASE_ADDRESS, PCI_BASE_ADDRESS + 4,
		PCI_BASE_ADDRESS + 8, PCI_BASE_ADDRESS + 12,
		PCI_BASE_ADDRESS + 16, PCI_BASE_ADDRESS + 20,
	};
	for (unsigned i = 0; i < ARRAY_SIZE(registers); i++) {
		uint32_t value = scan->access->read(one, registers[i], 4);

		if (scan->access->read(other, registers[i], 4) != value)
			return false;
	}
	return true;
}

/* Some chipsets ignore the bus number, and show bus 0 as every bus. */
static bool mirrors_bus_0(const struct scan *scan, unsigned bus)
{
	for (unsigned device = 0; device < DEVICES; device++)
		if (!same_function(scan, PCI_FUNCTION(bus, device, 0), PCI_FUNCTION(0, device, 0)))
			return false;
	return true;
}

void pci_scan(const struct pci_access *access,
	      void (*found)(void *context, pci_function_t function), void *context)
{
	struct scan scan = { .access = access, .found = found, .context = context };

	unsigned next = 0;

	add_bus(&scan, 0);
	scan_known(&scan, &next);
	for (unsigned bus = 1; bus < BUSES; bus++) {
		if (scan.known[bus] || !answers(&scan, bus) || mirrors_bus_0(&scan, bus))
			continue;
		add_bus(&scan, (uint8_t)bus);
		scan_known(&scan, &next);
	}
}

/*
 * Bridges are skipped: sizing their registers turns decoding off, and accesses to memory, to
 * functions behind them or to configuration space itself may go through them.  No driver needs
 * them.
 */
static unsigned bars_of(const struct pci_device *device, uint32_t header)
{
	bool plain = (header & HEADER_KIND) == HEADER_DEVICE && device->class_code != CLASS_BRIDGE;

	return plain ? BARS_OF_DEVICE : 0;
}

void pci_read_device(const struct pci_access *access, pci_function_t function,
		     struct pci_device *device)
{
	memset(device, 0, sizeof(*device));
	device->access = access;
	device->function = function;
	device->vendor = (uint16_t)access->read(function, PCI_VENDOR_ID, 2);
	device->id = (uint16_t)access->read(function, PCI_DEVICE_ID, 2);
	device->class_code = (uint8_t)access->read(function, PCI_CLASS_BASE, 1);
	device->subclass = (uint8_t)access->read(function, PCI_CLASS_SUBCLASS, 1);
	device->interface = (uint8_t)access->read(function, PCI_CLASS_INTERFACE, 1);
	device->revision = (uint8_t)access->read(function, PCI_REVISION_ID, 1);
	device->line = (uint8_t)access->read(function, PCI_INTERRUPT_LINE, 1);
	device->pin = (uint8_t)access->read(function, PCI_INTERRUPT_PIN, 1);
	pci_read_bars(access, function, bars_of(device, access->read(function, PCI_HEADER_TYPE, 1)),
		      device->bars);
}

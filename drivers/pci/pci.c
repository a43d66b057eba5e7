// SPDX-License-Identifier: GPL-2.0-only
/*
 * The list of the machine's PCI functions.  pci_find makes it while the clocks are still measured,
 * pci_attach offers each function to the drivers of the table in boot/host_devices.c; drivers then
 * reach their registers by the functions here.
 */
#include "drivers/pci/pci.h"

#include "arch/cpu/log.h"
#include "lib/error.h"
#include "lib/format.h"
#include "mm/heap.h"
#include "mm/host_map.h"

static struct list devices = LIST_INIT(devices);	/* written at boot only */

struct list *pci_devices(void)
{
	return &devices;
}

uint32_t pci_read(const struct pci_device *device, unsigned offset, unsigned width)
{
	return device->access->read(device->function, offset, width);
}

void pci_write(const struct pci_device *device, unsigned offset, unsigned width, uint32_t value)
{
	device->access->write(device->function, offset, width, value);
}

void pci_change_command(const struct pci_device *device, uint16_t set, uint16_t clear)
{
	uint32_t command = pci_read(device, PCI_COMMAND, 2);

	pci_write(device, PCI_COMMAND, 2, (command & ~(uint32_t)clear) | set);
}

void *pci_map_bar(const struct pci_device *device, unsigned bar, uint64_t size)
{
	const struct pci_bar *place = bar < PCI_BARS ? &device->bars[bar] : NULL;

	if (!place || place->kind != PCI_BAR_MEMORY || place->address == 0 || place->size < size)
		return NULL;
	return map_mmio(place->address, (size_t)size);
}

static void add_function(void *context, pci_function_t function)
{
	struct pci_device *device = heap_alloc(sizeof(*device));

	if (!device) {
		log_error("pci", PCI_FORMAT " cannot be used: %s", PCI_ARGUMENTS(function),
			  error_words(-E_NOMEM));
		return;
	}
	pci_read_device(context, function, device);
	list_add_last(&devices, &device->node);
}

static void find_driver(struct pci_device *device, const struct pci_driver *const *drivers,
			unsigned count)
{
	for (unsigned i = 0; i < count && !device->driver; i++)
		if (drivers[i]->matches(device) && drivers[i]->attach(device) == 0)
			device->driver = drivers[i];
}

void pci_describe_driver(const struct pci_device *device, char text[PCI_DRIVER_TEXT])
{
	static const char *const names[] = {
		[PCI_POLLED] = "polled", [PCI_LINE] = "line", [PCI_ISA_LINES] = "isa lines",
		[PCI_MSI] = "msi", [PCI_MSIX] = "msi-x",
	};

	if (!device->driver)
		format_text(text, PCI_DRIVER_TEXT, "no driver");
	else if (device->interrupt == PCI_LINE)
		format_text(text, PCI_DRIVER_TEXT, "%s, line %u", device->driver->name,
			    device->line);
	else
		format_text(text, PCI_DRIVER_TEXT, "%s, %s", device->driver->name,
			    names[device->interrupt]);
}

static void report(const struct pci_device *device)
{
	char driver[PCI_DRIVER_TEXT];

	pci_describe_driver(device, driver);
	log_info("pci", PCI_FORMAT " %04x:%04x class %02x%02x%02x: %s",
		 PCI_ARGUMENTS(device->function), device->vendor, device->id, device->class_code,
		 device->subclass, device->interface, driver);
}

void pci_find(void)
{
	const struct pci_access *access = pci_access_init();

	if (!access) {
		log_info("pci", "this machine has no PCI");
		return;
	}
	/* Passed as void * without const; add_function makes it const again. */
	pci_scan(access, add_function, (void *)(uintptr_t)access);
}

void pci_attach(const struct pci_driver *const *drivers, unsigned count)
{
	struct pci_device *device;

	list_for_each(device, &devices, node) {
		find_driver(device, drivers, count);
		report(device);
	}
}

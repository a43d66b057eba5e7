// SPDX-License-Identifier: GPL-2.0-only
/*
 * The chain of capabilities (PCI Local Bus 3.0, 6.7): each begins with its kind
 * and the place of the next.
 */
#include "drivers/pci/pci.h"

#define FIRST_PLACE 0x40u	/* in front of it is the header */
#define PLACE_MASK 0xFCu	/* the two lowest bits are reserved */

/* So many fit between the header and the end, when the places are all different. */
#define STEPS_MAX ((256u - FIRST_PLACE) / 4)

static uint32_t read_byte(const struct pci_device *device, unsigned offset)
{
	return device->access->read(device->function, offset, 1);
}

void pci_walk_start(struct pci_walk *walk, const struct pci_device *device)
{
	walk->device = device;
	walk->left = STEPS_MAX;
	walk->next = 0;
	if (read_byte(device, PCI_STATUS) & PCI_STATUS_CAPABILITIES_LIST)
		walk->next = (uint8_t)(read_byte(device, PCI_CAPABILITIES_POINTER) & PLACE_MASK);
}

uint8_t pci_walk_next(struct pci_walk *walk, uint8_t kind)
{
	while (walk->next >= FIRST_PLACE && walk->left > 0) {
		uint8_t place = walk->next;

		walk->left--;
		walk->next = (uint8_t)(read_byte(walk->device, place + 1u) & PLACE_MASK);
		if (read_byte(walk->device, place) == kind)
			return place;
	}
	return 0;
}

uint8_t pci_find_capability(const struct pci_device *device, uint8_t kind)
{
	struct pci_walk walk;

	pci_walk_start(&walk, device);
	return pci_walk_next(&walk, kind);
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A configuration space to play PCI functions in: for each function 256 bytes
 * and, of each byte, which bits can be written.  An access that the real thing
 * does not know ends the test.
 */
#ifndef UMBRA_TESTS_UNIT_FAKE_PCI_H
#define UMBRA_TESTS_UNIT_FAKE_PCI_H

#include "drivers/pci/pci.h"
#include "lib/bytes.h"

#include <stdlib.h>
#include <string.h>

#define FAKE_PCI_FUNCTIONS 96

struct fake_pci_function {
	pci_function_t function;
	uint8_t bytes[256];
	uint8_t writable[256];
};

static struct fake_pci_function fake_pci[FAKE_PCI_FUNCTIONS];
static unsigned fake_pci_count;
static unsigned long fake_pci_reads;

static struct fake_pci_function *fake_pci_find(pci_function_t function)
{
	for (unsigned i = 0; i < fake_pci_count; i++)
		if (fake_pci[i].function == function)
			return &fake_pci[i];
	return NULL;
}

static void fake_pci_check(unsigned offset, unsigned width)
{
	if ((width != 1 && width != 2 && width != 4) || offset % width != 0 || offset + width > 256)
		abort();
}

static uint32_t fake_pci_read(pci_function_t function, unsigned offset, unsigned width)
{
	const struct fake_pci_function *found = fake_pci_find(function);
	uint32_t value = 0;

	fake_pci_check(offset, width);
	fake_pci_reads++;
	for (unsigned i = 0; i < width; i++)
		value |= (uint32_t)(found ? found->bytes[offset + i] : 0xFF) << 8 * i;
	return value;
}

static void fake_pci_write(pci_function_t function, unsigned offset, unsigned width, uint32_t value)
{
	struct fake_pci_function *found = fake_pci_find(function);

	fake_pci_check(offset, width);
	for (unsigned i = 0; found && i < width; i++) {
		uint8_t writable = found->writable[offset + i];

		found->bytes[offset + i] = (uint8_t)((found->bytes[offset + i] & ~writable) |
						     (value >> 8 * i & writable));
	}
}

static const struct pci_access fake_pci_access = { fake_pci_read, fake_pci_write };

/* A function with these IDs and this header type; command and line can be written. */
static inline struct fake_pci_function *fake_pci_add(pci_function_t function, uint16_t vendor,
						     uint16_t id, uint8_t header)
{
	struct fake_pci_function *added = &fake_pci[fake_pci_count++];

	memset(added, 0, sizeof(*added));
	added->function = function;
	store_le16(added->bytes + PCI_VENDOR_ID, vendor);
	store_le16(added->bytes + PCI_DEVICE_ID, id);
	added->bytes[PCI_HEADER_TYPE] = header;
	memset(added->writable + PCI_COMMAND, 0xFF, 2);
	return added;
}

/* Gives it a base address register: value, and the bits of it that can be written. */
static inline void fake_pci_bar(struct fake_pci_function *function, unsigned bar, uint32_t value,
				uint32_t writable)
{
	store_le32(function->bytes + PCI_BASE_ADDRESS + 4 * bar, value);
	store_le32(function->writable + PCI_BASE_ADDRESS + 4 * bar, writable);
}

#endif

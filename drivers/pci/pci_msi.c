// SPDX-License-Identifier: GPL-2.0-only
/*
 * MSI and MSI-X (PCI Local Bus 3.0, 6.8.1 and 6.8.2): a function's capability holds the address and
 * the value that it writes for an interrupt.  One message for each function; drivers/pci/pci_irq.c
 * chooses it.
 */
#include "drivers/pci/pci_msi.h"

#include "lib/compiler.h"
#include "lib/error.h"

/* The control word of either, at this offset of the capability. */
#define MESSAGE_CONTROL 2u

#define MSI_ENABLE 0x0001u
#define MSI_MULTIPLE_MESSAGE_ENABLE 0x0070u	/* messages in use, as a power of two */
#define MSI_64BIT_ADDRESS 0x0080u	/* an address of 64 bits */
#define MSI_PER_VECTOR_MASKING 0x0100u
#define MSI_ADDRESS 4u
#define MSI_ADDRESS_HIGH 8u
#define MSI_DATA 8u
#define MSI_DATA_64 12u
#define MSI_MASK 12u
#define MSI_MASK_64 16u
#define MSI_SIZE 24u		/* with everything */

#define MSIX_ENABLE 0x8000u
#define MSIX_FUNCTION_MASK 0x4000u
#define MSIX_TABLE 4u
#define MSIX_TABLE_BIR 0x7u	/* in the table's place: which BAR */
#define MSIX_SIZE 12u
#define ENTRY_SIZE 16u
#define ENTRY_MASKED 1u

struct msix_entry {
	volatile uint32_t address, address_high, data, control;
};

static bool fits(unsigned place, unsigned size)
{
	return place != 0 && place + size <= 256;
}

static struct msix_entry *map_entry(const struct pci_device *device, unsigned place)
{
	uint32_t table = pci_read(device, place + MSIX_TABLE, 4);
	uint32_t offset = table & ~MSIX_TABLE_BIR;
	uint8_t *registers = pci_map_bar(device, table & MSIX_TABLE_BIR,
					 (uint64_t)offset + ENTRY_SIZE);

	return registers ? (struct msix_entry *)(void *)(registers + offset) : NULL;
}

static int enable_msix(const struct pci_device *device, unsigned place, uint64_t address,
		       uint32_t data)
{
	uint32_t control = pci_read(device, place + MESSAGE_CONTROL, 2);
	struct msix_entry *entry;

	pci_change_command(device, PCI_COMMAND_MEMORY_SPACE, 0);
	entry = map_entry(device, place);
	if (!entry)
		return -E_NOSPC;
	/* All entries are masked while the entry is half written. */
	pci_write(device, place + MESSAGE_CONTROL, 2, control | MSIX_ENABLE | MSIX_FUNCTION_MASK);
	entry->control = entry->control | ENTRY_MASKED;
	entry->address = (uint32_t)address;
	entry->address_high = (uint32_t)(address >> 32);
	entry->data = data;
	entry->control = entry->control & ~ENTRY_MASKED;
	pci_write(device, place + MESSAGE_CONTROL, 2,
		  (control | MSIX_ENABLE) & ~MSIX_FUNCTION_MASK);
	return 0;
}

static int enable_msi(const struct pci_device *device, unsigned place, uint64_t address,
		      uint32_t data)
{
	uint32_t control = pci_read(device, place + MESSAGE_CONTROL, 2);
	bool is_64bit = control & MSI_64BIT_ADDRESS;

	if (!is_64bit && address > UINT32_MAX)
		return -E_RANGE;
	control &= ~(MSI_ENABLE | MSI_MULTIPLE_MESSAGE_ENABLE);
	pci_write(device, place + MESSAGE_CONTROL, 2, control);
	pci_write(device, place + MSI_ADDRESS, 4, (uint32_t)address);
	if (is_64bit)
		pci_write(device, place + MSI_ADDRESS_HIGH, 4, (uint32_t)(address >> 32));
	pci_write(device, place + (is_64bit ? MSI_DATA_64 : MSI_DATA), 2, data & 0xFFFF);
	if (control & MSI_PER_VECTOR_MASKING)
		pci_write(device, place + (is_64bit ? MSI_MASK_64 : MSI_MASK), 4, 0);
	pci_write(device, place + MESSAGE_CONTROL, 2, control | MSI_ENABLE);
	return 0;
}

int pci_msi_enable(const struct pci_device *device, uint64_t address, uint32_t data)
{
	unsigned msix = pci_find_capability(device, PCI_CAP_ID_MSIX);
	unsigned msi = pci_find_capability(device, PCI_CAP_ID_MSI);
	int error = -E_UNSUPPORTED;

	if (fits(msix, MSIX_SIZE))
		error = enable_msix(device, msix, address, data);
	if (error && fits(msi, MSI_SIZE))
		error = enable_msi(device, msi, address, data);
	if (!error)
		pci_change_command(device, PCI_COMMAND_INTERRUPT_DISABLE, 0);
	return error;
}

static void clear_control(const struct pci_device *device, uint8_t kind, uint32_t bits)
{
	unsigned place = pci_find_capability(device, kind);

	if (place != 0 && pci_read(device, place + MESSAGE_CONTROL, 2) & bits)
		pci_write(device, place + MESSAGE_CONTROL, 2,
			  pci_read(device, place + MESSAGE_CONTROL, 2) & ~bits);
}

void pci_msi_disable(const struct pci_device *device)
{
	clear_control(device, PCI_CAP_ID_MSIX, MSIX_ENABLE);
	clear_control(device, PCI_CAP_ID_MSI, MSI_ENABLE);
	pci_change_command(device, 0, PCI_COMMAND_INTERRUPT_DISABLE);
}

bool pci_msix_is_on(const struct pci_device *device)
{
	unsigned place = pci_find_capability(device, PCI_CAP_ID_MSIX);

	return place != 0 && pci_read(device, place + MESSAGE_CONTROL, 2) & MSIX_ENABLE;
}

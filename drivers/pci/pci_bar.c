// SPDX-License-Identifier: GPL-2.0-only
/*
 * Base address registers (PCI Local Bus 3.0, 6.2.5.1).  A register keeps those
 * bits that are the address; writing ones shows which.
 */
#include "drivers/pci/pci.h"

#include "lib/compiler.h"

#define BAR_PORTS BIT(0)
#define BAR_TYPE 0x6u
#define BAR_TYPE_64 0x4u
#define BAR_TYPE_32 0x0u
#define BAR_PORTS_FLAGS 0x3u
#define BAR_MEMORY_FLAGS 0xFu
#define PORTS_MAX 0x10000u

struct probe {
	uint32_t value;		/* as it was */
	uint32_t bits;		/* those that can be set */
};

static struct probe probe(const struct pci_access *access, pci_function_t function, unsigned index)
{
	unsigned offset = PCI_BASE_ADDRESS + 4 * index;
	struct probe result = { .value = access->read(function, offset, 4) };

	access->write(function, offset, 4, UINT32_MAX);
	result.bits = access->read(function, offset, 4);
	access->write(function, offset, 4, result.value);
	return result;
}

static uint64_t lowest_bit(uint64_t bits)
{
	return bits & (~bits + 1);
}

static void set_ports(struct pci_bar *bar, struct probe low)
{
	uint64_t size = lowest_bit(low.bits & ~BAR_PORTS_FLAGS);

	if (size == 0 || size >= PORTS_MAX)
		return;
	bar->kind = PCI_BAR_PORTS;
	bar->address = low.value & ~BAR_PORTS_FLAGS & (PORTS_MAX - 1);
	bar->size = size;
}

static void set_memory(struct pci_bar *bar, struct probe low, struct probe high)
{
	uint64_t bits = (uint64_t)high.bits << 32 | (low.bits & ~BAR_MEMORY_FLAGS);

	if (bits == 0)
		return;
	bar->kind = PCI_BAR_MEMORY;
	bar->address = (uint64_t)high.value << 32 | (low.value & ~BAR_MEMORY_FLAGS);
	bar->size = lowest_bit(bits);
}

/* Returns how many registers this one takes. */
static unsigned read_bar(const struct pci_access *access, pci_function_t function, unsigned index,
			 unsigned count, struct pci_bar *bar)
{
	struct probe low = probe(access, function, index);

	if (low.bits & BAR_PORTS) {
		set_ports(bar, low);
		return 1;
	}
	if ((low.bits & BAR_TYPE) == BAR_TYPE_32) {
		set_memory(bar, low, (struct probe){ 0, 0 });
		return 1;
	}
	if ((low.bits & BAR_TYPE) == BAR_TYPE_64 && index + 1 < count) {
		set_memory(bar, low, probe(access, function, index + 1));
		return 2;
	}
	return 1;
}

void pci_read_bars(const struct pci_access *access, pci_function_t function, unsigned count,
		   struct pci_bar bars[PCI_BARS])
{
	uint32_t command = access->read(function, PCI_COMMAND, 2);
	unsigned index = 0;

	for (unsigned i = 0; i < PCI_BARS; i++)
		bars[i] = (struct pci_bar){ 0 };
	if (count == 0)
		return;
	/*
	 * Decoding is off while all ones are written, since that may be another function's address.
	 */
	access->write(function, PCI_COMMAND, 2,
		      command & ~(uint32_t)(PCI_COMMAND_IO_SPACE | PCI_COMMAND_MEMORY_SPACE));
	while (index < count)
		index += read_bar(access, function, index, count, &bars[index]);
	access->write(function, PCI_COMMAND, 2, command);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads the firmware's MCFG table, which says where the memory is that leads to configuration
 * space.  Nothing behind the table's length is read; drivers/pci/pci_access.c compares the range's
 * contents with those of the ports.
 */
#include "drivers/pci/pci_access.h"

#include "lib/bytes.h"
#include "lib/checked.h"

/* PCI Firmware Specification 3.0, table 4-2 and 4-3. */
#define MCFG_ENTRIES 44u
#define MCFG_ENTRY_SIZE 16u
#define ENTRY_SEGMENT 8u
#define ENTRY_FIRST_BUS 10u
#define ENTRY_LAST_BUS 11u
#define BUS_SIZE (1u << 20)

bool pci_parse_mcfg(const uint8_t *table, uint32_t length, struct pci_ecam *ecam)
{
	for (uint32_t at = MCFG_ENTRIES; range_inside(at, MCFG_ENTRY_SIZE, length);
	     at += MCFG_ENTRY_SIZE) {
		struct pci_ecam found = {
			.base = load_le64(table + at),
			.first_bus = table[at + ENTRY_FIRST_BUS],
			.last_bus = table[at + ENTRY_LAST_BUS],
		};

		if (load_le16(table + at + ENTRY_SEGMENT) != 0 || found.first_bus != 0)
			continue;
		if (found.base == 0 || found.base % BUS_SIZE != 0 ||
		    !range_inside(found.base, 256ull * BUS_SIZE, UINT64_MAX))
			continue;
		*ecam = found;
		return true;
	}
	return false;
}

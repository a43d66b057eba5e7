/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A way to the configuration space of PCI functions.  All code that reads or writes there takes it
 * as a parameter, so that tests can simulate devices.
 */
#ifndef UMBRA_DRIVERS_PCI_PCI_ACCESS_H
#define UMBRA_DRIVERS_PCI_PCI_ACCESS_H

#include <stdbool.h>
#include <stdint.h>

/*
 * A function's place: bus in bits 15-8, device in 7-3, function in 2-0, as in
 * the requester ID of PCI Express.
 */
typedef uint16_t pci_function_t;

#define PCI_FUNCTION(bus, device, function) \
	((pci_function_t)((bus) << 8 | (device) << 3 | (function)))
#define PCI_BUS(function) ((function) >> 8)
#define PCI_DEVICE(function) ((function) >> 3 & 31)
#define PCI_NUMBER(function) ((function) & 7)

/* A function's place in messages: a format and its arguments. */
#define PCI_FORMAT "%02x:%02x.%u"
#define PCI_ARGUMENTS(function) PCI_BUS(function), PCI_DEVICE(function), PCI_NUMBER(function)

/*
 * Access of width (1, 2 or 4) bytes at a multiple of width below size.  Where
 * there is no function, reads give all ones and writes go nowhere.
 */
struct pci_access {
	uint32_t (*read)(pci_function_t function, unsigned offset, unsigned width);
	void (*write)(pci_function_t function, unsigned offset, unsigned width, uint32_t value);
};

/*
 * The machine's: by the memory that the firmware's MCFG table names if its contents agree with
 * those of the ports 0xCF8 and 0xCFC, else by the ports.  NULL when there is no PCI.  Boot CPU,
 * once, before other CPUs start; acpi_init has run. Its functions take a lock of their own; any
 * CPU.
 */
const struct pci_access *pci_access_init(void);

/* One range of buses whose configuration space lies in memory, 1 MB each. */
struct pci_ecam {
	uint64_t base;		/* where bus 0 is, or would be */
	uint8_t first_bus, last_bus;
};

/*
 * Finds the range of segment 0 that has bus 0 in length bytes of an MCFG table,
 * its header included (PCI Firmware Specification 3.0, 4.1.2).  False when there
 * is none, or it makes no sense.
 */
bool pci_parse_mcfg(const uint8_t *table, uint32_t length, struct pci_ecam *ecam);

#endif

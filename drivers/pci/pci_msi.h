/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Message signalled interrupts (PCI Local Bus 3.0, 6.8): a function writes a value to an address
 * instead of pulling a line.  Both are chosen elsewhere.
 */
#ifndef UMBRA_DRIVERS_PCI_PCI_MSI_H
#define UMBRA_DRIVERS_PCI_PCI_MSI_H

#include "drivers/pci/pci.h"

/*
 * Makes the function raise its interrupts by writing data to address, one message for all of them:
 * entry 0 of MSI-X where it has that, else MSI.  Its line is silent.  -E_UNSUPPORTED when it has
 * neither, -E_NOSPC when the table of MSI-X cannot be reached, -E_RANGE for an address that it
 * cannot write to.  Boot CPU, before others start.
 */
int pci_msi_enable(const struct pci_device *device, uint64_t address, uint32_t data);

/* Makes the function use its line again. */
void pci_msi_disable(const struct pci_device *device);

/* Does the function use MSI-X?  Some functions need this set in registers of their own. */
bool pci_msix_is_on(const struct pci_device *device);

#endif

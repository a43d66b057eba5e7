/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where a PCI function's interrupts come from, so that its driver need not know.
 */
#ifndef UMBRA_DRIVERS_PHYS_PCI_IRQ_H
#define UMBRA_DRIVERS_PHYS_PCI_IRQ_H

#include "drivers/phys/pci.h"

/*
 * Called for its own interrupts and those of whoever shares the line, on the boot
 * CPU, interrupts off, no lock held.
 */
typedef void pci_handler_t(void *context);

/*
 * handler(context) is called from now on when the function raises an interrupt: by
 * MSI-X or MSI where the machine and the function have that, else by its line;
 * device->interrupt says which.  -E_UNSUPPORTED when none can arrive, -E_NOMEM: the
 * driver has to ask.  A line that leads nowhere is not noticed: a driver has to be
 * content with a handler that is never called.  Boot CPU, before others start.
 */
int pci_irq_attach(struct pci_device *device, pci_handler_t *handler, void *context);

/* The same by an ISA line that the driver knows of, as IDE controllers have them. */
int pci_irq_attach_isa(struct pci_device *device, unsigned line, pci_handler_t *handler,
		       void *context);

#endif

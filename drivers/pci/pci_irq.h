/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Interrupts of PCI functions: a driver registers its handler here and need not know whether
 * interrupts come as messages or by a line, shared or not.
 */
#ifndef UMBRA_DRIVERS_PCI_PCI_IRQ_H
#define UMBRA_DRIVERS_PCI_PCI_IRQ_H

#include "drivers/pci/pci.h"

/* A driver's part; both on the boot CPU, interrupts off, no lock held. */
struct pci_irq_ops {
	/*
	 * An interrupt of the function, or of one that shares the line.  Returns whether
	 * there was anything to do.
	 */
	bool (*raised)(void *context);

	/*
	 * Called after thousands of unhandled interrupts in a row: no interrupt will come any more,
	 * and the driver must poll.
	 */
	void (*silenced)(void *context);
};

/*
 * ops are called, with context, from now on: by MSI-X or MSI where the machine and the function
 * have that and device->no_messages does not forbid it, else by the function's line;
 * device->interrupt says which.  -E_UNSUPPORTED when no interrupt can arrive, and -E_NOMEM: then
 * the driver must poll.  A line that leads nowhere is not detected: a driver must cope with
 * interrupts that never come.  Boot CPU, before others start.
 */
int pci_irq_attach(struct pci_device *device, const struct pci_irq_ops *ops, void *context);

/* The same by an ISA line that the driver knows of, as IDE controllers have them. */
int pci_irq_attach_isa(struct pci_device *device, unsigned line, const struct pci_irq_ops *ops,
		       void *context);

#endif

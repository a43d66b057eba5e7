/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where a PCI function's interrupts come from, so that its driver need not know.
 */
#ifndef UMBRA_DRIVERS_PHYS_PCI_IRQ_H
#define UMBRA_DRIVERS_PHYS_PCI_IRQ_H

#include "drivers/phys/pci.h"

/* Called for its own interrupts and those of whoever shares the line, interrupts off. */
typedef void pci_handler_t(void *context);

/*
 * handler(context) is called from now on when the function raises an interrupt.
 * -E_UNSUPPORTED when none can arrive: the driver has to ask.  Boot CPU, before
 * others start.
 */
int pci_irq_attach(const struct pci_device *device, pci_handler_t *handler, void *context);

#endif

// SPDX-License-Identifier: GPL-2.0-only
/*
 * The PCI bus that virtio devices are on: a device's interrupt line is what its
 * configuration space says, and there is nothing to route.
 */
#include <linux/errno.h>
#include <linux/pci.h>

#include <asm/pci_x86.h>
#include <asm/x86_init.h>

#include "umbra_internal.h"

static int umbra_enable_irq(struct pci_dev *dev)
{
	u8 line;

	pci_read_config_byte(dev, PCI_INTERRUPT_LINE, &line);
	if (!line || line >= UMBRA_LINES)
		return -ENODEV;
	dev->irq = line;
	return 0;
}

static void umbra_disable_irq(struct pci_dev *dev)
{
}

void __init umbra_setup_pci(void)
{
	x86_init.pci.init_irq = x86_init_noop;
	x86_init.pci.fixup_irqs = x86_init_noop;
	pcibios_enable_irq = umbra_enable_irq;
	pcibios_disable_irq = umbra_disable_irq;
}

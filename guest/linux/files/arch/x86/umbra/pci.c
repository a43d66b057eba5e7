// SPDX-License-Identifier: GPL-2.0-only
/*
 * The PCI bus that virtio devices are on: a device's interrupt line is what its
 * configuration space says, and there is nothing to route.  A call tells Umbra
 * of a queue: a write to the register for that is a fault, of which Umbra has
 * to find out what it was, and takes twice as long.
 */
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/pci.h>

#include <asm/pci_x86.h>
#include <asm/umbra.h>
#include <asm/umbra_hooks.h>
#include <asm/x86_init.h>

#include "umbra_internal.h"

static bool has_kick __ro_after_init;

bool umbra_kick(unsigned int slot, unsigned int queue)
{
	if (has_kick)
		umbra_hcall(UMBRA_KICK, slot, queue, 0, 0);
	return has_kick;
}
EXPORT_SYMBOL_GPL(umbra_kick);

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
	has_kick = umbra_additions() & UMBRA_HAS_KICK;
	x86_init.pci.init_irq = x86_init_noop;
	x86_init.pci.fixup_irqs = x86_init_noop;
	pcibios_enable_irq = umbra_enable_irq;
	pcibios_disable_irq = umbra_disable_irq;
}

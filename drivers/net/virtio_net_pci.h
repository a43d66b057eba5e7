/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Driver for virtio network devices on PCI (virtio 1.0, 5.1): the network ports of a
 * machine that is a virtual one itself.
 */
#ifndef UMBRA_DRIVERS_NET_VIRTIO_NET_PCI_H
#define UMBRA_DRIVERS_NET_VIRTIO_NET_PCI_H

#include "drivers/pci/pci.h"

extern const struct pci_driver virtio_net_pci_driver;

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Driver for virtio block devices on PCI (virtio 1.0, 5.2): the disks of a machine
 * that is a virtual one itself.  They are called virtio0, virtio1 and so on.
 */
#ifndef UMBRA_DRIVERS_BLOCK_VIRTIO_BLK_PCI_H
#define UMBRA_DRIVERS_BLOCK_VIRTIO_BLK_PCI_H

#include "drivers/pci/pci.h"

extern const struct pci_driver virtio_blk_pci_driver;

#endif

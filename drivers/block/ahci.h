/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Driver for AHCI controllers (Serial ATA AHCI 1.3.1): SATA disks, which are called
 * ahci0, ahci1 and so on in the order of their ports.
 */
#ifndef UMBRA_DRIVERS_BLOCK_AHCI_H
#define UMBRA_DRIVERS_BLOCK_AHCI_H

#include "drivers/pci/pci.h"

extern const struct pci_driver ahci_driver;

#endif

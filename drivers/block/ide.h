/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Driver for IDE controllers on PCI that are bus masters (the PIIX and all that
 * came after it): their disks are called ide0, ide1 and so on.
 */
#ifndef UMBRA_DRIVERS_BLOCK_IDE_H
#define UMBRA_DRIVERS_BLOCK_IDE_H

#include "drivers/pci/pci.h"

extern const struct pci_driver ide_driver;

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Driver for Intel's 8254x and 8257x network controllers with copper ports (the names
 * e1000 and e1000e stand for them), as far as both have the same rings.
 */
#ifndef UMBRA_DRIVERS_NET_E1000_H
#define UMBRA_DRIVERS_NET_E1000_H

#include "drivers/pci/pci.h"

extern const struct pci_driver e1000_driver;

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The devices of the machine that guests use, disks and network ports, and which driver serves
 * which of them.
 */
#ifndef UMBRA_BOOT_HOST_DEVICES_H
#define UMBRA_BOOT_HOST_DEVICES_H

#include "hv/config/config.h"

/*
 * Gives each PCI function that pci_find found its driver, and makes the volumes of the disks and
 * the uplinks that options ask for; an uplink that cannot be made is event=option-error.  Boot CPU,
 * once, with timers and interrupt lines in order, before there are guests.
 */
void host_devices_init(const struct umbra_options *options);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Configuration space of a device on a guest's PCI bus: accesses by drivers/virtio/vpci_bus.c, its
 * only caller, for the guest.  The registers of the window are those of
 * drivers/virtio/vpci_device.h.
 */
#ifndef UMBRA_DRIVERS_VIRTIO_VPCI_CONFIG_H
#define UMBRA_DRIVERS_VIRTIO_VPCI_CONFIG_H

#include "drivers/virtio/vpci_device.h"

/* As after power-on, with the window at that guest-physical address.  vpci_device_init has run. */
void vpci_config_init(struct vpci_device *device, gpa_t window);

/* length bytes (1 to 4) at offset, all in one dword. */
uint32_t vpci_config_read(struct vpci_device *device, unsigned offset, unsigned length);
/* False: the device cannot take it now; the guest is to try again. */
bool __must_check vpci_config_write(struct vpci_device *device, unsigned offset, unsigned length,
				    uint32_t value);

/* True when the window is open, with its guest-physical address. */
bool vpci_config_window(const struct vpci_device *device, gpa_t *start);

#endif

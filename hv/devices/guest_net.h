/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A guest's network: the virtio device (drivers/virtio/virtio_net.h), joined to the network that
 * net= on the guest's line names.
 */
#ifndef UMBRA_HV_DEVICES_GUEST_NET_H
#define UMBRA_HV_DEVICES_GUEST_NET_H

#include "hv/devices/guest_device.h"

/* For hv/devices/guest_devices.c. */
extern const struct guest_device_kind guest_net_kind;

#endif

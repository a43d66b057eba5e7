/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A guest's source of random numbers: the virtio device, joined to a generator
 * of the guest's own.  For hv/devices/guest_devices.c.
 */
#ifndef UMBRA_HV_DEVICES_GUEST_ENTROPY_H
#define UMBRA_HV_DEVICES_GUEST_ENTROPY_H

#include "hv/devices/guest_device.h"

extern const struct guest_device_kind guest_entropy_kind;

#endif

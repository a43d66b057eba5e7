/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A guest's disks: for each one that its plan has, a virtio device, joined to a
 * RAM disk over the boot module.  For hv/guest_devices.c.
 */
#ifndef UMBRA_HV_GUEST_BLOCK_H
#define UMBRA_HV_GUEST_BLOCK_H

#include "hv/guest_devices.h"

extern const struct guest_device_kind guest_block_kind;

#endif

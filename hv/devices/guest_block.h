/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A guest's disks: for each one that its configuration has, a virtio device, joined to a
 * RAM disk over the boot module, or to a disk of the machine or a partition of one.
 * For hv/devices/guest_devices.c.
 */
#ifndef UMBRA_HV_DEVICES_GUEST_BLOCK_H
#define UMBRA_HV_DEVICES_GUEST_BLOCK_H

#include "hv/devices/guest_device.h"
#include "hv/load/loader.h"

extern const struct guest_device_kind guest_block_kind;

/*
 * Takes the disks of the machine that the guest's configuration names into use.  A negative error
 * and *problem when one does not exist, cannot be written to, or another guest writes to it;
 * guest_block_release then, or at the guest's end.
 */
int __must_check guest_block_claim(struct guest *guest, struct load_problem *problem);

/* Releases them, also for a guest that claimed only some or none. */
void guest_block_release(struct guest *guest);

#endif

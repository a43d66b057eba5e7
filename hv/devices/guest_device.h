/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The interface between hv/devices/guest_devices.c and each kind of guest device, and how a back
 * end wakes the guest.
 */
#ifndef UMBRA_HV_DEVICES_GUEST_DEVICE_H
#define UMBRA_HV_DEVICES_GUEST_DEVICE_H

#include "hv/guest/guest.h"

struct virtio_device;

/* Whose back end has something, or which devices; the bits of guest->devices_due. */
enum guest_device_bits {
	GUEST_DEVICE_CONSOLE = 1,
	GUEST_DEVICE_NET = 2,
	GUEST_DEVICE_DISKS = 4,
	GUEST_DEVICE_MORE = 8,		/* those that have not done all of their work */
};

/* A kind of device with its back end. */
struct guest_device_kind {
	enum guest_device_bits bit;	/* 0: its back end never wakes the guest */

	/*
	 * Makes the guest's device number index (from 0) of this kind; *device stays NULL when
	 * there are no more.  A negative error when memory is out.  The guest's memory does not
	 * exist yet.
	 */
	int (*create)(struct guest *guest, unsigned index, struct virtio_device **device);
	/*
	 * Called when the guest has stopped for good: cancels the device's requests in flight,
	 * without waiting.  False when the back end may still access the guest's memory; then it
	 * must be called again later. NULL where nothing ever is in flight.
	 */
	bool (*close)(struct virtio_device *device);
	/* Frees the device, after close. */
	void (*destroy)(struct virtio_device *device);
};

/*
 * The back end of the devices of that bit has something for one of them: service is due.  Wakes the
 * guest if it waits.  Any CPU, with the lock of the back end held: the guest leaves the back end,
 * under that lock, before it is freed.
 */
void guest_devices_wake(struct guest *guest, enum guest_device_bits bit);

#endif

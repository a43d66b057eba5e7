/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a kind of guest device is to hv/devices/guest_devices.c, and how what a device is joined
 * to on Umbra's side wakes the guest.
 */
#ifndef UMBRA_HV_DEVICES_GUEST_DEVICE_H
#define UMBRA_HV_DEVICES_GUEST_DEVICE_H

#include "hv/guest/guest.h"

struct virtio_device;

/* A kind of device, joined to what is behind it on Umbra's side. */
struct guest_device_kind {
	/*
	 * Makes the guest's device number index (from 0) of this kind; *device stays
	 * NULL when it has no more.  A negative error when memory is out.  The guest's
	 * memory is not there yet.
	 */
	int (*create)(struct guest *guest, unsigned index, struct virtio_device **device);
	/*
	 * The guest runs no more: ends what is in flight for the device, without waiting.  False
	 * when somebody may still touch the guest's memory; then to be called again later.
	 * NULL where nothing ever is in flight.
	 */
	bool (*close)(struct virtio_device *device);
	/* After that. */
	void (*destroy)(struct virtio_device *device);
};

/*
 * A back end has something for a device of the guest: service is due.  Wakes the
 * guest if it waits.  Any CPU, with a lock that keeps the guest there: that of the
 * back end, from which the guest takes its end away before it goes.
 */
void guest_devices_wake(struct guest *guest);

#endif

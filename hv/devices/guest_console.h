/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A guest's console: the virtio device, joined to the guest's end of the console
 * multiplexer.  For hv/devices/guest_devices.c.
 */
#ifndef UMBRA_HV_DEVICES_GUEST_CONSOLE_H
#define UMBRA_HV_DEVICES_GUEST_CONSOLE_H

#include "hv/devices/guest_devices.h"

#include <stddef.h>

extern const struct guest_device_kind guest_console_kind;

/* Output by other ways than the device; returns how many bytes were taken.  context is the guest. */
size_t guest_console_write(void *context, const void *data, size_t length);

#endif

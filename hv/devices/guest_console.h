/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A guest's console: its endpoint of the console multiplexer, and the virtio
 * device that is joined to it.
 */
#ifndef UMBRA_HV_DEVICES_GUEST_CONSOLE_H
#define UMBRA_HV_DEVICES_GUEST_CONSOLE_H

#include "hv/devices/guest_device.h"
#include "lib/compiler.h"

#include <stdbool.h>
#include <stddef.h>

struct console_mux;

extern const struct guest_device_kind guest_console_kind;

/* The multiplexer of all guests' consoles.  Boot CPU, before there is a guest. */
void guest_consoles_init(struct console_mux *mux);

/*
 * Gives the guest its endpoint, and with it guest->number; false when memory is out or there are
 * too many guests.  console_endpoint_destroy frees it, when nothing uses the guest's devices any
 * more.
 */
bool __must_check guest_console_open(struct guest *guest);

/* Brings the guest into focus. */
void guest_console_focus(const struct guest *guest);

/* Output by other ways than the device; context is the guest.  How many bytes were taken. */
size_t guest_console_write(void *context, const void *data, size_t length);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A guest's devices: their models, what attaches them to the guest, and what
 * they are joined to on Umbra's side.
 */
#ifndef UMBRA_HV_GUEST_DEVICES_H
#define UMBRA_HV_GUEST_DEVICES_H

#include "hv/guest.h"

struct guest_devices;

/* The devices of a guest to be; NULL when memory is out. */
struct guest_devices *guest_devices_create(struct guest *guest);

/* Pages above the guest's RAM that they need. */
uint32_t guest_devices_pages(struct guest_devices *devices);

/* Attaches them; the guest's memory is there and its window loaded. */
int __must_check guest_devices_attach(struct guest_devices *devices);

/* Frees them.  The console end in the guest stays. */
void guest_devices_destroy(struct guest_devices *devices);

/* The NOTIFY hypercall. */
void guest_devices_notify(struct guest *guest, gpa_t address);

/* Lets the devices go on; clears guest->devices_due. */
void guest_devices_service(struct guest *guest);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A guest's devices: their models, what attaches them to the guest, and what
 * they are joined to on Umbra's side.
 */
#ifndef UMBRA_HV_DEVICES_GUEST_DEVICES_H
#define UMBRA_HV_DEVICES_GUEST_DEVICES_H

#include "hv/guest/guest.h"

struct guest_devices;
struct virtio_device;

/* The devices of a guest to be; NULL when memory is out. */
struct guest_devices *guest_devices_create(struct guest *guest);

/* Pages above the guest's RAM that they need on a device page. */
uint32_t guest_devices_pages(struct guest_devices *devices);

/* Puts them on the guest's PCI bus; its memory is there and its window loaded. */
int __must_check guest_devices_attach(struct guest_devices *devices);

/*
 * The guest runs no more, and nothing is to go on for its devices: true once that is so, and to
 * be called again until then, every millisecond or so.  NULL counts as none.
 */
bool __must_check guest_devices_close(struct guest_devices *devices);

/* After that, or before the guest first ran: frees them.  The console end in the guest stays. */
void guest_devices_destroy(struct guest_devices *devices);

/*
 * INIT tells which transport the guest looks for: with pci the bus that is there
 * from the start, else the device page.  Ends the guest when its devices do not
 * fit there.
 */
void guest_devices_choose(struct guest *guest, bool pci);

/* The NOTIFY hypercall. */
void guest_devices_notify(struct guest *guest, gpa_t address);

/* IN and OUT of width (1, 2 or 4) bytes.  False: the guest is to try again. */
uint32_t guest_devices_read_port(struct guest *guest, unsigned port, unsigned width);
bool __must_check guest_devices_write_port(struct guest *guest, unsigned port, unsigned width,
					   uint32_t value);

/* May a device, or at least nothing, be at this address outside the guest's memory? */
bool guest_devices_has_memory(const struct guest *guest, gpa_t gpa);

/* Access of width bytes there.  False: the guest is to try again. */
uint32_t guest_devices_read_memory(struct guest *guest, gpa_t gpa, unsigned width);
bool __must_check guest_devices_write_memory(struct guest *guest, gpa_t gpa, unsigned width,
					     uint32_t value);

/*
 * Bit n: a device of the guest may raise interrupt n without the guest doing anything more, because
 * it has a request that it has not given back (a buffer for keys or frames is one).
 */
uint32_t guest_devices_lines(const struct guest *guest);

/* Lets the devices go on; clears guest->devices_due. */
void guest_devices_service(struct guest *guest);

#endif

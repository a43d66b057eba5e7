/* SPDX-License-Identifier: GPL-2.0-only */
/* A guest's devices: their models, their transport and their back ends. */
#ifndef UMBRA_HV_DEVICES_GUEST_DEVICES_H
#define UMBRA_HV_DEVICES_GUEST_DEVICES_H

#include "hv/guest/guest.h"

struct guest_devices;
struct virtio_device;

/* Makes the devices of a new guest; NULL when memory is out. */
struct guest_devices *guest_devices_create(struct guest *guest);

/* Pages above the guest's RAM that they need on a device page. */
uint32_t guest_devices_pages(struct guest_devices *devices);

/*
 * Has every request in flight come to an end, so that the guest can be cloned?  If not, it is asked
 * again after guest_devices_service.
 */
bool guest_devices_are_quiet(const struct guest_devices *devices);

/*
 * Attaches them as those of the guest that is cloned are, which are quiet and of the same kinds;
 * they go on where those are.  The memory of both is the same, and no window is needed.
 */
void guest_devices_clone(struct guest_devices *devices, const struct guest_devices *from);

/* Attaches them to the guest's PCI bus; the guest's memory exists and its window is loaded. */
int __must_check guest_devices_attach(struct guest_devices *devices);

/*
 * Stops all requests of the devices, once the guest has stopped for good.  True when nothing is in
 * flight any more; else it must be called again, every millisecond or so.  NULL counts as none.
 */
bool __must_check guest_devices_close(struct guest_devices *devices);

/*
 * Frees the devices, after guest_devices_close or before the guest first ran.  The guest keeps its
 * console endpoint.
 */
void guest_devices_destroy(struct guest_devices *devices);

/*
 * Chooses the transport, at INIT: with pci the bus that exists from the start, else the device
 * page.  Ends the guest when its devices do not fit there.
 */
void guest_devices_choose(struct guest *guest, bool pci);

/* The NOTIFY hypercall. */
void guest_devices_notify(struct guest *guest, gpa_t address);

/*
 * The KICK hypercall: something is in a queue of the device of that number (1 and up) on the PCI
 * bus.  Does nothing where there is no such device.
 */
void guest_devices_kick(struct guest *guest, uint32_t device, uint32_t queue);

/* IN and OUT of width (1, 2 or 4) bytes.  False: the guest is to try again. */
uint32_t guest_devices_read_port(struct guest *guest, unsigned port, unsigned width);
bool __must_check guest_devices_write_port(struct guest *guest, unsigned port, unsigned width,
					   uint32_t value);

/*
 * Is this address, outside the guest's memory, one for devices?  An unused one reads as all ones.
 */
bool guest_devices_has_memory(const struct guest *guest, gpa_t gpa);

/* Access width bytes there.  False: the guest is to try again. */
uint32_t guest_devices_read_memory(struct guest *guest, gpa_t gpa, unsigned width);
bool __must_check guest_devices_write_memory(struct guest *guest, gpa_t gpa, unsigned width,
					     uint32_t value);

/*
 * Bit n: a device may raise interrupt n without further action of the guest, because it holds a
 * request that it has not completed (such as a buffer for keys or frames).
 */
uint32_t guest_devices_lines(const struct guest *guest);

/* Services the devices, and clears guest->devices_due. */
void guest_devices_service(struct guest *guest);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A guest's PCI bus: a host bridge as device 0, which has no function, and the guest's virtio
 * devices from 1 up in the order they were given, with one function and one interrupt line each.  A
 * guest configures them by mechanism 1 (PCI Local Bus Specification 3.0, 3.2.2.3.2), an address and
 * a data register, and reaches their registers in memory windows beyond its RAM.
 *
 * One CPU at a time, the one that runs the guest.  No locks.
 */
#ifndef UMBRA_DRIVERS_VIRTIO_VPCI_BUS_H
#define UMBRA_DRIVERS_VIRTIO_VPCI_BUS_H

#include "drivers/virtio/vpci_device.h"

/* Kernels of 4.1 know interrupts below 16 only, and 0 is the clock. */
#define VPCI_DEVICES_MAX 15u
/* Where the first window is, behind the guest's RAM. */
#define VPCI_HOLE_SIZE 0x100000u

struct vpci_bus {
	uint32_t address;		/* the address register */
	uint32_t hole_start, hole_end;	/* guest-physical: no RAM, windows or nothing */
	unsigned count;
	struct vpci_device functions[VPCI_DEVICES_MAX];	/* [i] is device i + 1 */
};

/*
 * Puts devices on the bus of a guest of ram_pages (3 GB at most), and so
 * attaches them.  They, memory, callbacks and what context points to outlive
 * the bus.  -E_NOSPC when there are too many devices, or queues of one.
 */
int vpci_bus_init(struct vpci_bus *bus, struct guest_memory *memory, uint32_t ram_pages,
		 struct virtio_device *const *devices, unsigned count,
		 const struct vpci_callbacks *callbacks, void *context);

/*
 * Makes bus, with devices, go on where from is, with as many devices of the same kinds: for the
 * clone of a guest, with its memory and context.
 */
void vpci_bus_clone(struct vpci_bus *bus, const struct vpci_bus *from, struct guest_memory *memory,
		    struct virtio_device *const *devices, void *context);

/*
 * Stops and detaches all devices, so that another transport may attach them, and removes the bus.
 */
void vpci_bus_remove(struct vpci_bus *bus);

/* Is one of the width (1, 2 or 4) ports from port on a register of the bus? */
bool vpci_bus_has_port(const struct vpci_bus *bus, unsigned port, unsigned width);

/* Access such ports; a port that is none of the bus reads as ones. */
uint32_t vpci_bus_read_port(struct vpci_bus *bus, unsigned port, unsigned width);
/* False: a device cannot take it now; the guest is to try again. */
bool __must_check vpci_bus_write_port(struct vpci_bus *bus, unsigned port, unsigned width,
				     uint32_t value);

/* Is gpa, which is not RAM, in a window or in the hole, where access does no harm? */
bool vpci_bus_has_memory(const struct vpci_bus *bus, gpa_t gpa);

/* Access of width bytes (1, 2 or 4) there; without a window it reads ones. */
uint32_t vpci_bus_read_memory(struct vpci_bus *bus, gpa_t gpa, unsigned width);
/* False as above. */
bool __must_check vpci_bus_write_memory(struct vpci_bus *bus, gpa_t gpa, unsigned width,
				       uint32_t value);

/*
 * The same as a write of queue to the notification register of the device of that number, 1 and
 * up; of no device it does nothing.  True when the device has work left for vpci_bus_service.
 */
bool __must_check vpci_bus_kick(struct vpci_bus *bus, uint32_t device, uint32_t queue);

/* Bit n: a device may raise interrupt n without the guest doing anything more. */
uint32_t vpci_bus_lines(const struct vpci_bus *bus);

/* True when vpci_bus_service has work that waits for nothing. */
bool vpci_bus_has_work(const struct vpci_bus *bus);

/*
 * Services running devices: those whose bit is set in which (bit 0: the first) since their back end
 * has something, and those that have work left.
 */
void vpci_bus_service(struct vpci_bus *bus, uint32_t which);

#endif

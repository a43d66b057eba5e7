/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Virtio devices of the machine, which is then a virtual one, on PCI (virtio 1.0): finding the
 * registers, and making a queue.  Transitional devices have these registers too, beside the old
 * ones.
 */
#ifndef UMBRA_DRIVERS_PCI_VIRTIO_PCI_H
#define UMBRA_DRIVERS_PCI_VIRTIO_PCI_H

#include "arch/cpu/wait.h"
#include "drivers/pci/pci.h"
#include "lib/compiler.h"
#include "lib/virtio_spec.h"
#include "mm/address.h"

/* Where a capability says that registers are. */
struct virtio_pci_place {
	uint8_t bar;
	uint32_t offset, length;
};

/* What the capabilities of a device say. */
struct virtio_pci_places {
	struct virtio_pci_place common, notify, isr, config;
	uint32_t notify_multiplier;
};

/*
 * Reads them; the first usable one of each kind counts (virtio 1.0, 4.1.4).  False
 * when one is missing: the device has no modern registers.
 */
bool virtio_pci_find(const struct pci_device *device, struct virtio_pci_places *places);

struct virtio_pci {
	const struct pci_device *pci;
	volatile struct virtio_pci_common_cfg *common;
	volatile uint8_t *isr;			/* reading it ends the interrupt */
	volatile uint8_t *config;
	uint32_t config_size;
	uint8_t *notify;
	uint32_t notify_size, notify_multiplier;
	uint64_t reset_end;	/* time_ns() by which a reset is to be over */
};

/* Maps the registers.  NULL, or why that cannot be, as a clause.  Boot CPU, before others start. */
const char *virtio_pci_map(struct virtio_pci *virtio, const struct pci_device *pci);

/*
 * Begins to reset the device.  Then virtio_pci_reset_result, called repeatedly, returns the result.
 * Neither waits.
 */
void virtio_pci_begin_reset(struct virtio_pci *virtio);
enum wait_result virtio_pci_reset_result(const struct virtio_pci *virtio);

/* The same, and waits for it, a tenth of a second at most: true for WAIT_DONE.  At boot. */
bool virtio_pci_reset(struct virtio_pci *virtio);

/*
 * After a reset: accepts those of the wanted features that are offered, VIRTIO_F_VERSION_1, without
 * which it fails, and platform features.  NULL, or the cause of failure as a clause.  *accepted
 * gets the features in force.
 */
const char *virtio_pci_negotiate(struct virtio_pci *virtio, uint64_t wanted, uint64_t *accepted);

/* A queue's rings in physical memory. */
struct virtio_pci_queue {
	uint16_t size;		/* a power of two */
	paddr_t descriptors, available, used;
};

/* How many places queue 0, or that of the number, can have at most; 0: there is none. */
uint16_t virtio_pci_queue_max(struct virtio_pci *virtio);
uint16_t virtio_pci_queue_max_of(struct virtio_pci *virtio, uint16_t number);

/*
 * After virtio_pci_negotiate: sets up queue 0 and starts the device; with MSI-X the queue's
 * interrupts are entry 0 of that.  Returns the register that tells the device of requests, NULL
 * when it is out of reach.
 */
volatile uint16_t *virtio_pci_start(struct virtio_pci *virtio,
				    const struct virtio_pci_queue *queue);

/* With MSI-X, after virtio_pci_start: has the device accepted the vector for the queue? */
bool virtio_pci_has_vector(struct virtio_pci *virtio);

/*
 * The same in steps, for devices with several queues: each queue by its number, which returns its
 * register; then the device is started, and with MSI-X raises configuration interrupts too.
 */
volatile uint16_t *virtio_pci_add_queue(struct virtio_pci *virtio, uint16_t number,
					const struct virtio_pci_queue *queue);
void virtio_pci_go(struct virtio_pci *virtio);

/* After virtio_pci_start: has the device asked for a reset, or gone away? */
bool virtio_pci_needs_reset(const struct virtio_pci *virtio);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A virtio device on the PCI bus (virtio 1.0, section 4.1) as its driver sees
 * it: registers in a memory window, rings in memory of our own.
 */
#ifndef UMBRA_GUEST_RUNTIME_VIRTIO_PCI_H
#define UMBRA_GUEST_RUNTIME_VIRTIO_PCI_H

#include "guest/lguest_abi.h"
#include "guest/runtime/virtqueue.h"

#include <stdbool.h>
#include <stdint.h>

struct virtio_pci {
	unsigned int device;            /* number on the bus */
	unsigned int line;              /* its interrupt */
	uint32_t base;                  /* physical, of the window */
	volatile uint8_t *common, *notify, *isr, *config;
};

/* Offsets in the common configuration (virtio 1.0, section 4.1.4.3). */
enum virtio_pci_common {
	VIRTIO_PCI_DEVICE_FEATURE_SELECT = 0,
	VIRTIO_PCI_DEVICE_FEATURE = 4,
	VIRTIO_PCI_DRIVER_FEATURE_SELECT = 8,
	VIRTIO_PCI_DRIVER_FEATURE = 12,
	VIRTIO_PCI_NO_VECTOR = 16,
	VIRTIO_PCI_NUM_QUEUES = 18,
	VIRTIO_PCI_STATUS = 20,
	VIRTIO_PCI_GENERATION = 21,
	VIRTIO_PCI_QUEUE_SELECT = 22,
	VIRTIO_PCI_QUEUE_SIZE = 24,
	VIRTIO_PCI_QUEUE_VECTOR = 26,
	VIRTIO_PCI_QUEUE_ENABLE = 28,
	VIRTIO_PCI_QUEUE_NOTIFY = 30,
	VIRTIO_PCI_QUEUE_DESCRIPTORS = 32,
	VIRTIO_PCI_QUEUE_AVAILABLE = 40,
	VIRTIO_PCI_QUEUE_USED = 48
};

#define VIRTIO_PCI_VERSION_1 (1ull << 32)

/* Registers in their natural widths, each by one instruction. */
static inline uint8_t mmio_read8(const volatile uint8_t *at)
{
	return *at;
}

static inline uint16_t mmio_read16(const volatile uint8_t *at)
{
	return *(const volatile uint16_t *)(const volatile void *)at;
}

static inline uint32_t mmio_read32(const volatile uint8_t *at)
{
	return *(const volatile uint32_t *)(const volatile void *)at;
}

static inline void mmio_write8(volatile uint8_t *at, uint8_t value)
{
	*at = value;
}

static inline void mmio_write16(volatile uint8_t *at, uint16_t value)
{
	*(volatile uint16_t *)(volatile void *)at = value;
}

static inline void mmio_write32(volatile uint8_t *at, uint32_t value)
{
	*(volatile uint32_t *)(volatile void *)at = value;
}

/* Find the first device of a type and map its window. False when there is none. */
bool virtio_pci_open(struct virtio_pci *pci, enum lguest_device_type type);

/* The same for the one of that number, from 0, among the devices of a type. */
bool virtio_pci_open_number(struct virtio_pci *pci, enum lguest_device_type type,
			    unsigned int number);

/* Status 0, and wait until the device says so. */
void virtio_pci_reset(const struct virtio_pci *pci);

/* What the device offers. */
uint64_t virtio_pci_offered(const struct virtio_pci *pci);

/* From status 0 to "features ok" with these features; false when the device refuses them. */
bool virtio_pci_negotiate(const struct virtio_pci *pci, uint64_t features);

/* How many queues it has. */
unsigned int virtio_pci_queue_count(const struct virtio_pci *pci);

/*
 * Set up queue number index with empty rings, which are allocated the first
 * time (the queue is all zero then) and used again later, and enable it.
 */
void virtio_pci_queue_init(const struct virtio_pci *pci, unsigned int index,
			   struct virtqueue *queue);

/* "Driver ok". */
void virtio_pci_run(const struct virtio_pci *pci);

/* Read and so clear the interrupt status. */
uint8_t virtio_pci_isr(const struct virtio_pci *pci);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * PCI configuration space by mechanism 1 (PCI Local Bus Specification 3.0,
 * 3.2.2.3.2), and the capabilities of virtio devices in it (virtio 1.0, 4.1.4).
 * Devices are on bus 0 and have function 0 only. Needs nothing of the runtime,
 * so that it may be called first of all.
 */
#ifndef UMBRA_GUEST_RUNTIME_PCI_H
#define UMBRA_GUEST_RUNTIME_PCI_H

#include <stdint.h>

#define PCI_PORT_ADDRESS 0xCF8u
#define PCI_PORT_DATA 0xCFCu
#define PCI_ADDRESS(device, offset) (0x80000000u | (device) << 11 | (offset))
#define PCI_DEVICES 32u

/* Offsets in configuration space. */
#define PCI_ID 0x00u                    /* vendor, device */
#define PCI_COMMAND 0x04u
#define PCI_CLASS 0x08u                 /* revision, interface, subclass, class */
#define PCI_BAR0 0x10u
#define PCI_CAPABILITIES 0x34u
#define PCI_LINE 0x3Cu

#define PCI_COMMAND_MEMORY 2u
#define PCI_COMMAND_MASTER 4u

#define PCI_VIRTIO_VENDOR 0x1AF4u
#define PCI_VIRTIO_DEVICE 0x1040u       /* plus the device number */

/* Types of capability, and offsets in one. */
enum pci_virtio_type {
	PCI_VIRTIO_COMMON = 1,
	PCI_VIRTIO_NOTIFY = 2,
	PCI_VIRTIO_ISR = 3,
	PCI_VIRTIO_CONFIG = 4,
	PCI_VIRTIO_ACCESS = 5
};
#define PCI_VIRTIO_BAR 4u
#define PCI_VIRTIO_OFFSET 8u
#define PCI_VIRTIO_LENGTH 12u
#define PCI_VIRTIO_MORE 16u             /* multiplier of NOTIFY, data of ACCESS */

uint8_t port_in8(uint16_t port);
uint16_t port_in16(uint16_t port);
uint32_t port_in32(uint16_t port);
void port_out8(uint16_t port, uint8_t value);
void port_out16(uint16_t port, uint16_t value);
void port_out32(uint16_t port, uint32_t value);

/* A dword at offset, a multiple of 4. */
uint32_t pci_read(unsigned int device, uint32_t offset);
void pci_write(unsigned int device, uint32_t offset, uint32_t value);

/* A byte at any offset. */
void pci_write_byte(unsigned int device, uint32_t offset, uint8_t value);

/*
 * Among the devices with that vendor and device id the one of that number, from
 * 0, or 0 (which is the host bridge).
 */
unsigned int pci_find(uint16_t vendor, uint16_t id, unsigned int number);

/* Offset of the first capability of a type, or 0. */
uint32_t pci_virtio_capability(unsigned int device, enum pci_virtio_type type);

#endif

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Port access and configuration mechanism 1. No state but the address register.
 */
#include "guest/runtime/pci.h"

#define CAPABILITY_VENDOR 0x09u
#define CAPABILITIES_MAX 16u            /* a broken chain ends somewhere */

uint8_t port_in8(uint16_t port)
{
	uint8_t value;

	__asm__ volatile("inb %1, %0" : "=a"(value) : "d"(port));
	return value;
}

uint16_t port_in16(uint16_t port)
{
	uint16_t value;

	__asm__ volatile("inw %1, %0" : "=a"(value) : "d"(port));
	return value;
}

uint32_t port_in32(uint16_t port)
{
	uint32_t value;

	__asm__ volatile("inl %1, %0" : "=a"(value) : "d"(port));
	return value;
}

void port_out8(uint16_t port, uint8_t value)
{
	__asm__ volatile("outb %0, %1" : : "a"(value), "d"(port));
}

void port_out16(uint16_t port, uint16_t value)
{
	__asm__ volatile("outw %0, %1" : : "a"(value), "d"(port));
}

void port_out32(uint16_t port, uint32_t value)
{
	__asm__ volatile("outl %0, %1" : : "a"(value), "d"(port));
}

uint32_t pci_read(unsigned int device, uint32_t offset)
{
	port_out32(PCI_PORT_ADDRESS, PCI_ADDRESS(device, offset));
	return port_in32(PCI_PORT_DATA);
}

void pci_write(unsigned int device, uint32_t offset, uint32_t value)
{
	port_out32(PCI_PORT_ADDRESS, PCI_ADDRESS(device, offset));
	port_out32(PCI_PORT_DATA, value);
}

void pci_write_byte(unsigned int device, uint32_t offset, uint8_t value)
{
	port_out32(PCI_PORT_ADDRESS, PCI_ADDRESS(device, offset & ~3u));
	port_out8((uint16_t)(PCI_PORT_DATA + (offset & 3)), value);
}

unsigned int pci_find(uint16_t vendor, uint16_t id, unsigned int number)
{
	for (unsigned int device = 1; device < PCI_DEVICES; device++)
		if (pci_read(device, PCI_ID) == ((uint32_t)id << 16 | vendor) && number-- == 0)
			return device;
	return 0;
}

uint32_t pci_virtio_capability(unsigned int device, enum pci_virtio_type type)
{
	uint32_t offset = pci_read(device, PCI_CAPABILITIES) & 0xFC;

	for (unsigned int i = 0; i < CAPABILITIES_MAX && offset != 0; i++) {
		uint32_t head = pci_read(device, offset);

		if ((head & 0xFF) == CAPABILITY_VENDOR && head >> 24 == type)
			return offset;
		offset = head >> 8 & 0xFC;
	}
	return 0;
}

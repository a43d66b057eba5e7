/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Registers of PCI functions, named as in the PCI Local Bus Specification 3.0; sections are given
 * with each group.  The drivers of the machine's functions (drivers/pci) and the bus that guests
 * see (drivers/virtio/vpci_bus.h) share it.
 */
#ifndef UMBRA_LIB_PCI_SPEC_H
#define UMBRA_LIB_PCI_SPEC_H

/* Configuration mechanism 1, 3.2.2.3.2: two ports of 32 bits. */
#define PCI_CONFIG_ADDRESS 0xCF8u
#define PCI_CONFIG_DATA 0xCFCu
#define PCI_CONFIG_ENABLE 0x80000000u	/* in CONFIG_ADDRESS */

/* Configuration space, 6.1 and 6.2; the class code has three bytes. */
#define PCI_VENDOR_ID 0x00u
#define PCI_DEVICE_ID 0x02u
#define PCI_COMMAND 0x04u
#define PCI_STATUS 0x06u
#define PCI_REVISION_ID 0x08u
#define PCI_CLASS_INTERFACE 0x09u
#define PCI_CLASS_SUBCLASS 0x0Au
#define PCI_CLASS_BASE 0x0Bu
#define PCI_CACHE_LINE_SIZE 0x0Cu
#define PCI_HEADER_TYPE 0x0Eu
#define PCI_BASE_ADDRESS 0x10u		/* the first of up to six */
#define PCI_SECONDARY_BUS 0x19u		/* of a bridge */
#define PCI_SUBSYSTEM_ID 0x2Eu
#define PCI_CAPABILITIES_POINTER 0x34u
#define PCI_INTERRUPT_LINE 0x3Cu
#define PCI_INTERRUPT_PIN 0x3Du

/* 6.2.2 and 6.2.3. */
#define PCI_COMMAND_IO_SPACE 0x0001u
#define PCI_COMMAND_MEMORY_SPACE 0x0002u
#define PCI_COMMAND_BUS_MASTER 0x0004u
#define PCI_COMMAND_INTERRUPT_DISABLE 0x0400u
#define PCI_STATUS_CAPABILITIES_LIST 0x0010u

/* Capability IDs, appendix H. */
#define PCI_CAP_ID_MSI 0x05u
#define PCI_CAP_ID_VENDOR 0x09u
#define PCI_CAP_ID_MSIX 0x11u

#endif

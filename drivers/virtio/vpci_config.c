// SPDX-License-Identifier: GPL-2.0-only
/*
 * Configuration space of a virtio device on the PCI bus: a header of type 0
 * (PCI Local Bus Specification 3.0, 6.1) and a chain of vendor capabilities
 * (virtio 1.0, 4.1.4).  The last of them is a second way into the window that
 * needs no mapped memory: an early console uses it.
 */
#include "drivers/virtio/vpci_device.h"

#include "lib/bytes.h"
#include "lib/string.h"

/* Offsets in the header. */
#define CONFIG_VENDOR 0x00u
#define CONFIG_DEVICE 0x02u
#define CONFIG_COMMAND 0x04u
#define CONFIG_STATUS 0x06u
#define CONFIG_REVISION 0x08u
#define CONFIG_CLASS 0x0Au	/* subclass, class */
#define CONFIG_CACHE_LINE 0x0Cu	/* and the latency timer behind it */
#define CONFIG_BAR0 0x10u
#define CONFIG_SUBSYSTEM 0x2Eu
#define CONFIG_CAPABILITIES 0x34u
#define CONFIG_INTERRUPT_LINE 0x3Cu

#define COMMAND_MEMORY BIT(1)
#define COMMAND_MASTER BIT(2)
#define COMMAND_NO_INTERRUPT BIT(10)
#define STATUS_CAPABILITIES BIT(4)

#define VENDOR_VIRTIO 0x1AF4
#define DEVICE_VIRTIO 0x1040	/* plus the device id */
#define SUBSYSTEM_VIRTIO 0x0040

/* A capability: id, next, length, type, bar, 3 bytes unused, offset, length of what it names. */
#define CAPABILITY_ID 0x09
#define CAPABILITY_BAR 4u
#define CAPABILITY_OFFSET 8u
#define CAPABILITY_LENGTH 12u
#define CAPABILITY_MORE 16u	/* NOTIFY: multiplier; ACCESS: the data */

enum { TYPE_COMMON = 1, TYPE_NOTIFY, TYPE_ISR, TYPE_DEVICE, TYPE_ACCESS };

/* Where each of them stands. */
#define AT_COMMON 0x40u
#define AT_NOTIFY 0x50u
#define AT_ISR 0x64u
#define AT_DEVICE 0x74u
#define AT_ACCESS 0x84u

_Static_assert(AT_ACCESS + CAPABILITY_MORE + 4 == PCI_CONFIG_SIZE, "nothing behind it");

/* The bits that a guest can change, a dword each. */
static const struct {
	uint8_t offset;
	uint32_t mask;
} writable[] = {
	{ CONFIG_COMMAND, COMMAND_MEMORY | COMMAND_MASTER | COMMAND_NO_INTERRUPT },
	{ CONFIG_CACHE_LINE, 0xFFFF },
	{ CONFIG_BAR0, ~(PCI_WINDOW_SIZE - 1) },
	{ AT_ACCESS + CAPABILITY_BAR, 0xFF },
	{ AT_ACCESS + CAPABILITY_OFFSET, UINT32_MAX },
	{ AT_ACCESS + CAPABILITY_LENGTH, UINT32_MAX },
	{ AT_ACCESS + CAPABILITY_MORE, UINT32_MAX },
};

/* Class codes, PCI Code and ID Assignment 1.11: what the device would be without virtio. */
static uint16_t class_of(uint16_t id)
{
	switch (id) {
	case VIRTIO_ID_NET:
		return 0x0200;
	case VIRTIO_ID_BLOCK:
		return 0x0180;
	case VIRTIO_ID_CONSOLE:
		return 0x0780;
	default:
		return 0xFF00;
	}
}

static void put_capability(struct vpci_device *transport, unsigned at, unsigned next,
			   unsigned length, unsigned type)
{
	uint8_t *capability = transport->config + at;

	capability[0] = CAPABILITY_ID;
	capability[1] = (uint8_t)next;
	capability[2] = (uint8_t)length;
	capability[3] = (uint8_t)type;
}

/* The part of the window that a capability names. */
static void put_part(struct vpci_device *transport, unsigned at, uint32_t offset, uint32_t length)
{
	store_le32(transport->config + at + CAPABILITY_OFFSET, offset);
	store_le32(transport->config + at + CAPABILITY_LENGTH, length);
}

static void put_capabilities(struct vpci_device *transport)
{
	uint32_t device_size = transport->device->config_size;

	put_capability(transport, AT_COMMON, AT_NOTIFY, 16, TYPE_COMMON);
	put_part(transport, AT_COMMON, 0, PCI_COMMON_SIZE);
	put_capability(transport, AT_NOTIFY, AT_ISR, 20, TYPE_NOTIFY);
	put_part(transport, AT_NOTIFY, PCI_NOTIFY, 2);
	put_capability(transport, AT_ISR, AT_ACCESS, 16, TYPE_ISR);
	put_part(transport, AT_ISR, PCI_ISR, 1);
	put_capability(transport, AT_ACCESS, device_size > 0 ? AT_DEVICE : 0, 20, TYPE_ACCESS);
	if (device_size == 0)
		return;
	put_capability(transport, AT_DEVICE, 0, 16, TYPE_DEVICE);
	put_part(transport, AT_DEVICE, PCI_DEVICE, device_size);
}

void vpci_config_init(struct vpci_device *transport, gpa_t window)
{
	uint8_t *config = transport->config;
	uint16_t id = transport->device->id;

	memset(config, 0, sizeof(transport->config));
	store_le16(config + CONFIG_VENDOR, VENDOR_VIRTIO);
	store_le16(config + CONFIG_DEVICE, (uint16_t)(DEVICE_VIRTIO + id));
	/* The window is open, as firmware would have left it. */
	store_le16(config + CONFIG_COMMAND, COMMAND_MEMORY);
	store_le16(config + CONFIG_STATUS, STATUS_CAPABILITIES);
	config[CONFIG_REVISION] = 1;
	store_le16(config + CONFIG_CLASS, class_of(id));
	store_le32(config + CONFIG_BAR0, gpa_value(window));
	store_le16(config + CONFIG_SUBSYSTEM, SUBSYSTEM_VIRTIO);
	config[CONFIG_CAPABILITIES] = AT_COMMON;
	/* The guest takes the line for the number of the interrupt, and needs no pin. */
	config[CONFIG_INTERRUPT_LINE] = (uint8_t)transport->irq;
	put_capabilities(transport);
}

bool vpci_config_has_interrupt(const struct vpci_device *transport)
{
	return !(load_le16(transport->config + CONFIG_COMMAND) & COMMAND_NO_INTERRUPT);
}

bool vpci_device_window(const struct vpci_device *transport, gpa_t *start)
{
	*start = gpa_make(load_le32(transport->config + CONFIG_BAR0));
	return load_le16(transport->config + CONFIG_COMMAND) & COMMAND_MEMORY;
}

/* --- the access capability ----------------------------------------------------------- */

/* What the guest wants to reach: true when that is in the window (virtio 1.0, 4.1.4.7). */
static bool access_target(const struct vpci_device *transport, uint32_t *offset, uint32_t *width)
{
	const uint8_t *capability = transport->config + AT_ACCESS;

	*offset = load_le32(capability + CAPABILITY_OFFSET);
	*width = load_le32(capability + CAPABILITY_LENGTH);
	if (capability[CAPABILITY_BAR] != 0 || (*width != 1 && *width != 2 && *width != 4))
		return false;
	return *offset < PCI_WINDOW_SIZE && IS_ALIGNED(*offset, *width);
}

static void access_read(struct vpci_device *transport)
{
	uint32_t offset, width, value = UINT32_MAX;

	if (access_target(transport, &offset, &width))
		value = vpci_device_read(transport, offset, width);
	store_le32(transport->config + AT_ACCESS + CAPABILITY_MORE, value);
}

static bool access_write(struct vpci_device *transport)
{
	uint32_t offset, width;

	if (!access_target(transport, &offset, &width))
		return true;
	return vpci_device_write(transport, offset, width,
				   load_le32(transport->config + AT_ACCESS + CAPABILITY_MORE));
}

/* --- what the guest does --------------------------------------------------------------- */

static uint32_t writable_bits(unsigned dword)
{
	for (unsigned i = 0; i < ARRAY_SIZE(writable); i++)
		if (writable[i].offset == dword)
			return writable[i].mask;
	return 0;
}

uint32_t vpci_device_config_read(struct vpci_device *transport, unsigned offset,
				   unsigned length)
{
	unsigned dword = offset & ~3u, shift = 8 * (offset & 3);

	if (dword >= PCI_CONFIG_SIZE)
		return low_bytes(length);
	if (dword == AT_ACCESS + CAPABILITY_MORE)
		access_read(transport);
	return load_le32(transport->config + dword) >> shift & low_bytes(length);
}

bool vpci_device_config_write(struct vpci_device *transport, unsigned offset, unsigned length,
				uint32_t value)
{
	unsigned dword = offset & ~3u, shift = 8 * (offset & 3);
	uint32_t mask = writable_bits(dword) & low_bytes(length) << shift;
	uint32_t old;

	if (mask == 0)
		return true;
	old = load_le32(transport->config + dword);
	store_le32(transport->config + dword, (old & ~mask) | (value << shift & mask));
	return dword != AT_ACCESS + CAPABILITY_MORE || access_write(transport);
}

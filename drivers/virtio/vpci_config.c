// SPDX-License-Identifier: GPL-2.0-only
/*
 * Configuration space of a virtio device on the PCI bus: a header of type 0
 * (PCI Local Bus Specification 3.0, 6.1) and a chain of vendor capabilities
 * (virtio 1.0, 4.1.4).  The last of them is a second way into the window that
 * needs no mapped memory: an early console uses it.
 */
#include "drivers/virtio/vpci_config.h"

#include "lib/bytes.h"
#include "lib/pci_spec.h"
#include "lib/string.h"
#include "lib/virtio_spec.h"

#include <stddef.h>

#define DEVICE_SUBSYSTEM 0x0040	/* at least that for modern devices, 4.1.2.1 */

#define CAP(field) offsetof(struct virtio_pci_cap, field)

/* Where each of them stands. */
#define AT_COMMON 0x40u
#define AT_NOTIFY 0x50u
#define AT_ISR 0x64u
#define AT_DEVICE 0x74u
#define AT_PCI_CFG 0x84u

_Static_assert(AT_PCI_CFG + CAP(more) + 4 == VPCI_CONFIG_SIZE, "nothing behind it");

/* The bits that a guest can change, a dword each. */
static const struct {
	uint8_t offset;
	uint32_t mask;
} writable[] = {
	{ PCI_COMMAND, PCI_COMMAND_MEMORY_SPACE | PCI_COMMAND_BUS_MASTER |
		       PCI_COMMAND_INTERRUPT_DISABLE },
	{ PCI_CACHE_LINE_SIZE, 0xFFFF },
	{ PCI_BASE_ADDRESS, ~(VPCI_WINDOW_SIZE - 1) },
	{ AT_PCI_CFG + CAP(bar), 0xFF },
	{ AT_PCI_CFG + CAP(offset), UINT32_MAX },
	{ AT_PCI_CFG + CAP(length), UINT32_MAX },
	{ AT_PCI_CFG + CAP(more), UINT32_MAX },
};

/* Class codes (PCI Code and ID Assignment 1.11) by the kind of device. */
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

/* The part of the window that a capability names is length bytes at offset. */
static void put_capability(struct vpci_device *device, unsigned at, unsigned next, uint8_t type,
			   uint32_t offset, uint32_t length)
{
	bool has_more = type == VIRTIO_PCI_CAP_NOTIFY_CFG || type == VIRTIO_PCI_CAP_PCI_CFG;
	const struct virtio_pci_cap cap = {
		.cap_vndr = PCI_CAP_ID_VENDOR,
		.cap_next = (uint8_t)next,
		.cap_len = has_more ? sizeof(cap) : VIRTIO_PCI_CAP_SIZE,
		.cfg_type = type,
		.offset = offset,
		.length = length,
	};

	memcpy(device->config + at, &cap, cap.cap_len);
}

static void put_capabilities(struct vpci_device *device)
{
	uint32_t device_size = device->model->config_size;

	put_capability(device, AT_COMMON, AT_NOTIFY, VIRTIO_PCI_CAP_COMMON_CFG, 0,
		       sizeof(struct virtio_pci_common_cfg));
	put_capability(device, AT_NOTIFY, AT_ISR, VIRTIO_PCI_CAP_NOTIFY_CFG, VPCI_NOTIFY, 2);
	put_capability(device, AT_ISR, AT_PCI_CFG, VIRTIO_PCI_CAP_ISR_CFG, VPCI_ISR, 1);
	put_capability(device, AT_PCI_CFG, device_size > 0 ? AT_DEVICE : 0, VIRTIO_PCI_CAP_PCI_CFG,
		       0, 0);
	if (device_size > 0)
		put_capability(device, AT_DEVICE, 0, VIRTIO_PCI_CAP_DEVICE_CFG, VPCI_DEVICE_CFG,
			       device_size);
}

void vpci_config_init(struct vpci_device *device, gpa_t window)
{
	uint8_t *config = device->config;
	uint16_t id = device->model->id;

	memset(config, 0, sizeof(device->config));
	store_le16(config + PCI_VENDOR_ID, VIRTIO_PCI_VENDOR);
	store_le16(config + PCI_DEVICE_ID, (uint16_t)(VIRTIO_PCI_DEVICE_MODERN + id));
	/* The window is open, as firmware would have left it. */
	store_le16(config + PCI_COMMAND, PCI_COMMAND_MEMORY_SPACE);
	store_le16(config + PCI_STATUS, PCI_STATUS_CAPABILITIES_LIST);
	config[PCI_REVISION_ID] = 1;
	store_le16(config + PCI_CLASS_SUBCLASS, class_of(id));
	store_le32(config + PCI_BASE_ADDRESS, gpa_value(window));
	store_le16(config + PCI_SUBSYSTEM_ID, DEVICE_SUBSYSTEM);
	config[PCI_CAPABILITIES_POINTER] = AT_COMMON;
	/* The guest uses the line as the interrupt number, and needs no pin. */
	config[PCI_INTERRUPT_LINE] = (uint8_t)device->irq;
	put_capabilities(device);
}

bool vpci_config_window(const struct vpci_device *device, gpa_t *start)
{
	*start = gpa_make(load_le32(device->config + PCI_BASE_ADDRESS));
	return load_le16(device->config + PCI_COMMAND) & PCI_COMMAND_MEMORY_SPACE;
}

/* --- PCI_CFG, the second way ----------------------------------------------------------- */

/*
 * Reads the target of the access capability: true when it is in the window (virtio 1.0, 4.1.4.7).
 */
static bool access_target(const struct vpci_device *device, uint32_t *offset, uint32_t *width)
{
	const uint8_t *capability = device->config + AT_PCI_CFG;

	*offset = load_le32(capability + CAP(offset));
	*width = load_le32(capability + CAP(length));
	if (capability[CAP(bar)] != 0 || (*width != 1 && *width != 2 && *width != 4))
		return false;
	return *offset < VPCI_WINDOW_SIZE && IS_ALIGNED(*offset, *width);
}

static void access_read(struct vpci_device *device)
{
	uint32_t offset, width, value = UINT32_MAX;

	if (access_target(device, &offset, &width))
		value = vpci_device_read(device, offset, width);
	store_le32(device->config + AT_PCI_CFG + CAP(more), value);
}

static bool access_write(struct vpci_device *device)
{
	uint32_t offset, width;

	if (!access_target(device, &offset, &width))
		return true;
	return vpci_device_write(device, offset, width,
				   load_le32(device->config + AT_PCI_CFG + CAP(more)));
}

/* --- what the guest does --------------------------------------------------------------- */

static uint32_t writable_bits(unsigned dword)
{
	for (unsigned i = 0; i < ARRAY_SIZE(writable); i++)
		if (writable[i].offset == dword)
			return writable[i].mask;
	return 0;
}

uint32_t vpci_config_read(struct vpci_device *device, unsigned offset, unsigned length)
{
	unsigned dword = offset & ~3u, shift = 8 * (offset & 3);

	if (dword >= VPCI_CONFIG_SIZE)
		return low_bytes(length);
	if (dword == AT_PCI_CFG + CAP(more))
		access_read(device);
	return load_le32(device->config + dword) >> shift & low_bytes(length);
}

bool vpci_config_write(struct vpci_device *device, unsigned offset, unsigned length,
		       uint32_t value)
{
	unsigned dword = offset & ~3u, shift = 8 * (offset & 3);
	uint32_t mask = writable_bits(dword) & low_bytes(length) << shift;
	uint32_t old;

	if (mask == 0)
		return true;
	old = load_le32(device->config + dword);
	store_le32(device->config + dword, (old & ~mask) | (value << shift & mask));
	return dword != AT_PCI_CFG + CAP(more) || access_write(device);
}

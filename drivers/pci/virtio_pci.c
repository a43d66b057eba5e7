// SPDX-License-Identifier: GPL-2.0-only
/*
 * The modern registers of virtio devices on PCI (virtio 1.0, 3.1 and 4.1).
 */
#include "drivers/pci/virtio_pci.h"

#include "arch/cpu/wait.h"
#include "drivers/pci/pci_msi.h"
#include "lib/checked.h"
#include "lib/error.h"
#include "lib/string.h"

#include <stddef.h>

#define CAP(field) offsetof(struct virtio_pci_cap, field)

/*
 * ACCESS_PLATFORM: the device's accesses go through the IOMMU, if there is one.  Umbra sets up no
 * IOMMU, so that physical addresses are right.  ORDER_PLATFORM: it needs the memory barriers of a
 * real device; x86 keeps stores in order, and Umbra has the other barriers.  (Virtio 1.1, 6; older
 * ones reserve the bits.)
 */
#define FEATURES_ALWAYS (BIT64(VIRTIO_F_VERSION_1) | BIT64(VIRTIO_F_ACCESS_PLATFORM) | \
			 BIT64(VIRTIO_F_ORDER_PLATFORM))

#define STATUS_NEGOTIATED (VIRTIO_STATUS_ACKNOWLEDGE | VIRTIO_STATUS_DRIVER | \
			   VIRTIO_STATUS_FEATURES_OK)

#define RESET_TIME (100 * WAIT_MS)

/* --- finding the registers ----------------------------------------------------------- */

/* False for a place that no memory BAR of the device has. */
static bool read_place(const struct pci_device *device, unsigned at, struct virtio_pci_place *place)
{
	const struct pci_access *access = device->access;

	place->bar = (uint8_t)access->read(device->function, at + CAP(bar), 1);
	place->offset = access->read(device->function, at + CAP(offset), 4);
	place->length = access->read(device->function, at + CAP(length), 4);
	return place->bar < PCI_BARS && device->bars[place->bar].kind == PCI_BAR_MEMORY &&
	       place->length > 0 &&
	       range_inside(place->offset, place->length, device->bars[place->bar].size);
}

static struct virtio_pci_place *place_of(struct virtio_pci_places *places, uint32_t kind)
{
	switch (kind) {
	case VIRTIO_PCI_CAP_COMMON_CFG:
		return &places->common;
	case VIRTIO_PCI_CAP_NOTIFY_CFG:
		return &places->notify;
	case VIRTIO_PCI_CAP_ISR_CFG:
		return &places->isr;
	case VIRTIO_PCI_CAP_DEVICE_CFG:
		return &places->config;
	default:
		return NULL;
	}
}

static void read_capability(const struct pci_device *device, unsigned at,
			    struct virtio_pci_places *places)
{
	const struct pci_access *access = device->access;
	uint32_t kind, length;
	struct virtio_pci_place *place, found;

	if (at + VIRTIO_PCI_CAP_SIZE > 256)
		return;
	kind = access->read(device->function, at + CAP(cfg_type), 1);
	length = access->read(device->function, at + CAP(cap_len), 1);
	place = place_of(places, kind);
	if (!place || place->length != 0 || length < VIRTIO_PCI_CAP_SIZE || at + length > 256 ||
	    (kind == VIRTIO_PCI_CAP_NOTIFY_CFG && length < sizeof(struct virtio_pci_cap)) ||
	    !read_place(device, at, &found))
		return;
	*place = found;
	if (kind == VIRTIO_PCI_CAP_NOTIFY_CFG)
		places->notify_multiplier = access->read(device->function, at + CAP(more), 4);
}

bool virtio_pci_find(const struct pci_device *device, struct virtio_pci_places *places)
{
	struct pci_walk walk;
	unsigned at;

	*places = (struct virtio_pci_places){ 0 };
	pci_walk_start(&walk, device);
	while ((at = pci_walk_next(&walk, PCI_CAP_ID_VENDOR)) != 0)
		read_capability(device, at, places);
	/* Offsets are aligned for what is there (4.1.4.3.1, 4.1.4.4.1). */
	return IS_ALIGNED(places->common.offset, 4u) && IS_ALIGNED(places->notify.offset, 2u) &&
	       places->common.length >= sizeof(struct virtio_pci_common_cfg) &&
	       places->notify.length >= sizeof(uint16_t) && places->isr.length > 0 &&
	       places->config.length > 0;
}

static uint8_t *map_place(const struct pci_device *pci, const struct virtio_pci_place *place)
{
	uint8_t *registers = pci_map_bar(pci, place->bar, (uint64_t)place->offset + place->length);

	return registers ? registers + place->offset : NULL;
}

const char *virtio_pci_map(struct virtio_pci *virtio, const struct pci_device *pci)
{
	struct virtio_pci_places places;

	if (!virtio_pci_find(pci, &places))
		return "it has no registers of virtio 1.0";
	virtio->pci = pci;
	virtio->common = (void *)map_place(pci, &places.common);
	virtio->isr = map_place(pci, &places.isr);
	virtio->config = map_place(pci, &places.config);
	virtio->config_size = places.config.length;
	virtio->notify = map_place(pci, &places.notify);
	virtio->notify_size = places.notify.length;
	virtio->notify_multiplier = places.notify_multiplier;
	return virtio->common && virtio->isr && virtio->config && virtio->notify
		       ? NULL : "its registers cannot be mapped";
}

/* --- bringing it up --------------------------------------------------------------------- */

void virtio_pci_begin_reset(struct virtio_pci *virtio)
{
	virtio->common->device_status = 0;
	virtio->reset_end = time_ns() + RESET_TIME;
}

/* Once its status reads as 0 the device has forgotten all and touches no memory (4.1.4.3.2). */
enum wait_result virtio_pci_reset_result(const struct virtio_pci *virtio)
{
	if (virtio->common->device_status == 0)
		return WAIT_DONE;
	return time_ns() < virtio->reset_end ? WAIT_LATER : WAIT_FAILED;
}

bool virtio_pci_reset(struct virtio_pci *virtio)
{
	enum wait_result result;

	virtio_pci_begin_reset(virtio);
	do {
		result = virtio_pci_reset_result(virtio);
	} while (result == WAIT_LATER);
	return result == WAIT_DONE;
}

static uint64_t read_features(struct virtio_pci *virtio)
{
	uint64_t features;

	virtio->common->device_feature_select = 0;
	features = virtio->common->device_feature;
	virtio->common->device_feature_select = 1;
	return features | (uint64_t)virtio->common->device_feature << 32;
}

static void write_features(struct virtio_pci *virtio, uint64_t features)
{
	virtio->common->driver_feature_select = 0;
	virtio->common->driver_feature = (uint32_t)features;
	virtio->common->driver_feature_select = 1;
	virtio->common->driver_feature = (uint32_t)(features >> 32);
}

const char *virtio_pci_negotiate(struct virtio_pci *virtio, uint64_t wanted, uint64_t *accepted)
{
	volatile struct virtio_pci_common_cfg *common = virtio->common;

	common->device_status = VIRTIO_STATUS_ACKNOWLEDGE;
	common->device_status = VIRTIO_STATUS_ACKNOWLEDGE | VIRTIO_STATUS_DRIVER;
	*accepted = read_features(virtio) & (wanted | FEATURES_ALWAYS);
	write_features(virtio, *accepted);
	common->device_status = STATUS_NEGOTIATED;
	if (*accepted & BIT64(VIRTIO_F_VERSION_1) &&
	    common->device_status & VIRTIO_STATUS_FEATURES_OK)
		return NULL;
	common->device_status = VIRTIO_STATUS_FAILED;
	return *accepted & BIT64(VIRTIO_F_VERSION_1) ? "it needs features that Umbra does not have"
					     : "it does not offer virtio 1.0";
}

uint16_t virtio_pci_queue_max_of(struct virtio_pci *virtio, uint16_t number)
{
	virtio->common->queue_select = number;
	return virtio->common->queue_size;
}

uint16_t virtio_pci_queue_max(struct virtio_pci *virtio)
{
	return virtio_pci_queue_max_of(virtio, 0);
}

static volatile uint16_t *notify_register(struct virtio_pci *virtio)
{
	uint64_t offset = (uint64_t)virtio->common->queue_notify_off * virtio->notify_multiplier;

	if (!IS_ALIGNED(offset, 2u) || !range_inside(offset, sizeof(uint16_t), virtio->notify_size))
		return NULL;
	return (volatile uint16_t *)(void *)(virtio->notify + offset);
}

/* Ignored without MSI-X. */
static uint16_t vector(const struct virtio_pci *virtio)
{
	return pci_msix_is_on(virtio->pci) ? 0 : VIRTIO_MSI_NO_VECTOR;
}

volatile uint16_t *virtio_pci_add_queue(struct virtio_pci *virtio, uint16_t number,
					const struct virtio_pci_queue *queue)
{
	volatile struct virtio_pci_common_cfg *common = virtio->common;
	volatile uint16_t *notify;

	common->queue_select = number;
	common->queue_size = queue->size;
	common->queue_msix_vector = vector(virtio);
	common->queue_desc = (uint32_t)queue->descriptors;
	common->queue_desc_high = (uint32_t)(queue->descriptors >> 32);
	common->queue_avail = (uint32_t)queue->available;
	common->queue_avail_high = (uint32_t)(queue->available >> 32);
	common->queue_used = (uint32_t)queue->used;
	common->queue_used_high = (uint32_t)(queue->used >> 32);
	notify = notify_register(virtio);
	common->queue_enable = 1;
	return notify;
}

static void run(struct virtio_pci *virtio)
{
	virtio->common->device_status = STATUS_NEGOTIATED | VIRTIO_STATUS_DRIVER_OK;
}

void virtio_pci_go(struct virtio_pci *virtio)
{
	virtio->common->msix_config = vector(virtio);
	run(virtio);
}

volatile uint16_t *virtio_pci_start(struct virtio_pci *virtio, const struct virtio_pci_queue *queue)
{
	volatile uint16_t *notify;

	virtio->common->msix_config = VIRTIO_MSI_NO_VECTOR;
	notify = virtio_pci_add_queue(virtio, 0, queue);
	run(virtio);
	return notify;
}

bool virtio_pci_has_vector(struct virtio_pci *virtio)
{
	virtio->common->queue_select = 0;
	return virtio->common->queue_msix_vector != VIRTIO_MSI_NO_VECTOR;
}

bool virtio_pci_needs_reset(const struct virtio_pci *virtio)
{
	uint8_t status = virtio->common->device_status;

	/* The status of a device that is gone has all bits set or none. */
	return status & VIRTIO_STATUS_DEVICE_NEEDS_RESET || !(status & VIRTIO_STATUS_DRIVER_OK);
}

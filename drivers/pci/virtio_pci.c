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

/* A capability, 4.1.4. */
#define CAP_LENGTH 2u
#define CAP_KIND 3u
#define CAP_BAR 4u
#define CAP_OFFSET 8u
#define CAP_SIZE 12u
#define CAP_MULTIPLIER 16u	/* of kind NOTIFY only */
#define CAP_LENGTH_MIN 16u
#define CAP_LENGTH_NOTIFY 20u

enum cap_kind { CAP_COMMON = 1, CAP_NOTIFY, CAP_ISR, CAP_CONFIG };

#define STATUS_ACKNOWLEDGE 1
#define STATUS_DRIVER 2
#define STATUS_DRIVER_OK 4
#define STATUS_FEATURES_OK 8
#define STATUS_NEEDS_RESET 64
#define STATUS_FAILED 128

#define FEATURE_VERSION_1 BIT64(32)

/*
 * ACCESS_PLATFORM: the device goes through whatever translates addresses on the machine's
 * buses.  Umbra sets up no IOMMU, so that physical addresses are right.  ORDER_PLATFORM: it
 * sees memory as the bus shows it; x86 keeps stores in order for that, and what Umbra does
 * is ordered for the strictest device anyhow.  (Virtio 1.1, 6; older ones reserve the bits.)
 */
#define FEATURE_ACCESS_PLATFORM BIT64(33)
#define FEATURE_ORDER_PLATFORM BIT64(36)
#define FEATURES_ALWAYS (FEATURE_VERSION_1 | FEATURE_ACCESS_PLATFORM | FEATURE_ORDER_PLATFORM)
#define NO_VECTOR 0xFFFF

#define RESET_TIME (100 * WAIT_MS)

_Static_assert(sizeof(struct virtio_pci_common) == 56, "virtio 1.0, 4.1.4.3");

/* --- finding the registers ----------------------------------------------------------- */

/* False for a place that no memory BAR of the device has. */
static bool read_place(const struct pci_device *device, unsigned at, struct virtio_pci_place *place)
{
	const struct pci_access *access = device->access;

	place->bar = (uint8_t)access->read(device->function, at + CAP_BAR, 1);
	place->offset = access->read(device->function, at + CAP_OFFSET, 4);
	place->length = access->read(device->function, at + CAP_SIZE, 4);
	return place->bar < PCI_BARS && device->bars[place->bar].kind == PCI_BAR_MEMORY &&
	       place->length > 0 &&
	       range_inside(place->offset, place->length, device->bars[place->bar].size);
}

static struct virtio_pci_place *place_of(struct virtio_pci_places *places, uint32_t kind)
{
	switch (kind) {
	case CAP_COMMON:
		return &places->common;
	case CAP_NOTIFY:
		return &places->notify;
	case CAP_ISR:
		return &places->isr;
	case CAP_CONFIG:
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

	if (at + CAP_LENGTH_MIN > 256)
		return;
	kind = access->read(device->function, at + CAP_KIND, 1);
	length = access->read(device->function, at + CAP_LENGTH, 1);
	place = place_of(places, kind);
	if (!place || place->length != 0 || length < CAP_LENGTH_MIN || at + length > 256 ||
	    (kind == CAP_NOTIFY && length < CAP_LENGTH_NOTIFY) || !read_place(device, at, &found))
		return;
	*place = found;
	if (kind == CAP_NOTIFY)
		places->notify_multiplier = access->read(device->function, at + CAP_MULTIPLIER, 4);
}

bool virtio_pci_find(const struct pci_device *device, struct virtio_pci_places *places)
{
	struct pci_walk walk;
	unsigned at;

	*places = (struct virtio_pci_places){ 0 };
	pci_walk_start(&walk, device);
	while ((at = pci_walk_next(&walk, PCI_CAPABILITY_VENDOR)) != 0)
		read_capability(device, at, places);
	/* Offsets are aligned for what is there (4.1.4.3.1, 4.1.4.4.1). */
	return IS_ALIGNED(places->common.offset, 4u) && IS_ALIGNED(places->notify.offset, 2u) &&
	       places->common.length >= sizeof(struct virtio_pci_common) &&
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
	volatile struct virtio_pci_common *common = virtio->common;

	common->device_status = STATUS_ACKNOWLEDGE;
	common->device_status = STATUS_ACKNOWLEDGE | STATUS_DRIVER;
	*accepted = read_features(virtio) & (wanted | FEATURES_ALWAYS);
	write_features(virtio, *accepted);
	common->device_status = STATUS_ACKNOWLEDGE | STATUS_DRIVER | STATUS_FEATURES_OK;
	if (*accepted & FEATURE_VERSION_1 && common->device_status & STATUS_FEATURES_OK)
		return NULL;
	common->device_status = STATUS_FAILED;
	return *accepted & FEATURE_VERSION_1 ? "it needs features that Umbra does not have"
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

/* Without MSI-X nobody looks at it. */
static uint16_t vector(const struct virtio_pci *virtio)
{
	return pci_msix_is_on(virtio->pci) ? 0 : NO_VECTOR;
}

volatile uint16_t *virtio_pci_add_queue(struct virtio_pci *virtio, uint16_t number,
					const struct virtio_pci_queue *queue)
{
	volatile struct virtio_pci_common *common = virtio->common;
	volatile uint16_t *notify;

	common->queue_select = number;
	common->queue_size = queue->size;
	common->queue_msix_vector = vector(virtio);
	common->queue_desc = (uint32_t)queue->descriptors;
	common->queue_desc_high = (uint32_t)(queue->descriptors >> 32);
	common->queue_driver = (uint32_t)queue->available;
	common->queue_driver_high = (uint32_t)(queue->available >> 32);
	common->queue_device = (uint32_t)queue->used;
	common->queue_device_high = (uint32_t)(queue->used >> 32);
	notify = notify_register(virtio);
	common->queue_enable = 1;
	return notify;
}

static void run(struct virtio_pci *virtio)
{
	virtio->common->device_status = STATUS_ACKNOWLEDGE | STATUS_DRIVER | STATUS_FEATURES_OK |
					STATUS_DRIVER_OK;
}

void virtio_pci_go(struct virtio_pci *virtio)
{
	virtio->common->config_msix_vector = vector(virtio);
	run(virtio);
}

volatile uint16_t *virtio_pci_start(struct virtio_pci *virtio, const struct virtio_pci_queue *queue)
{
	volatile uint16_t *notify;

	virtio->common->config_msix_vector = NO_VECTOR;
	notify = virtio_pci_add_queue(virtio, 0, queue);
	run(virtio);
	return notify;
}

bool virtio_pci_has_vector(struct virtio_pci *virtio)
{
	virtio->common->queue_select = 0;
	return virtio->common->queue_msix_vector != NO_VECTOR;
}

bool virtio_pci_needs_reset(const struct virtio_pci *virtio)
{
	uint8_t status = virtio->common->device_status;

	/* One that is no longer there has all bits or none. */
	return status & STATUS_NEEDS_RESET || !(status & STATUS_DRIVER_OK);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * The lguest device page.  A descriptor is 5 bytes (device id, number of
 * queues, bytes of a feature bitmap, bytes of config space, status), then 8
 * bytes a queue (size, irq, page number of the ring), the offered features, the
 * accepted ones, and the config space.  Descriptors follow each other without
 * gaps until one with id 0.
 */
#include "drivers/virtio/device_page.h"

#include "lib/bytes.h"
#include "lib/error.h"
#include "lib/string.h"

#define RECORD_HEAD 5u
#define RECORD_STATUS 4u
#define RECORD_QUEUE 8u
#define RECORD_CONFIG_MAX 255u
#define RECORD_MAX (RECORD_HEAD + DEVICE_PAGE_QUEUES_MAX * RECORD_QUEUE + 2 * 8 + RECORD_CONFIG_MAX)
#define RING_ALIGN PAGE_SIZE

static uint32_t ring_pages(struct virtqueue_place *place, gpa_t base)
{
	uint32_t bytes = virtqueue_legacy_place(place, base, VIRTIO_QUEUE_SIZE, RING_ALIGN);

	return ALIGN_UP(bytes, PAGE_SIZE) / PAGE_SIZE;
}

uint32_t device_page_pages(struct virtio_device *const *devices, unsigned count)
{
	struct virtqueue_place place;
	uint32_t pages = 1;

	for (unsigned i = 0; i < count; i++)
		pages += devices[i]->queue_count * ring_pages(&place, gpa_make(0));
	return pages;
}

/* As many bytes as hold the highest feature. */
static uint32_t feature_bytes(uint64_t features)
{
	uint32_t bytes = 0;

	for (; features != 0; features >>= 8)
		bytes++;
	return bytes;
}

static void device_interrupt(struct virtio_device *device, unsigned queue)
{
	struct device_page *page = device->transport;

	for (unsigned i = 0; i < page->count; i++)
		if (page->slots[i].device == device)
			page->callbacks->raise_irq(page->context,
						   page->slots[i].first_queue + queue + 1);
}

static void queue_broken(void *context, const char *cause)
{
	struct device_page *page = context;

	if (page->is_broken)
		return;
	page->is_broken = true;
	page->callbacks->broken(page->context, cause);
}

/* Places the rings of the device from ring on; returns where the next device's rings begin. */
static gpa_t place_rings(struct device_page *page, struct device_page_slot *slot, gpa_t ring)
{
	slot->first_queue = page->queue_count;
	for (unsigned i = 0; i < slot->device->queue_count; i++) {
		struct virtqueue_place *place = &page->rings[page->queue_count++];

		ring = gpa_make(gpa_value(ring) + ring_pages(place, ring) * PAGE_SIZE);
	}
	return ring;
}

/* The descriptor of slot, as the guest finds it; returns its length. */
static uint32_t build_record(const struct device_page *page, const struct device_page_slot *slot,
			     uint8_t record[RECORD_MAX])
{
	const struct virtio_device *device = slot->device;
	uint8_t *at = record;

	*at++ = (uint8_t)device->id;
	*at++ = (uint8_t)device->queue_count;
	*at++ = (uint8_t)slot->feature_bytes;
	*at++ = (uint8_t)device->config_size;
	*at++ = 0;	/* the status */
	for (unsigned i = 0; i < device->queue_count; i++, at += RECORD_QUEUE) {
		unsigned queue = slot->first_queue + i;

		store_le16(at, page->rings[queue].size);
		store_le16(at + 2, (uint16_t)(queue + 1));
		store_le32(at + 4, gpa_value(page->rings[queue].descriptors) / PAGE_SIZE);
	}
	for (unsigned i = 0; i < slot->feature_bytes; i++)
		*at++ = (uint8_t)(device->offered >> (8 * i));
	memset(at, 0, slot->feature_bytes);
	at += slot->feature_bytes;
	if (device->config_size > 0)
		memcpy(at, device->config, device->config_size);
	return (uint32_t)(at - record) + device->config_size;
}

/* Writes the descriptor of slot at offset in the page.  The offset of the next one, or an error. */
static int place_record(struct device_page *page, struct device_page_slot *slot, uint32_t offset)
{
	uint8_t record[RECORD_MAX];
	uint32_t queues = slot->device->queue_count * RECORD_QUEUE;
	uint32_t length;

	slot->feature_bytes = feature_bytes(slot->device->offered);
	slot->record = gpa_make(gpa_value(page->base) + offset);
	slot->status = gpa_make(gpa_value(slot->record) + RECORD_STATUS);
	slot->offered = gpa_make(gpa_value(slot->record) + RECORD_HEAD + queues);
	slot->accepted = gpa_make(gpa_value(slot->offered) + slot->feature_bytes);
	length = build_record(page, slot, record);
	/* One byte stays for the zero that ends the list. */
	if (offset + length >= PAGE_SIZE)
		return -E_NOSPC;
	if (!guest_write(page->memory, slot->record, record, length))
		return -E_RANGE;
	return (int)(offset + length);
}

static void attach(struct device_page *page, struct virtio_device *device)
{
	device->interrupt = device_interrupt;
	device->transport = page;
	for (unsigned i = 0; i < device->queue_count; i++)
		virtqueue_init(&device->queues[i], device->name, i, page->memory, queue_broken,
			       page);
}

static bool too_many(struct virtio_device *const *devices, unsigned count)
{
	unsigned queues = 0;

	for (unsigned i = 0; i < count; i++) {
		if (devices[i]->config_size > RECORD_CONFIG_MAX)
			return true;
		queues += devices[i]->queue_count;
	}
	return count > DEVICE_PAGE_DEVICES_MAX || queues > DEVICE_PAGE_QUEUES_MAX;
}

int device_page_init(struct device_page *page, struct guest_memory *memory, gpa_t base,
		     struct virtio_device *const *devices, unsigned count,
		     const struct device_page_callbacks *callbacks, void *context)
{
	gpa_t ring = gpa_make(gpa_value(base) + PAGE_SIZE);
	int offset = 0;

	if (too_many(devices, count))
		return -E_NOSPC;
	if (!guest_zero(memory, base, device_page_pages(devices, count) * PAGE_SIZE))
		return -E_RANGE;
	memset(page, 0, sizeof(*page));
	page->memory = memory;
	page->base = base;
	page->callbacks = callbacks;
	page->context = context;
	for (unsigned i = 0; i < count; i++) {
		struct device_page_slot *slot = &page->slots[page->count++];

		slot->device = devices[i];
		attach(page, devices[i]);
		ring = place_rings(page, slot, ring);
		offset = place_record(page, slot, (uint32_t)offset);
		if (offset < 0)
			return offset;
	}
	return 0;
}

void device_page_clone(struct device_page *page, const struct device_page *from,
		       struct guest_memory *memory, struct virtio_device *const *devices,
		       void *context)
{
	*page = *from;
	page->memory = memory;
	page->context = context;
	for (unsigned i = 0; i < page->count; i++) {
		struct device_page_slot *slot = &page->slots[i];

		slot->device = devices[i];
		attach(page, devices[i]);
		virtio_device_clone(devices[i], from->slots[i].device,
				    slot->state == DEVICE_PAGE_RUNNING);
	}
}

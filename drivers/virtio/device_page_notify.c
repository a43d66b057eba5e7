// SPDX-License-Identifier: GPL-2.0-only
/*
 * The NOTIFY hypercall: the guest wrote the status of a device, put something into a queue, or has
 * text for the early console.
 *
 * Generations differ in when they notify a status, and in when the features are chosen.  This works
 * for all: a device starts at the first kick or when the guest tells of "driver ok", whichever
 * comes first, and reads the accepted features then.  By that time every kernel has chosen them,
 * and no device has anything to do before.
 */
#include "drivers/virtio/device_page.h"

#include "lib/string.h"

static bool same(gpa_t a, gpa_t b)
{
	return gpa_value(a) == gpa_value(b);
}

static void stop_device(struct device_page_slot *slot, enum device_page_state state)
{
	struct virtio_device *device = slot->device;

	for (unsigned i = 0; i < device->queue_count; i++)
		virtqueue_stop(&device->queues[i]);
	device->ops->reset(device);
	device->more_work = false;
	device->features = 0;
	slot->state = state;
}

/* The guest relies on empty rings after a reset, and on no features. */
static bool clear_device(struct device_page *page, struct device_page_slot *slot)
{
	for (unsigned i = 0; i < slot->device->queue_count; i++) {
		const struct virtqueue_place *place = &page->rings[slot->first_queue + i];
		struct virtqueue_place ring;
		uint32_t bytes = virtqueue_legacy_place(&ring, place->descriptors, place->size,
							PAGE_SIZE);

		if (!guest_zero(page->memory, place->descriptors, bytes))
			return false;
	}
	return guest_zero(page->memory, slot->accepted, slot->feature_bytes);
}

/* The features that the guest accepted and that were offered; other bits are ignored. */
static bool read_features(struct device_page *page, struct device_page_slot *slot)
{
	uint8_t bytes[sizeof(uint64_t)] = { 0 };
	uint64_t features = 0;

	if (!guest_read(page->memory, slot->accepted, bytes, slot->feature_bytes))
		return false;
	for (unsigned i = 0; i < sizeof(bytes); i++)
		features |= (uint64_t)bytes[i] << (8 * i);
	slot->device->features = features & slot->device->offered;
	return true;
}

static bool start_device(struct device_page *page, struct device_page_slot *slot)
{
	struct virtio_device *device = slot->device;
	bool indirect;

	if (!read_features(page, slot))
		return false;
	indirect = (device->features & BIT64(VIRTIO_F_RING_INDIRECT_DESC)) != 0;
	for (unsigned i = 0; i < device->queue_count; i++)
		if (virtqueue_start(&device->queues[i], &page->rings[slot->first_queue + i],
				    indirect) != 0)
			return false;
	slot->state = DEVICE_PAGE_RUNNING;
	if (device->ops->start)
		device->ops->start(device);
	return true;
}

static enum device_page_result result_of(bool done)
{
	return done ? DEVICE_PAGE_DONE : DEVICE_PAGE_BAD;
}

static enum device_page_result reset_device(struct device_page *page, struct device_page_slot *slot)
{
	stop_device(slot, DEVICE_PAGE_FAILED);
	if (!virtio_device_is_at_rest(slot->device))
		return DEVICE_PAGE_BUSY;
	slot->state = DEVICE_PAGE_IDLE;
	return result_of(clear_device(page, slot));
}

static enum device_page_result status_event(struct device_page *page, struct device_page_slot *slot)
{
	uint8_t status;

	if (!guest_read_u8(page->memory, slot->status, &status))
		return DEVICE_PAGE_BAD;
	if (status == 0)
		return reset_device(page, slot);
	if (status & VIRTIO_STATUS_FAILED)
		stop_device(slot, DEVICE_PAGE_FAILED);
	else if ((status & VIRTIO_STATUS_DRIVER_OK) && slot->state == DEVICE_PAGE_IDLE)
		return result_of(start_device(page, slot));
	return DEVICE_PAGE_DONE;
}

static enum device_page_result kick(struct device_page *page, struct device_page_slot *slot,
				    unsigned queue)
{
	if (slot->state == DEVICE_PAGE_IDLE && !start_device(page, slot))
		return DEVICE_PAGE_BAD;
	if (slot->state == DEVICE_PAGE_RUNNING)
		slot->device->ops->kick(slot->device, queue);
	return DEVICE_PAGE_DONE;
}

/* True when gpa belongs to slot; *result is the outcome of the notification. */
static bool notify_slot(struct device_page *page, struct device_page_slot *slot, gpa_t gpa,
			enum device_page_result *result)
{
	if (same(gpa, slot->record)) {
		*result = status_event(page, slot);
		return true;
	}
	for (unsigned i = 0; i < slot->device->queue_count; i++) {
		if (!same(gpa, page->rings[slot->first_queue + i].descriptors))
			continue;
		*result = kick(page, slot, i);
		return true;
	}
	return false;
}

static void flush_text(struct device_page *page)
{
	if (page->text_done < page->text_length)
		page->text_done += page->callbacks->text(page->context,
							 page->text + page->text_done,
							 page->text_length - page->text_done);
}

/* Text ends at a NUL, at the bound, or with the guest's memory. */
static enum device_page_result early_text(struct device_page *page, gpa_t gpa)
{
	size_t length = 0;
	uint8_t byte;

	flush_text(page);
	if (page->text_done < page->text_length)
		return DEVICE_PAGE_BUSY;
	if (!guest_read_u8(page->memory, gpa, &byte))
		return DEVICE_PAGE_BAD;
	while (byte != 0 && length < sizeof(page->text)) {
		page->text[length++] = (char)byte;
		if (!gpa_add(gpa, 1, &gpa) || !guest_read_u8(page->memory, gpa, &byte))
			break;
	}
	page->text_length = length;
	page->text_done = 0;
	flush_text(page);
	return DEVICE_PAGE_TEXT;
}

enum device_page_result device_page_notify(struct device_page *page, gpa_t gpa)
{
	enum device_page_result result;

	if (page->is_broken)
		return DEVICE_PAGE_DONE;
	for (unsigned i = 0; i < page->count; i++)
		if (notify_slot(page, &page->slots[i], gpa, &result))
			return result;
	return early_text(page, gpa);
}

bool device_page_has_work(const struct device_page *page)
{
	for (unsigned i = 0; i < page->count && !page->is_broken; i++)
		if (page->slots[i].device->more_work)
			return true;
	return false;
}

uint32_t device_page_lines(const struct device_page *page)
{
	uint32_t lines = 0;

	for (unsigned i = 0; i < page->count && !page->is_broken; i++) {
		const struct device_page_slot *slot = &page->slots[i];

		for (unsigned queue = 0; queue < slot->device->queue_count; queue++)
			if (virtqueue_has_in_flight(&slot->device->queues[queue]))
				lines |= BIT(slot->first_queue + queue + 1);
	}
	return lines;
}

void device_page_service(struct device_page *page, uint32_t which)
{
	flush_text(page);
	for (unsigned i = 0; i < page->count && !page->is_broken; i++) {
		struct virtio_device *device = page->slots[i].device;

		if ((which & BIT(i) || device->more_work) &&
		    page->slots[i].state == DEVICE_PAGE_RUNNING)
			device->ops->service(device);
	}
}

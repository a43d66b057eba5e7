/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The lguest device page: the transport of guests of Linux 2.6.30 to 3.19
 * (tools/lguest of these kernels; docs of the protocol call it generations A
 * and B).  A page above the guest's RAM describes the devices; their rings lie
 * behind it; the guest signals with the NOTIFY hypercall and is signalled with
 * one interrupt line a queue, counted from 1 up.
 *
 * The guest may write anything to the page.  Umbra therefore uses its own record of the layout, and
 * reads only two things from the page: the status byte and the accepted features of a device.
 *
 * One CPU at a time, the one that runs the guest.  No locks.
 */
#ifndef UMBRA_DRIVERS_VIRTIO_DEVICE_PAGE_H
#define UMBRA_DRIVERS_VIRTIO_DEVICE_PAGE_H

#include "drivers/virtio/device.h"

#include <stddef.h>

/* Kernels without support for an IO-APIC know interrupts below 16 only, and 0 is the clock. */
#define DEVICE_PAGE_QUEUES_MAX 15
#define DEVICE_PAGE_DEVICES_MAX 15
#define DEVICE_PAGE_TEXT_MAX 1024	/* of one call; a longer text is cut */

struct device_page_callbacks {
	/* Interrupt irq of the guest is pending. */
	void (*raise_irq)(void *context, unsigned irq);
	/*
	 * The guest broke the rules of a queue and must be ended for this cause. Called once; the
	 * page is dead afterwards.
	 */
	void (*broken)(void *context, const char *cause);
	/* Text for the early console; returns how many bytes were taken. */
	size_t (*text)(void *context, const void *data, size_t length);
};

/* A device that failed, or whose reset is not over, does nothing until it is reset. */
enum device_page_state { DEVICE_PAGE_IDLE, DEVICE_PAGE_RUNNING, DEVICE_PAGE_FAILED };

struct device_page_slot {
	struct virtio_device *device;
	enum device_page_state state;
	gpa_t record, status;		/* its descriptor, and the status byte in it */
	gpa_t offered, accepted;	/* the feature bitmaps, feature_bytes each */
	uint32_t feature_bytes;
	unsigned first_queue;		/* in page->rings; the irq is one more */
};

struct device_page {
	struct guest_memory *memory;
	gpa_t base;
	const struct device_page_callbacks *callbacks;
	void *context;
	bool is_broken;
	unsigned count;
	unsigned queue_count;
	struct device_page_slot slots[DEVICE_PAGE_DEVICES_MAX];
	struct virtqueue_place rings[DEVICE_PAGE_QUEUES_MAX];

	/* Text that the console had no room for. */
	size_t text_length, text_done;
	char text[DEVICE_PAGE_TEXT_MAX];
};

enum device_page_result {
	DEVICE_PAGE_DONE,	/* a signal to a device */
	DEVICE_PAGE_TEXT,	/* text for the early console */
	/* Text, but earlier text is not out yet; or a reset that is not over: try again later. */
	DEVICE_PAGE_BUSY,
	DEVICE_PAGE_BAD		/* an address outside the guest's memory */
};

/* How many pages the device page and its rings take behind the guest's RAM. */
uint32_t device_page_pages(struct virtio_device *const *devices, unsigned count);

/*
 * Describes devices in the page at base, a multiple of the page size, and
 * attaches them; memory reaches to base + device_page_pages() at least.  They,
 * callbacks and what context points to outlive page.  -E_NOSPC when there are
 * too many devices, queues, or bytes; -E_RANGE when memory is too small.
 */
int device_page_init(struct device_page *page, struct guest_memory *memory, gpa_t base,
		     struct virtio_device *const *devices, unsigned count,
		     const struct device_page_callbacks *callbacks, void *context);

/*
 * Makes page, with devices, go on where from is, with as many devices of the same kinds: for the
 * clone of a guest, with its memory and context.
 */
void device_page_clone(struct device_page *page, const struct device_page *from,
		       struct guest_memory *memory, struct virtio_device *const *devices,
		       void *context);

/* The guest made the NOTIFY hypercall with this address. */
enum device_page_result device_page_notify(struct device_page *page, gpa_t gpa);

/* True when device_page_service has work that waits for nothing. */
bool device_page_has_work(const struct device_page *page);

/* Bit n: a device may raise interrupt n without the guest doing anything more. */
uint32_t device_page_lines(const struct device_page *page);

/*
 * Services running devices: those whose bit is set in which (bit 0: the first) since their back end
 * has something, and those that have work left.
 */
void device_page_service(struct device_page *page, uint32_t which);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Virtio over PCI (virtio 1.0, 4.1): the transport of one device for guests of
 * Linux 4.0 to 4.13.  It has configuration space with the capabilities that
 * point into one memory window (BAR 0), and in that window the registers with
 * which a driver starts the device.  drivers/virtio/vpci_bus.h is the bus it
 * stands on, and its only caller.
 *
 * The guest may read and write anything at any time, in any width; what makes no sense reads as
 * ones or is dropped.  Its settings of a queue are checked when the queue goes live, and not read
 * again afterwards.
 *
 * One CPU at a time, the one that runs the guest.  No locks.
 */
#ifndef UMBRA_DRIVERS_VIRTIO_VPCI_DEVICE_H
#define UMBRA_DRIVERS_VIRTIO_VPCI_DEVICE_H

#include "drivers/virtio/device.h"
#include "lib/bytes.h"
#include "lib/pci_spec.h"
#include "lib/virtio_spec.h"

#define VPCI_WINDOW_SIZE PAGE_SIZE	/* of BAR 0, its alignment too */
#define VPCI_CONFIG_SIZE 0x98u		/* bytes of configuration space that exist */
#define VPCI_QUEUES_MAX 4u		/* of one device */

struct vpci_callbacks {
	/* Interrupt irq of the guest is pending. */
	void (*raise_irq)(void *context, unsigned irq);
	/* The guest broke the rules of a queue and must be ended for this cause. */
	void (*broken)(void *context, const char *cause);
};

/* What the driver wrote of a queue. */
struct vpci_queue {
	uint32_t desc, desc_high, avail, avail_high, used, used_high;
	uint16_t size;
	bool enabled;
};

struct vpci_device {
	struct virtio_device *model;
	const struct vpci_callbacks *callbacks;
	void *context;
	unsigned irq;
	bool is_broken;		/* and does nothing any more */

	/* The registers of the window. */
	uint8_t status;
	uint8_t isr;
	uint16_t queue_select;
	uint32_t device_feature_select, driver_feature_select;
	uint64_t driver_features;
	struct vpci_queue queues[VPCI_QUEUES_MAX];

	uint8_t config[VPCI_CONFIG_SIZE];
};

/*
 * Attaches model, which has at most VPCI_QUEUES_MAX queues, with its interrupt on line
 * irq (1 to 31); vpci_config_init comes next.  model, memory, callbacks
 * and what context points to outlive device.
 */
void vpci_device_init(struct vpci_device *device, struct virtio_device *model,
			struct guest_memory *memory, unsigned irq,
			const struct vpci_callbacks *callbacks, void *context);

/*
 * Attaches model to device, and both go on where from and its model are; for the clone of a guest,
 * with its memory and context.
 */
void vpci_device_clone(struct vpci_device *device, const struct vpci_device *from,
		       struct virtio_device *model, struct guest_memory *memory, void *context);

/* The registers as after power-on, the device stopped: another transport may attach it now. */
void vpci_device_reset(struct vpci_device *device);

/* width bytes (1, 2 or 4) of the window at offset, which is below VPCI_WINDOW_SIZE. */
uint32_t vpci_device_read(struct vpci_device *device, unsigned offset, unsigned width);
/* False as above. */
bool __must_check vpci_device_write(struct vpci_device *device, unsigned offset,
				      unsigned width, uint32_t value);

/* Something is in that queue; what is no queue, or not live, is left alone. */
void vpci_device_kick(struct vpci_device *device, uint32_t queue);

/* Services the device, if it runs. */
void vpci_device_service(struct vpci_device *device);

/* Where the parts of the window begin; the first bytes are the common configuration. */
#define VPCI_NOTIFY 56u		/* u16: a queue has something */
#define VPCI_ISR 58u		/* u8 */
#define VPCI_DEVICE_CFG 60u		/* the device's own configuration space */

/* The guest lets the device have its interrupt line. */
static inline bool vpci_device_has_interrupt(const struct vpci_device *device)
{
	return !(load_le16(device->config + PCI_COMMAND) & PCI_COMMAND_INTERRUPT_DISABLE);
}

#endif

// SPDX-License-Identifier: GPL-2.0-only
/*
 * The window of a virtio device on the PCI bus: the registers of the common
 * configuration (virtio 1.0, 4.1.4.3), notification, interrupt status, and the
 * device's own configuration space.
 */
#include "drivers/virtio/vpci_device.h"

#include "lib/bytes.h"
#include "lib/format.h"
#include "lib/index.h"
#include "lib/string.h"

#include <stddef.h>

#define CAUSE_SIZE 80

/* The guest owns these bits of the status. */
#define STATUS_BITS (VIRTIO_STATUS_ACKNOWLEDGE | VIRTIO_STATUS_DRIVER | VIRTIO_STATUS_DRIVER_OK | \
		     VIRTIO_STATUS_FEATURES_OK | VIRTIO_STATUS_FAILED)

static uint64_t offered(const struct vpci_device *device)
{
	return device->model->offered | device->model->offered_modern |
	       BIT64(VIRTIO_F_VERSION_1);
}

static bool is_running(const struct vpci_device *device)
{
	return (device->status & (VIRTIO_STATUS_DRIVER_OK | VIRTIO_STATUS_FAILED)) ==
		       VIRTIO_STATUS_DRIVER_OK &&
	       !device->is_broken;
}

/* --- towards the device model ---------------------------------------------------------- */

/* The interrupt status is set before the interrupt, whose handler reads it. */
static void device_interrupt(struct virtio_device *model, unsigned queue)
{
	struct vpci_device *device = model->transport;

	(void)queue;
	device->isr |= VIRTIO_PCI_ISR_QUEUE;
	if (vpci_device_has_interrupt(device))
		device->callbacks->raise_irq(device->context, device->irq);
}

static void broken(void *context, const char *cause)
{
	struct vpci_device *device = context;

	if (device->is_broken)
		return;
	device->is_broken = true;
	device->callbacks->broken(device->context, cause);
}

static void stop(struct vpci_device *device)
{
	struct virtio_device *model = device->model;

	for (unsigned i = 0; i < model->queue_count; i++)
		virtqueue_stop(&model->queues[i]);
	model->ops->reset(model);
	model->more_work = false;
}

void vpci_device_reset(struct vpci_device *device)
{
	stop(device);
	device->model->features = 0;
	device->status = 0;
	device->isr = 0;
	device->queue_select = 0;
	device->device_feature_select = 0;
	device->driver_feature_select = 0;
	device->driver_features = 0;
	memset(device->queues, 0, sizeof(device->queues));
	for (unsigned i = 0; i < device->model->queue_count; i++)
		device->queues[i].size = VIRTIO_QUEUE_SIZE;
}

/* False when the queue cannot be where, and as large as, the driver says. */
static bool start_queue(struct vpci_device *device, unsigned index, bool indirect)
{
	const struct vpci_queue *queue = &device->queues[index];
	struct virtqueue_place place = {
		.descriptors = gpa_make(queue->desc),
		.available = gpa_make(queue->avail),
		.used = gpa_make(queue->used),
		.size = queue->size,
	};

	if ((queue->desc_high | queue->avail_high | queue->used_high) != 0 ||
	    queue->size > VIRTIO_QUEUE_SIZE)
		return false;
	return virtqueue_start(&device->model->queues[index], &place, indirect) == 0;
}

static void start(struct vpci_device *device)
{
	struct virtio_device *model = device->model;
	char cause[CAUSE_SIZE];

	model->features = device->driver_features & offered(device);
	for (unsigned i = 0; i < model->queue_count; i++) {
		if (!device->queues[i].enabled ||
		    start_queue(device, i,
				(model->features & BIT64(VIRTIO_F_RING_INDIRECT_DESC)) != 0))
			continue;
		format_text(cause, sizeof(cause), "%s queue %u: enabled with a bad size or address",
			    model->name, i);
		broken(device, cause);
		return;
	}
	if (model->ops->start)
		model->ops->start(model);
	/* A driver may have filled its queues, and kicked, before it said so. */
	model->ops->service(model);
}

/* --- the registers ----------------------------------------------------------------------- */

/* The features are final once FEATURES_OK is set. */
static void write_driver_feature(struct vpci_device *device, uint32_t value)
{
	uint32_t half = device->driver_feature_select;

	if (half >= 2 || device->status & VIRTIO_STATUS_FEATURES_OK)
		return;
	device->driver_features &= ~((uint64_t)UINT32_MAX << (32 * half));
	device->driver_features |= (uint64_t)value << (32 * half);
}

static bool features_acceptable(const struct vpci_device *device)
{
	return (device->driver_features & ~offered(device)) == 0 &&
	       device->driver_features & BIT64(VIRTIO_F_VERSION_1);
}

/*
 * 0 resets; else bits can only be added.  The device refuses its agreement by
 * leaving FEATURES_OK out, and does not start without it (virtio 1.0, 3.1.1).
 * False: the reset is not over.  Drivers are to read the status until it is 0 (4.1.4.3.2),
 * but many rely on the write.
 */
static bool write_status(struct vpci_device *device, uint32_t value)
{
	uint32_t old = device->status, new = (value & STATUS_BITS) | old;
	uint32_t added;

	if (value == 0) {
		vpci_device_reset(device);
		return virtio_device_is_at_rest(device->model);
	}
	if (!(old & VIRTIO_STATUS_FEATURES_OK) && !features_acceptable(device))
		new &= ~(uint32_t)VIRTIO_STATUS_FEATURES_OK;
	if (!(new & VIRTIO_STATUS_FEATURES_OK))
		new &= ~(uint32_t)VIRTIO_STATUS_DRIVER_OK;
	device->status = (uint8_t)new;
	added = new & ~old;
	if (added & VIRTIO_STATUS_FAILED)
		stop(device);
	else if (added & VIRTIO_STATUS_DRIVER_OK && is_running(device))
		start(device);
	return true;
}

void vpci_device_kick(struct vpci_device *device, uint32_t queue)
{
	struct virtio_device *model = device->model;

	/* A kick before the start is ignored: the device checks its queues when it starts. */
	if (!is_running(device) || queue >= model->queue_count)
		return;
	queue = index_within(queue, model->queue_count);
	if (model->queues[queue].live)
		model->ops->kick(model, queue);
}

static uint32_t read_isr(struct vpci_device *device)
{
	uint32_t isr = device->isr;

	device->isr = 0;
	return isr;
}

static uint32_t feature_half(uint64_t features, uint32_t half)
{
	return half < 2 ? (uint32_t)(features >> (32 * half)) : 0;
}

/* An access is one to a whole register (virtio 1.0, 4.1.3.1), or to nothing. */
#define ACCESS(offset, width) ((offset) << 3 | (width))
#define COMMON(field) ACCESS(offsetof(struct virtio_pci_common_cfg, field),			\
			     sizeof(((struct virtio_pci_common_cfg *)NULL)->field))

/* The registers of the queue that is selected. */
static uint32_t read_queue(const struct vpci_device *device, unsigned access, uint32_t otherwise)
{
	static const struct vpci_queue none;
	const struct vpci_queue *queue = &none;

	if (device->queue_select < device->model->queue_count)
		queue = &device->queues[device->queue_select];
	switch (access) {
	case COMMON(queue_size):
		return queue->size;
	case COMMON(queue_msix_vector):
		return VIRTIO_MSI_NO_VECTOR;	/* there is no MSI-X (4.1.5.1.2) */
	case COMMON(queue_enable):
		return queue->enabled;
	case COMMON(queue_notify_off):
		return 0;	/* all queues are notified at the same place */
	case COMMON(queue_desc):
		return queue->desc;
	case COMMON(queue_desc_high):
		return queue->desc_high;
	case COMMON(queue_avail):
		return queue->avail;
	case COMMON(queue_avail_high):
		return queue->avail_high;
	case COMMON(queue_used):
		return queue->used;
	case COMMON(queue_used_high):
		return queue->used_high;
	default:
		return otherwise;
	}
}

static uint32_t read_register(struct vpci_device *device, unsigned offset, unsigned width)
{
	switch (ACCESS(offset, width)) {
	case COMMON(device_feature_select):
		return device->device_feature_select;
	case COMMON(device_feature):
		return feature_half(offered(device), device->device_feature_select);
	case COMMON(driver_feature_select):
		return device->driver_feature_select;
	case COMMON(driver_feature):
		return feature_half(device->driver_features, device->driver_feature_select);
	case COMMON(msix_config):
		return VIRTIO_MSI_NO_VECTOR;
	case COMMON(num_queues):
		return device->model->queue_count;
	case COMMON(device_status):
		return device->status;
	case COMMON(config_generation):
		return 0;	/* configuration spaces do not change */
	case COMMON(queue_select):
		return device->queue_select;
	case ACCESS(VPCI_ISR, 1):
		return read_isr(device);
	default:
		return read_queue(device, ACCESS(offset, width), low_bytes(width));
	}
}

/* The driver may set up a queue until it is enabled, and while the device does not run. */
static void write_queue(struct vpci_device *device, unsigned access, uint32_t value)
{
	struct vpci_queue *queue;

	if (device->queue_select >= device->model->queue_count || is_running(device))
		return;
	queue = &device->queues[device->queue_select];
	if (queue->enabled)
		return;
	switch (access) {
	case COMMON(queue_size):
		queue->size = (uint16_t)value;
		return;
	case COMMON(queue_enable):
		queue->enabled = value == 1;
		return;
	case COMMON(queue_desc):
		queue->desc = value;
		return;
	case COMMON(queue_desc_high):
		queue->desc_high = value;
		return;
	case COMMON(queue_avail):
		queue->avail = value;
		return;
	case COMMON(queue_avail_high):
		queue->avail_high = value;
		return;
	case COMMON(queue_used):
		queue->used = value;
		return;
	case COMMON(queue_used_high):
		queue->used_high = value;
		return;
	default:
		return;
	}
}

/* False as vpci_device_write. */
static bool write_register(struct vpci_device *device, unsigned offset, unsigned width,
			   uint32_t value)
{
	switch (ACCESS(offset, width)) {
	case COMMON(device_feature_select):
		device->device_feature_select = value;
		return true;
	case COMMON(driver_feature_select):
		device->driver_feature_select = value;
		return true;
	case COMMON(driver_feature):
		write_driver_feature(device, value);
		return true;
	case COMMON(device_status):
		return write_status(device, value);
	case COMMON(queue_select):
		device->queue_select = (uint16_t)value;
		return true;
	case ACCESS(VPCI_NOTIFY, 2):
		vpci_device_kick(device, value);
		return true;
	default:
		write_queue(device, ACCESS(offset, width), value);
		return true;
	}
}

/* --- the window ---------------------------------------------------------------------------- */

/* Byte by byte: drivers use what widths they like here, and there may be an end. */
static uint32_t device_config_read(const struct virtio_device *model, unsigned offset,
				   unsigned width)
{
	uint32_t value = 0;

	for (unsigned i = 0; i < width; i++) {
		uint8_t byte = offset + i < model->config_size ? model->config[offset + i] : 0xFF;

		value |= (uint32_t)byte << (8 * i);
	}
	return value;
}

static bool device_config_write(struct virtio_device *model, unsigned offset, unsigned width,
				uint32_t value)
{
	uint8_t bytes[sizeof(value)];

	store_le32(bytes, value);
	if (!model->ops->config_write || offset + width > model->config_size)
		return true;
	return model->ops->config_write(model, offset, bytes, width);
}

uint32_t vpci_device_read(struct vpci_device *device, unsigned offset, unsigned width)
{
	if (offset >= VPCI_DEVICE_CFG)
		return device_config_read(device->model, offset - VPCI_DEVICE_CFG, width);
	return read_register(device, offset, width);
}

bool vpci_device_write(struct vpci_device *device, unsigned offset, unsigned width, uint32_t value)
{
	if (device->is_broken)
		return true;
	/* The data of a narrow access may come with more above it. */
	value &= low_bytes(width);
	if (offset >= VPCI_DEVICE_CFG)
		return device_config_write(device->model, offset - VPCI_DEVICE_CFG, width, value);
	return write_register(device, offset, width, value);
}

/* --- for the bus ------------------------------------------------------------------------------ */

void vpci_device_init(struct vpci_device *device, struct virtio_device *model,
			struct guest_memory *memory, unsigned irq,
			const struct vpci_callbacks *callbacks, void *context)
{
	memset(device, 0, sizeof(*device));
	device->model = model;
	device->callbacks = callbacks;
	device->context = context;
	device->irq = irq;
	model->interrupt = device_interrupt;
	model->transport = device;
	for (unsigned i = 0; i < model->queue_count; i++)
		virtqueue_init(&model->queues[i], model->name, i, memory, broken, device);
	vpci_device_reset(device);
}

void vpci_device_clone(struct vpci_device *device, const struct vpci_device *from,
		       struct virtio_device *model, struct guest_memory *memory, void *context)
{
	vpci_device_init(device, model, memory, from->irq, from->callbacks, context);
	*device = *from;
	device->model = model;
	device->context = context;
	virtio_device_clone(model, from->model, is_running(from));
}

void vpci_device_service(struct vpci_device *device)
{
	if (is_running(device))
		device->model->ops->service(device->model);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * The window of a virtio device on the PCI bus: the registers of the common
 * configuration (virtio 1.0, 4.1.4.3), notification, interrupt status, and the
 * device's own configuration space.
 */
#include "drivers/virtio/vpci_device.h"

#include "lib/bytes.h"
#include "lib/format.h"
#include "lib/string.h"

#define STATUS 20u		/* u8 */
#define QUEUE_ADDRESSES 32u	/* six dwords up to PCI_COMMON_SIZE */
#define NO_VECTOR 0xFFFFu	/* virtio 1.0, 4.1.5.1.2: there is no MSI-X */
#define ISR_QUEUE 1u
#define CAUSE_SIZE 80

/* The guest owns these bits of the status. */
#define STATUS_BITS (VIRTIO_STATUS_ACKNOWLEDGE | VIRTIO_STATUS_DRIVER | VIRTIO_STATUS_DRIVER_OK | \
		     VIRTIO_STATUS_FEATURES_OK | VIRTIO_STATUS_FAILED)

static uint64_t offered(const struct vpci_device *transport)
{
	return transport->device->offered | transport->device->offered_modern |
	       BIT64(VIRTIO_F_VERSION_1);
}

static bool is_running(const struct vpci_device *transport)
{
	return (transport->status & (VIRTIO_STATUS_DRIVER_OK | VIRTIO_STATUS_FAILED)) ==
		       VIRTIO_STATUS_DRIVER_OK &&
	       !transport->is_broken;
}

/* --- towards the device model ---------------------------------------------------------- */

/* The status is there before the interrupt, whose handler reads it. */
static void device_interrupt(struct virtio_device *device, unsigned queue)
{
	struct vpci_device *transport = device->transport;

	(void)queue;
	transport->isr |= ISR_QUEUE;
	if (vpci_config_has_interrupt(transport))
		transport->callbacks->raise_irq(transport->context, transport->irq);
}

static void broken(void *context, const char *cause)
{
	struct vpci_device *transport = context;

	if (transport->is_broken)
		return;
	transport->is_broken = true;
	transport->callbacks->broken(transport->context, cause);
}

static void stop(struct vpci_device *transport)
{
	struct virtio_device *device = transport->device;

	for (unsigned i = 0; i < device->queue_count; i++)
		virtqueue_stop(&device->queues[i]);
	device->ops->reset(device);
	device->more_work = false;
}

void vpci_device_reset(struct vpci_device *transport)
{
	stop(transport);
	transport->device->features = 0;
	transport->status = 0;
	transport->isr = 0;
	transport->queue_select = 0;
	transport->device_feature_select = 0;
	transport->driver_feature_select = 0;
	transport->driver_features = 0;
	memset(transport->queues, 0, sizeof(transport->queues));
	for (unsigned i = 0; i < transport->device->queue_count; i++)
		transport->queues[i].size = VIRTIO_QUEUE_SIZE;
}

/* False when the queue cannot be where, and as large as, the driver says. */
static bool start_queue(struct vpci_device *transport, unsigned index, bool indirect)
{
	const struct pci_queue *queue = &transport->queues[index];
	struct virtqueue_place place = {
		.descriptors = gpa_make(queue->address[0]),
		.available = gpa_make(queue->address[2]),
		.used = gpa_make(queue->address[4]),
		.size = queue->size,
	};

	if ((queue->address[1] | queue->address[3] | queue->address[5]) != 0 ||
	    queue->size > VIRTIO_QUEUE_SIZE)
		return false;
	return virtqueue_start(&transport->device->queues[index], &place, indirect) == 0;
}

static void start(struct vpci_device *transport)
{
	struct virtio_device *device = transport->device;
	char cause[CAUSE_SIZE];

	device->features = transport->driver_features & offered(transport);
	for (unsigned i = 0; i < device->queue_count; i++) {
		if (!transport->queues[i].enabled ||
		    start_queue(transport, i,
				(device->features & BIT64(VIRTIO_RING_F_INDIRECT_DESC)) != 0))
			continue;
		format_text(cause, sizeof(cause), "%s queue %u: enabled with a bad size or address",
			    device->name, i);
		broken(transport, cause);
		return;
	}
	if (device->ops->start)
		device->ops->start(device);
	/* A driver may have filled its queues, and kicked, before it said so. */
	device->ops->service(device);
}

/* --- the registers ----------------------------------------------------------------------- */

/* The queue that the driver selected, NULL when there is none of that number. */
static struct pci_queue *selected(struct vpci_device *transport)
{
	if (transport->queue_select >= transport->device->queue_count)
		return NULL;
	return &transport->queues[transport->queue_select];
}

/* The same while the driver may still set it up. */
static struct pci_queue *settable(struct vpci_device *transport)
{
	struct pci_queue *queue = selected(transport);

	return queue && !queue->enabled && !is_running(transport) ? queue : NULL;
}

static uint32_t read_device_feature_select(struct vpci_device *transport)
{
	return transport->device_feature_select;
}

static void write_device_feature_select(struct vpci_device *transport, uint32_t value)
{
	transport->device_feature_select = value;
}

static uint32_t read_device_feature(struct vpci_device *transport)
{
	uint32_t half = transport->device_feature_select;

	return half < 2 ? (uint32_t)(offered(transport) >> (32 * half)) : 0;
}

static uint32_t read_driver_feature_select(struct vpci_device *transport)
{
	return transport->driver_feature_select;
}

static void write_driver_feature_select(struct vpci_device *transport, uint32_t value)
{
	transport->driver_feature_select = value;
}

static uint32_t read_driver_feature(struct vpci_device *transport)
{
	uint32_t half = transport->driver_feature_select;

	return half < 2 ? (uint32_t)(transport->driver_features >> (32 * half)) : 0;
}

/* Final as soon as the device agreed. */
static void write_driver_feature(struct vpci_device *transport, uint32_t value)
{
	uint32_t half = transport->driver_feature_select;

	if (half >= 2 || transport->status & VIRTIO_STATUS_FEATURES_OK)
		return;
	transport->driver_features &= ~((uint64_t)UINT32_MAX << (32 * half));
	transport->driver_features |= (uint64_t)value << (32 * half);
}

static uint32_t read_no_vector(struct vpci_device *transport)
{
	(void)transport;
	return NO_VECTOR;
}

static uint32_t read_num_queues(struct vpci_device *transport)
{
	return transport->device->queue_count;
}

static uint32_t read_status(struct vpci_device *transport)
{
	return transport->status;
}

static bool features_acceptable(const struct vpci_device *transport)
{
	return (transport->driver_features & ~offered(transport)) == 0 &&
	       transport->driver_features & BIT64(VIRTIO_F_VERSION_1);
}

/*
 * 0 resets; else bits can only be added.  The device refuses its agreement by
 * leaving FEATURES_OK out, and does not start without it (virtio 1.0, 3.1.1).
 * False: the reset is not over.  Drivers are to read the status until it is 0 (4.1.4.3.2),
 * but many rely on the write.
 */
static bool write_status(struct vpci_device *transport, uint32_t value)
{
	uint32_t old = transport->status, new = (value & STATUS_BITS) | old;
	uint32_t added;

	if (value == 0) {
		vpci_device_reset(transport);
		return virtio_device_is_at_rest(transport->device);
	}
	if (!(old & VIRTIO_STATUS_FEATURES_OK) && !features_acceptable(transport))
		new &= ~(uint32_t)VIRTIO_STATUS_FEATURES_OK;
	if (!(new & VIRTIO_STATUS_FEATURES_OK))
		new &= ~(uint32_t)VIRTIO_STATUS_DRIVER_OK;
	transport->status = (uint8_t)new;
	added = new & ~old;
	if (added & VIRTIO_STATUS_FAILED)
		stop(transport);
	else if (added & VIRTIO_STATUS_DRIVER_OK && is_running(transport))
		start(transport);
	return true;
}

static uint32_t read_zero(struct vpci_device *transport)
{
	(void)transport;
	return 0;
}

static uint32_t read_queue_select(struct vpci_device *transport)
{
	return transport->queue_select;
}

static void write_queue_select(struct vpci_device *transport, uint32_t value)
{
	transport->queue_select = (uint16_t)value;
}

static uint32_t read_queue_size(struct vpci_device *transport)
{
	const struct pci_queue *queue = selected(transport);

	return queue ? queue->size : 0;
}

static void write_queue_size(struct vpci_device *transport, uint32_t value)
{
	struct pci_queue *queue = settable(transport);

	if (queue)
		queue->size = (uint16_t)value;
}

static uint32_t read_queue_enable(struct vpci_device *transport)
{
	const struct pci_queue *queue = selected(transport);

	return queue && queue->enabled;
}

static void write_queue_enable(struct vpci_device *transport, uint32_t value)
{
	struct pci_queue *queue = settable(transport);

	if (queue && value == 1)
		queue->enabled = true;
}

static void write_notify(struct vpci_device *transport, uint32_t value)
{
	struct virtio_device *device = transport->device;

	/* Before the start it does not count: the device looks by itself then. */
	if (is_running(transport) && value < device->queue_count && device->queues[value].live)
		device->ops->kick(device, value);
}

static uint32_t read_isr(struct vpci_device *transport)
{
	uint32_t isr = transport->isr;

	transport->isr = 0;
	return isr;
}

/* An access is one to a whole register (virtio 1.0, 4.1.3.1), or to nothing. */
static const struct {
	uint8_t offset, width;
	uint32_t (*read)(struct vpci_device *transport);
	void (*write)(struct vpci_device *transport, uint32_t value);
} registers[] = {
	{ 0, 4, read_device_feature_select, write_device_feature_select },
	{ 4, 4, read_device_feature, NULL },
	{ 8, 4, read_driver_feature_select, write_driver_feature_select },
	{ 12, 4, read_driver_feature, write_driver_feature },
	{ 16, 2, read_no_vector, NULL },
	{ 18, 2, read_num_queues, NULL },
	{ STATUS, 1, read_status, NULL },
	{ 21, 1, read_zero, NULL },	/* generation: configuration spaces do not change */
	{ 22, 2, read_queue_select, write_queue_select },
	{ 24, 2, read_queue_size, write_queue_size },
	{ 26, 2, read_no_vector, NULL },
	{ 28, 2, read_queue_enable, write_queue_enable },
	{ 30, 2, read_zero, NULL },	/* all queues are notified at the same place */
	{ PCI_NOTIFY, 2, NULL, write_notify },
	{ PCI_ISR, 1, read_isr, NULL },
};

/* --- the window ---------------------------------------------------------------------------- */

static bool is_queue_address(unsigned offset, unsigned width)
{
	return offset >= QUEUE_ADDRESSES && offset < PCI_COMMON_SIZE && width == 4 &&
	       IS_ALIGNED(offset, 4u);
}

/* Byte by byte: drivers use what widths they like here, and there may be an end. */
static uint32_t device_config_read(const struct virtio_device *device, unsigned offset,
				   unsigned width)
{
	uint32_t value = 0;

	for (unsigned i = 0; i < width; i++) {
		uint8_t byte = offset + i < device->config_size ? device->config[offset + i] : 0xFF;

		value |= (uint32_t)byte << (8 * i);
	}
	return value;
}

static bool device_config_write(struct virtio_device *device, unsigned offset, unsigned width,
				uint32_t value)
{
	uint8_t bytes[sizeof(value)];

	store_le32(bytes, value);
	if (!device->ops->config_write || offset + width > device->config_size)
		return true;
	return device->ops->config_write(device, offset, bytes, width);
}

uint32_t vpci_device_read(struct vpci_device *transport, unsigned offset, unsigned width)
{
	struct pci_queue *queue;

	if (offset >= PCI_DEVICE)
		return device_config_read(transport->device, offset - PCI_DEVICE, width);
	if (is_queue_address(offset, width)) {
		queue = selected(transport);
		return queue ? queue->address[(offset - QUEUE_ADDRESSES) / 4] : 0;
	}
	for (unsigned i = 0; i < ARRAY_SIZE(registers); i++)
		if (registers[i].offset == offset && registers[i].width == width &&
		    registers[i].read)
			return registers[i].read(transport);
	return low_bytes(width);
}

bool vpci_device_write(struct vpci_device *transport, unsigned offset, unsigned width,
			 uint32_t value)
{
	struct pci_queue *queue;

	if (transport->is_broken)
		return true;
	/* The data of a narrow access may come with more above it. */
	value &= low_bytes(width);
	if (offset >= PCI_DEVICE)
		return device_config_write(transport->device, offset - PCI_DEVICE, width, value);
	if (is_queue_address(offset, width)) {
		queue = settable(transport);
		if (queue)
			queue->address[(offset - QUEUE_ADDRESSES) / 4] = value;
		return true;
	}
	if (offset == STATUS && width == 1)
		return write_status(transport, value);
	for (unsigned i = 0; i < ARRAY_SIZE(registers); i++)
		if (registers[i].offset == offset && registers[i].width == width &&
		    registers[i].write)
			registers[i].write(transport, value);
	return true;
}

/* --- for the bus ------------------------------------------------------------------------------ */

void vpci_device_init(struct vpci_device *transport, struct virtio_device *device,
			struct guest_memory *memory, gpa_t window, unsigned irq,
			const struct pci_callbacks *callbacks, void *context)
{
	memset(transport, 0, sizeof(*transport));
	transport->device = device;
	transport->callbacks = callbacks;
	transport->context = context;
	transport->irq = irq;
	vpci_config_init(transport, window);
	device->interrupt = device_interrupt;
	device->transport = transport;
	for (unsigned i = 0; i < device->queue_count; i++)
		virtqueue_init(&device->queues[i], device->name, i, memory, broken, transport);
	vpci_device_reset(transport);
}

void vpci_device_service(struct vpci_device *transport)
{
	if (is_running(transport))
		transport->device->ops->service(transport->device);
}

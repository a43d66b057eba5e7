// SPDX-License-Identifier: GPL-2.0-only
/*
 * Chooses between the transports. Owns nothing.
 */
#include "guest/runtime/virtio.h"

bool virtio_open_number(struct virtio *virtio, enum lguest_device_type type, unsigned int number)
{
	if (device_page_exists)
		return device_find_number(type, number, &virtio->record);
	return virtio_pci_open_number(&virtio->pci, type, number);
}

bool virtio_open(struct virtio *virtio, enum lguest_device_type type)
{
	return virtio_open_number(virtio, type, 0);
}

unsigned int virtio_queue_count(const struct virtio *virtio)
{
	return device_page_exists ? virtio->record.head.num_vq
				  : virtio_pci_queue_count(&virtio->pci);
}

uint64_t virtio_offered(const struct virtio *virtio)
{
	return device_page_exists ? device_offered(&virtio->record) :
				    virtio_pci_offered(&virtio->pci);
}

static void start_on_page(const struct device *record, uint64_t features, struct virtqueue *queues,
			  unsigned int count)
{
	device_start(record, features);
	for (unsigned int i = 0; i < count; i++) {
		struct lguest_vqconfig config = device_queue(record, i);

		virtqueue_init(&queues[i], &config);
	}
}

static bool start_on_pci(const struct virtio_pci *pci, uint64_t features, struct virtqueue *queues,
			 unsigned int count)
{
	virtio_pci_reset(pci);
	if (!virtio_pci_negotiate(pci, features | VIRTIO_PCI_VERSION_1))
		return false;
	for (unsigned int i = 0; i < count; i++)
		virtio_pci_queue_init(pci, i, &queues[i]);
	virtio_pci_run(pci);
	return true;
}

bool virtio_start(const struct virtio *virtio, uint64_t wanted, struct virtqueue *queues,
		  unsigned int count)
{
	uint64_t features = virtio_offered(virtio) & wanted;

	if (virtio_queue_count(virtio) < count)
		return false;
	if (!device_page_exists)
		return start_on_pci(&virtio->pci, features, queues, count);
	start_on_page(&virtio->record, features, queues, count);
	return true;
}

void virtio_stop(const struct virtio *virtio)
{
	if (device_page_exists)
		device_set_status(&virtio->record, 0, true);
	else
		virtio_pci_reset(&virtio->pci);
}

uint8_t virtio_config(const struct virtio *virtio, uint32_t offset)
{
	return device_page_exists ? *device_byte(device_config(&virtio->record) + offset) :
				    mmio_read8(virtio->pci.config + offset);
}

void virtio_acknowledge(const struct virtio *virtio)
{
	/* The device page has a line for each queue, and no status of it. */
	if (!device_page_exists)
		(void)virtio_pci_isr(&virtio->pci);
}

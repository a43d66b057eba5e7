// SPDX-License-Identifier: GPL-2.0-only
/*
 * Chooses between the transports. Owns nothing.
 */
#include "guest/runtime/virtio.h"

bool virtio_open(struct virtio *virtio, enum lguest_device_type type)
{
	if (device_page_exists)
		return device_find(type, &virtio->record);
	return virtio_pci_open(&virtio->pci, type);
}

unsigned int virtio_queue_count(const struct virtio *virtio)
{
	return device_page_exists ? virtio->record.head.num_vq : virtio_pci_queue_count(&virtio->pci);
}

static void start_on_page(const struct device *record, struct virtqueue *queues, unsigned int count)
{
	device_start(record);
	for (unsigned int i = 0; i < count; i++) {
		struct lguest_vqconfig config = device_queue(record, i);

		virtqueue_init(&queues[i], &config);
	}
}

static bool start_on_pci(const struct virtio_pci *pci, struct virtqueue *queues, unsigned int count)
{
	virtio_pci_reset(pci);
	if (!virtio_pci_negotiate(pci, VIRTIO_PCI_VERSION_1))
		return false;
	for (unsigned int i = 0; i < count; i++)
		virtio_pci_queue_init(pci, i, &queues[i]);
	virtio_pci_run(pci);
	return true;
}

bool virtio_start(const struct virtio *virtio, struct virtqueue *queues, unsigned int count)
{
	if (virtio_queue_count(virtio) < count)
		return false;
	if (!device_page_exists)
		return start_on_pci(&virtio->pci, queues, count);
	start_on_page(&virtio->record, queues, count);
	return true;
}

void virtio_acknowledge(const struct virtio *virtio)
{
	/* The device page has a line for each queue, and no status of it. */
	if (!device_page_exists)
		(void)virtio_pci_isr(&virtio->pci);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * The steps of a driver on the PCI bus, in the order of virtio 1.0, section
 * 3.1.1. Owns nothing.
 */
#include "guest/runtime/virtio_pci.h"

#include "guest/runtime/device.h"
#include "guest/runtime/layout.h"
#include "guest/runtime/pages.h"
#include "guest/runtime/pci.h"
#include "guest/runtime/string.h"

/* Where a capability says that its part of the window is; NULL when there is none. */
static volatile uint8_t *find_part(const struct virtio_pci *pci, volatile uint8_t *window,
				   enum pci_virtio_type type)
{
	uint32_t capability = pci_virtio_capability(pci->device, type);

	if (capability == 0)
		return NULL;
	return window + pci_read(pci->device, capability + PCI_VIRTIO_OFFSET);
}

bool virtio_pci_open(struct virtio_pci *pci, enum lguest_device_type type)
{
	return virtio_pci_open_number(pci, type, 0);
}

bool virtio_pci_open_number(struct virtio_pci *pci, enum lguest_device_type type,
			    unsigned int number)
{
	volatile uint8_t *window;

	pci->device = pci_find(PCI_VIRTIO_VENDOR, (uint16_t)(PCI_VIRTIO_DEVICE + type), number);
	if (pci->device == 0)
		return false;
	pci_write(pci->device, PCI_COMMAND, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
	pci->line = pci_read(pci->device, PCI_LINE) & 0xFF;
	pci->base = pci_read(pci->device, PCI_BAR0) & PAGE_MASK;
	window = device_map(pci->base, PAGE_SIZE);
	pci->common = find_part(pci, window, PCI_VIRTIO_COMMON);
	pci->notify = find_part(pci, window, PCI_VIRTIO_NOTIFY);
	pci->isr = find_part(pci, window, PCI_VIRTIO_ISR);
	pci->config = find_part(pci, window, PCI_VIRTIO_CONFIG);
	return pci->common != NULL && pci->notify != NULL && pci->isr != NULL;
}

void virtio_pci_reset(const struct virtio_pci *pci)
{
	mmio_write8(pci->common + VIRTIO_PCI_STATUS, LGUEST_STATUS_RESET);
	while (mmio_read8(pci->common + VIRTIO_PCI_STATUS) != LGUEST_STATUS_RESET)
		;
}

uint64_t virtio_pci_offered(const struct virtio_pci *pci)
{
	uint64_t features = 0;

	for (uint32_t half = 2; half-- > 0;) {
		mmio_write32(pci->common + VIRTIO_PCI_DEVICE_FEATURE_SELECT, half);
		features = features << 32 | mmio_read32(pci->common + VIRTIO_PCI_DEVICE_FEATURE);
	}
	return features;
}

static void add_status(const struct virtio_pci *pci, uint8_t bit)
{
	volatile uint8_t *status = pci->common + VIRTIO_PCI_STATUS;

	mmio_write8(status, mmio_read8(status) | bit);
}

bool virtio_pci_negotiate(const struct virtio_pci *pci, uint64_t features)
{
	add_status(pci, LGUEST_STATUS_ACKNOWLEDGE);
	add_status(pci, LGUEST_STATUS_DRIVER);
	for (uint32_t half = 0; half < 2; half++) {
		mmio_write32(pci->common + VIRTIO_PCI_DRIVER_FEATURE_SELECT, half);
		mmio_write32(pci->common + VIRTIO_PCI_DRIVER_FEATURE,
			     (uint32_t)(features >> (32 * half)));
	}
	add_status(pci, LGUEST_STATUS_FEATURES_OK);
	return (mmio_read8(pci->common + VIRTIO_PCI_STATUS) & LGUEST_STATUS_FEATURES_OK) != 0;
}

unsigned int virtio_pci_queue_count(const struct virtio_pci *pci)
{
	return mmio_read16(pci->common + VIRTIO_PCI_NUM_QUEUES);
}

/* Three frames that need not be neighbours: the parts of a ring have addresses of their own. */
static void make_rings(struct virtqueue *queue)
{
	if (queue->descriptors == NULL) {
		queue->descriptors = virt_of(page_alloc());
		queue->available = virt_of(page_alloc());
		queue->used = virt_of(page_alloc());
	}
	memset((void *)(uintptr_t)queue->descriptors, 0, PAGE_SIZE);
	memset((void *)(uintptr_t)queue->available, 0, PAGE_SIZE);
	memset((void *)(uintptr_t)queue->used, 0, PAGE_SIZE);
}

/* High halves stay as after the reset: 0. */
static void write_address(const struct virtio_pci *pci, uint32_t offset, const volatile void *part)
{
	mmio_write32(pci->common + offset, (uint32_t)(uintptr_t)part - GUEST_KERNEL_BASE);
}

void virtio_pci_queue_init(const struct virtio_pci *pci, unsigned int index,
			   struct virtqueue *queue)
{
	make_rings(queue);
	mmio_write16(pci->common + VIRTIO_PCI_QUEUE_SELECT, (uint16_t)index);
	queue->config.num = mmio_read16(pci->common + VIRTIO_PCI_QUEUE_SIZE);
	queue->config.irq = (uint16_t)pci->line;
	queue->config.pfn =
		((uint32_t)(uintptr_t)queue->descriptors - GUEST_KERNEL_BASE) / PAGE_SIZE;
	queue->seen = 0;
	queue->notify = pci->notify;
	queue->index = (uint16_t)index;
	write_address(pci, VIRTIO_PCI_QUEUE_DESCRIPTORS, queue->descriptors);
	write_address(pci, VIRTIO_PCI_QUEUE_AVAILABLE, queue->available);
	write_address(pci, VIRTIO_PCI_QUEUE_USED, queue->used);
	mmio_write16(pci->common + VIRTIO_PCI_QUEUE_ENABLE, 1);
}

void virtio_pci_run(const struct virtio_pci *pci)
{
	add_status(pci, LGUEST_STATUS_DRIVER_OK);
}

uint8_t virtio_pci_isr(const struct virtio_pci *pci)
{
	return mmio_read8(pci->isr);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Requests of every kind at every device, on either transport. Owns the devices and their queues;
 * headers, buffers and statuses are in the arena.
 */
#include "guest/midway/requests.h"

#include "guest/runtime/block.h"
#include "guest/runtime/compiler.h"
#include "guest/runtime/console.h"
#include "guest/runtime/entropy.h"
#include "guest/runtime/layout.h"
#include "guest/runtime/machine.h"
#include "guest/runtime/net.h"
#include "guest/runtime/pci.h"
#include "guest/runtime/print.h"
#include "guest/runtime/string.h"
#include "guest/runtime/virtio.h"

#define DISKS 2u

/* Places in the arena. */
#define READS_AT ARENA				/* each disk has READS of READ_SIZE */
#define READS 4u
#define READ_SIZE 0x10000u
#define WRITE_AT (ARENA + 0x80000)
#define RANDOM_AT (ARENA + 0x90000)
#define RANDOMS 16u
#define RANDOM_SIZE 0x1000u
#define RECEIVE_AT (ARENA + 0xA0000)
#define RECEIVES 64u
#define RECEIVE_SIZE 0x800u
#define SEND_AT (ARENA + 0xC0000)
#define SENDS 32u
#define SEND_SIZE 1024u
#define KEYS_AT (ARENA + 0xD0000)
#define KEYS 16u
#define TEXT_AT (ARENA + 0xE0000)
#define TEXTS 4u
#define TEXT_SIZE 32u
#define REQUESTS_AT (ARENA + 0xF0000)

/* A write and a flush behind the reads. */
#define REQUESTS (READS + 2)
#define DESCRIPTORS_EACH 4u

static const enum lguest_device_type types[] = {
	LGUEST_DEVICE_CONSOLE, LGUEST_DEVICE_BLOCK, LGUEST_DEVICE_NET, LGUEST_DEVICE_ENTROPY,
};

static struct block disks[DISKS];
static struct virtio console, net, entropy;
static struct virtqueue console_queues[2], net_queues[2], entropy_queue[1];

/* --- as after a reset ------------------------------------------------------------------------- */

static void check_page(const struct device *record)
{
	if (record->head.status != LGUEST_STATUS_RESET)
		machine_panic("device type %u has status 0x%x", record->head.type,
			      record->head.status);
}

/* The common part of its registers, and the window to them in configuration space. */
static void check_pci(const struct virtio_pci *pci, enum lguest_device_type type)
{
	uint32_t access = pci_virtio_capability(pci->device, PCI_VIRTIO_ACCESS);

	if (pci_read(pci->device, access + PCI_VIRTIO_OFFSET) != 0 ||
	    pci_read(pci->device, access + PCI_VIRTIO_LENGTH) != 0)
		machine_panic("device type %u has its window open", type);
	if (mmio_read8(pci->common + VIRTIO_PCI_STATUS) != LGUEST_STATUS_RESET)
		machine_panic("device type %u is not reset", type);
	if (mmio_read8(pci->isr) != 0)
		machine_panic("device type %u has an interrupt", type);
	for (uint16_t i = 0; i < mmio_read16(pci->common + VIRTIO_PCI_NUM_QUEUES); i++) {
		mmio_write16(pci->common + VIRTIO_PCI_QUEUE_SELECT, i);
		if (mmio_read16(pci->common + VIRTIO_PCI_QUEUE_ENABLE) != 0 ||
		    mmio_read32(pci->common + VIRTIO_PCI_QUEUE_DESCRIPTORS) != 0 ||
		    mmio_read32(pci->common + VIRTIO_PCI_QUEUE_USED) != 0)
			machine_panic("device type %u has queue %u", type, i);
	}
	mmio_write16(pci->common + VIRTIO_PCI_QUEUE_SELECT, 0);
}

void requests_check_reset(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		struct virtio virtio;

		for (unsigned int n = 0; virtio_open_number(&virtio, types[i], n); n++)
			if (device_page_exists)
				check_page(&virtio.record);
			else
				check_pci(&virtio.pci, types[i]);
	}
}

/* --- they work -------------------------------------------------------------------------------- */

/* All of the disk is what it was, whatever was being written when a life ended. */
static void check_disk(struct block *disk)
{
	uint8_t *data = virt_of(READS_AT);
	uint64_t end = block_capacity(disk);

	for (uint64_t sector = 0; sector < end; sector += READ_SIZE / BLOCK_SECTOR) {
		if (block_transfer(disk, BLOCK_IN, sector, data, READ_SIZE) != BLOCK_OK)
			machine_panic("a disk cannot be read at %u", (uint32_t)sector);
		for (uint32_t i = 0; i < READ_SIZE; i++)
			if (data[i] != DISK_BYTE)
				machine_panic("0x%x on a disk behind sector %u", data[i],
					      (uint32_t)sector);
	}
	memset(data, DISK_BYTE, READ_SIZE);
	if (block_transfer(disk, BLOCK_OUT, 0, data, READ_SIZE) != BLOCK_OK ||
	    block_carry_out(disk, BLOCK_FLUSH, 0, NULL, 0) != BLOCK_OK)
		machine_panic("a disk cannot be written");
}

void requests_check_work(void)
{
	uint8_t random[16], zeroes[16] = {0};

	if (!console_start())
		machine_panic("no console");
	print_flush();
	for (unsigned int i = 0; i < DISKS; i++) {
		if (!block_open(&disks[i], i, BLOCK_FLUSHES))
			machine_panic("no disk %u", i);
		check_disk(&disks[i]);
	}
	if (!entropy_start())
		machine_panic("no entropy device");
	entropy_read(random, sizeof(random));
	if (memcmp(random, zeroes, sizeof(random)) == 0)
		machine_panic("no entropy");
	if (!net_start(0, RECEIVE_SIZE, 1))
		machine_panic("no network device");
	memset(virt_of(SEND_AT), 0, SEND_SIZE);
	memcpy((uint8_t *)virt_of(SEND_AT) + NET_ADDRESS_SIZE, net_address(), NET_ADDRESS_SIZE);
	net_send(NULL, virt_of(SEND_AT), SEND_SIZE);
}

/* --- under way -------------------------------------------------------------------------------- */

static void offer_all(struct virtqueue *queue, uint32_t at, uint32_t count, uint32_t size,
		      bool device_writes)
{
	for (uint32_t i = 0; i < count && i < queue->config.num; i++)
		virtqueue_offer(queue, (uint16_t)i, at + i * size, size, device_writes);
	virtqueue_kick(queue);
}

static void open_device(struct virtio *virtio, enum lguest_device_type type,
			struct virtqueue *queues, unsigned int count)
{
	if (!virtio_open(virtio, type) || !virtio_start(virtio, 0, queues, count))
		machine_panic("device type %u does not start", type);
}

static void start_disk(unsigned int number)
{
	struct block *disk = &disks[number];
	struct block_request *requests =
		(struct block_request *)virt_of(REQUESTS_AT) + number * REQUESTS;
	struct virtqueue_buffer buffer = {READS_AT + number * READS * READ_SIZE, READ_SIZE};
	uint16_t head = 0;

	if (!block_start(disk, BLOCK_FLUSHES))
		machine_panic("disk %u does not start", number);
	for (uint32_t i = 0; i < READS; i++, head += DESCRIPTORS_EACH) {
		block_offer(disk, head, requests++, BLOCK_IN, 0, &buffer, 1);
		buffer.physical += READ_SIZE;
	}
	buffer.physical = WRITE_AT;
	block_offer(disk, head, requests++, BLOCK_OUT, READ_SIZE / BLOCK_SECTOR, &buffer, 1);
	block_offer(disk, (uint16_t)(head + DESCRIPTORS_EACH), requests, BLOCK_FLUSH, 0, NULL, 0);
	virtqueue_kick(&disk->queue);
}

/* Frames of zeroes from us to nobody, each behind its own header, which is zeroes too. */
static void start_net(void)
{
	uint32_t source = net_header_size() + NET_ADDRESS_SIZE;

	open_device(&net, LGUEST_DEVICE_NET, net_queues, ARRAY_SIZE(net_queues));
	for (uint32_t i = 0; i < SENDS; i++)
		memcpy((uint8_t *)virt_of(SEND_AT + i * SEND_SIZE) + source, net_address(),
		       NET_ADDRESS_SIZE);
	offer_all(&net_queues[0], RECEIVE_AT, RECEIVES, RECEIVE_SIZE, true);
	offer_all(&net_queues[1], SEND_AT, SENDS, SEND_SIZE, false);
}

static void start_console(void)
{
	uint8_t *text = virt_of(TEXT_AT);

	memset(text, 'o', TEXTS * TEXT_SIZE);
	text[TEXTS * TEXT_SIZE - 1] = '\n';
	open_device(&console, LGUEST_DEVICE_CONSOLE, console_queues, ARRAY_SIZE(console_queues));
	offer_all(&console_queues[0], KEYS_AT, KEYS, TEXT_SIZE, true);
	offer_all(&console_queues[1], TEXT_AT, TEXTS, TEXT_SIZE, false);
}

/* Half an access: where to is said, the data has not been touched. */
static void open_windows(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		struct virtio virtio;

		for (unsigned int n = 0; virtio_open_number(&virtio, types[i], n); n++) {
			uint32_t access =
				pci_virtio_capability(virtio.pci.device, PCI_VIRTIO_ACCESS);

			pci_write(virtio.pci.device, access + PCI_VIRTIO_OFFSET, VIRTIO_PCI_STATUS);
			pci_write(virtio.pci.device, access + PCI_VIRTIO_LENGTH, 1);
		}
	}
}

void requests_start(void)
{
	memset(virt_of(WRITE_AT), DISK_BYTE, READ_SIZE);
	if (!device_page_exists)
		open_windows();
	start_console();
	start_net();
	open_device(&entropy, LGUEST_DEVICE_ENTROPY, entropy_queue, ARRAY_SIZE(entropy_queue));
	offer_all(entropy_queue, RANDOM_AT, RANDOMS, RANDOM_SIZE, true);
	for (unsigned int i = 0; i < DISKS; i++)
		start_disk(i);
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What drivers/net/virtio_net_pci.c stands on, for its tests and its fuzzer, which
 * include this behind that file: memory with physical addresses, and a device that is
 * no more than its rings.
 */
#ifndef UMBRA_TESTS_UNIT_FAKE_VIRTIO_NET_H
#define UMBRA_TESTS_UNIT_FAKE_VIRTIO_NET_H

#include "arch/cpu/log.h"
#include "drivers/net/net_device.h"
#include "drivers/pci/virtio_pci.h"
#include "mm/frames.h"
#include "mm/heap.h"
#include "mm/host_map.h"

#include <stdlib.h>
#include <string.h>

#define FAKE_PHYSICAL 0x200000u
#define FAKE_PAGES 512u

static uint8_t fake_memory[FAKE_PAGES * PAGE_SIZE] __attribute__((aligned(4096)));
static uint32_t fake_pages_used;
static struct pci_device fake_pci_device;
static struct net_device *fake_device;
static uint8_t fake_config[16], fake_isr;
static uint16_t fake_notify[2], fake_queue_max[2], fake_command;
static struct virtio_pci_queue fake_queues[2];
static uint64_t fake_features;
static bool fake_stuck, fake_needs_reset, fake_is_running;
static unsigned fake_resets;

void log_line(enum log_level level, const char *subsystem, const char *format, ...)
{
	(void)level;
	(void)subsystem;
	(void)format;
}

void *pages_alloc(uint32_t count)
{
	void *pages = fake_memory + fake_pages_used * PAGE_SIZE;

	fake_pages_used += count;
	if (fake_pages_used > FAKE_PAGES)
		abort();
	return memset(pages, 0, count * PAGE_SIZE);
}

void pages_free(void *pages, uint32_t count)
{
	(void)pages;
	fake_pages_used -= count;
}

paddr_t host_physical(const void *pointer, size_t *run)
{
	*run = PAGE_SIZE;
	return (paddr_t)((const uint8_t *)pointer - fake_memory) + FAKE_PHYSICAL;
}

void pci_change_command(const struct pci_device *device, uint16_t set, uint16_t clear)
{
	(void)device;
	fake_command = (uint16_t)((fake_command & ~clear) | set);
}

const char *virtio_pci_map(struct virtio_pci *virtio, const struct pci_device *pci)
{
	*virtio = (struct virtio_pci){
		.pci = pci, .config = fake_config, .config_size = 8, .isr = &fake_isr,
	};
	return NULL;
}

void virtio_pci_begin_reset(struct virtio_pci *virtio)
{
	(void)virtio;
	fake_resets++;
	fake_is_running = false;
}

enum wait_result virtio_pci_reset_result(const struct virtio_pci *virtio)
{
	(void)virtio;
	return fake_stuck ? WAIT_FAILED : WAIT_DONE;
}

bool virtio_pci_reset(struct virtio_pci *virtio)
{
	virtio_pci_begin_reset(virtio);
	return !fake_stuck;
}

const char *virtio_pci_negotiate(struct virtio_pci *virtio, uint64_t wanted, uint64_t *accepted)
{
	(void)virtio;
	*accepted = wanted & fake_features;
	return NULL;
}

uint16_t virtio_pci_queue_max_of(struct virtio_pci *virtio, uint16_t number)
{
	(void)virtio;
	return fake_queue_max[number];
}

volatile uint16_t *virtio_pci_add_queue(struct virtio_pci *virtio, uint16_t number,
					const struct virtio_pci_queue *queue)
{
	(void)virtio;
	fake_queues[number] = *queue;
	return &fake_notify[number];
}

void virtio_pci_go(struct virtio_pci *virtio)
{
	(void)virtio;
	fake_is_running = true;
}

bool virtio_pci_needs_reset(const struct virtio_pci *virtio)
{
	(void)virtio;
	return fake_needs_reset;
}

void net_device_add(struct net_device *added)
{
	const uint32_t pages = NET_RING_SIZE * NET_BUFFER_SIZE / PAGE_SIZE;
	size_t run;

	fake_device = added;
	added->send_memory = pages_alloc(pages);
	added->receive_memory = pages_alloc(pages);
	added->send_address = host_physical(added->send_memory, &run);
	added->receive_address = host_physical(added->receive_memory, &run);
}

static inline void fake_virtio_net_reset(void)
{
	fake_pages_used = fake_resets = 0;
	fake_device = NULL;
	fake_queue_max[0] = fake_queue_max[1] = 256;
	fake_features = UINT64_MAX;
	fake_stuck = fake_needs_reset = false;
	fake_command = 0;
	fake_isr = 0;
	fake_notify[0] = fake_notify[1] = 0xFFFF;
	memcpy(fake_config, (uint8_t[]){ 0x52, 0x54, 0, 0x12, 0x34, 0x56, 1, 0 }, 8);
	fake_pci_device = (struct pci_device){ .vendor = 0x1AF4, .id = 0x1041 };
}

#endif

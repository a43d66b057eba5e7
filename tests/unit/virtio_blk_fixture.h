/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What drivers/block/virtio_blk_pci.c stands on, for its test: virtio_pci.c, played, with
 * registers in plain memory, and the disks' common part, which notes what it is told.
 */
#ifndef UMBRA_TESTS_UNIT_VIRTIO_BLK_FIXTURE_H
#define UMBRA_TESTS_UNIT_VIRTIO_BLK_FIXTURE_H

#include "lib/compiler.h"
#include "tests/unit/unit.h"

#include <stdlib.h>
#include <string.h>

#include "drivers/block/virtio_blk_pci.c"

#define MEMORY_PHYSICAL 0x40000u
#define SECTORS 0x123456789ull

static struct pci_device pci;
static struct queue_memory memory;
static struct virtio_pci_common_cfg common;
static struct virtio_disk *found;	/* the one that was added */
static struct pci_irq_ops irq_ops;
static void *irq_context;
static uint8_t config[64];
static volatile uint8_t isr;
static uint16_t notified;
static uint64_t offered;
static uint16_t queue_max;
static uint32_t config_size;
static unsigned reset_lasts, resets, starts, restarts, polled, freed, interrupts;
static bool no_agreement, no_registers, no_answer, no_notify, no_port, no_vector, no_interrupt,
	needs_reset;
static uint16_t command;
static uint32_t good, bad;	/* tags that finished */

/* --- the layer below ---------------------------------------------------------------------- */

const char *virtio_pci_map(struct virtio_pci *virtio, const struct pci_device *device)
{
	assert_ptr_equal(device, &pci);
	virtio->pci = device;
	virtio->common = &common;
	virtio->isr = &isr;
	virtio->config = config;
	virtio->config_size = config_size;
	return no_registers ? "none" : NULL;
}

void virtio_pci_begin_reset(struct virtio_pci *virtio)
{
	(void)virtio;
	resets++;
}

enum wait_result virtio_pci_reset_result(const struct virtio_pci *virtio)
{
	(void)virtio;
	return reset_lasts > 0 ? (reset_lasts--, WAIT_LATER) : no_answer ? WAIT_FAILED : WAIT_DONE;
}

bool virtio_pci_reset(struct virtio_pci *virtio)
{
	assert_ptr_equal(virtio->pci, &pci);
	resets++;
	return !no_answer;
}

const char *virtio_pci_negotiate(struct virtio_pci *virtio, uint64_t wanted, uint64_t *accepted)
{
	(void)virtio;
	*accepted = offered & wanted;
	return no_agreement ? "no" : NULL;
}

uint16_t virtio_pci_queue_max(struct virtio_pci *virtio)
{
	(void)virtio;
	return queue_max;
}

volatile uint16_t *virtio_pci_start(struct virtio_pci *virtio, const struct virtio_pci_queue *queue)
{
	(void)virtio;
	assert_true(command & PCI_COMMAND_BUS_MASTER);
	assert_true(queue->descriptors ==
		    MEMORY_PHYSICAL + offsetof(struct queue_memory, descriptors));
	assert_true(queue->available == MEMORY_PHYSICAL + offsetof(struct queue_memory, avail));
	assert_true(queue->used == MEMORY_PHYSICAL + offsetof(struct queue_memory, used));
	assert_true(queue->size <= queue_max);
	assert_int_equal(memory.avail.idx | memory.used.idx, 0);
	starts++;
	return no_notify ? NULL : &notified;
}

bool virtio_pci_has_vector(struct virtio_pci *virtio)
{
	(void)virtio;
	return !no_vector;
}

bool virtio_pci_needs_reset(const struct virtio_pci *virtio)
{
	(void)virtio;
	return needs_reset;
}

int pci_irq_attach(struct pci_device *device, const struct pci_irq_ops *ops, void *context)
{
	assert_ptr_equal(device, &pci);
	irq_ops = *ops;
	irq_context = context;
	return no_interrupt ? -E_UNSUPPORTED : 0;
}

void pci_change_command(const struct pci_device *device, uint16_t set, uint16_t clear)
{
	assert_ptr_equal(device, &pci);
	command = (uint16_t)((command & ~clear) | set);
}

/* --- around it ------------------------------------------------------------------------------- */

void log_line(enum log_level level, const char *subsystem, const char *format, ...)
{
	(void)level;
	(void)subsystem;
	(void)format;
}

void *pages_alloc(uint32_t count)
{
	assert_true(count * PAGE_SIZE >= sizeof(memory));
	return memset(&memory, 0, sizeof(memory));
}

void pages_free(void *pages, uint32_t count)
{
	assert_ptr_equal(pages, &memory);
	assert_int_equal(count, QUEUE_PAGES);
	freed++;
}

paddr_t host_physical(const void *pointer, size_t *run)
{
	size_t offset = (size_t)((const uint8_t *)pointer - (const uint8_t *)&memory);

	assert_true(offset < sizeof(memory));
	*run = PAGE_SIZE;
	return MEMORY_PHYSICAL + offset;
}

int disk_port_init(struct disk_port *port)
{
	(void)port;
	return no_port ? -E_NOMEM : 0;
}

void disk_add(struct disk *disk, struct disk_port *port)
{
	found = container_of(port, struct virtio_disk, port);
	assert_ptr_equal(disk, &found->disk);
}

void disk_port_set_polled(struct disk_port *port)
{
	(void)port;
	polled++;
}

bool disk_port_interrupt(struct disk_port *port)
{
	assert_ptr_equal(port, &found->port);
	interrupts++;
	return true;
}

void disk_port_restart(struct disk_port *port)
{
	assert_ptr_equal(port, &found->port);
	restarts++;
}

void disk_finished(struct disk_port *port, unsigned tag, int error)
{
	assert_ptr_equal(port, &found->port);
	assert_true(tag < DISK_TAGS_MAX);
	assert_false((good | bad) & 1u << tag);
	if (error)
		bad |= 1u << tag;
	else
		good |= 1u << tag;
}

static int setup(void **state)
{
	(void)state;
	pci = (struct pci_device){ .vendor = VIRTIO_PCI_VENDOR,
				   .id = VIRTIO_PCI_DEVICE_MODERN + VIRTIO_ID_BLOCK,
				   .interrupt = PCI_LINE };
	memset(config, 0, sizeof(config));
	memcpy(config, &(uint64_t){ SECTORS }, 8);
	memcpy(config + offsetof(struct virtio_blk_config, blk_size),
	       &(uint32_t){ BLOCK_SECTOR_SIZE }, 4);
	offered = FEATURES & ~(FEATURE_SEG_MAX | FEATURE_RO | FEATURE_BLK_SIZE);
	queue_max = 1024;
	config_size = sizeof(config);
	no_agreement = no_registers = no_answer = no_notify = no_port = no_vector = no_interrupt =
		needs_reset = false;
	reset_lasts = resets = starts = restarts = polled = freed = interrupts = 0;
	command = 0;
	good = bad = 0;
	isr = 0;
	return 0;
}

/* What is attached stays for ever, but not for the next test. */
static int teardown(void **state)
{
	(void)state;
	free(found);
	found = NULL;
	return 0;
}

static void attached(void)
{
	assert_int_equal(virtio_attach(&pci), 0);
	assert_non_null(found);
}

#endif

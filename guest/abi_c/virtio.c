// SPDX-License-Identifier: GPL-2.0-only
/*
 * The virtio transport on PCI with the console behind it: status, features,
 * queues, interrupts, and the access capability.
 */
#include "guest/runtime/virtio_pci.h"
#include "guest/runtime/compiler.h"
#include "guest/runtime/hypercall.h"
#include "guest/runtime/irq.h"
#include "guest/runtime/layout.h"
#include "guest/runtime/pci.h"
#include "guest/runtime/report.h"
#include "guest/runtime/string.h"
#include "guest/runtime/timer.h"

#include <stddef.h>

#define CONSOLE_NUMBER 1u
#define OUTPUT 1u
#define EMERGENCY_WRITE (1ull << 2)
#define COMMAND_NO_INTERRUPT 0x400u

static struct virtio_pci console;
static struct virtqueue queue;

static uint8_t status(void)
{
	return mmio_read8(console.common + VIRTIO_PCI_STATUS);
}

static void set_status(uint8_t value)
{
	mmio_write8(console.common + VIRTIO_PCI_STATUS, value);
}

static bool console_ready(void)
{
	CHECK_BOOL(console.device != 0 || virtio_pci_open(&console, LGUEST_DEVICE_CONSOLE),
		   "no console");
	virtio_pci_reset(&console);
	return true;
}

/* The console with its output queue set up, ready to run. */
static bool output_ready(void)
{
	if (!console_ready())
		return false;
	CHECK_BOOL(virtio_pci_negotiate(&console, VIRTIO_PCI_VERSION_1), "it refuses VERSION_1");
	virtio_pci_queue_init(&console, OUTPUT, &queue);
	return true;
}

static void offer(uint16_t id, const char *text)
{
	virtqueue_offer(&queue, id, phys_of(text), (uint32_t)strlen(text), false);
}

static bool output_used(void)
{
	uint32_t end = clock_ms() + PATIENCE_MS;
	uint32_t id, length;

	while (!virtqueue_take(&queue, &id, &length)) {
		if ((int32_t)(clock_ms() - end) > 0)
			return false;
		hypercall_flush_async();
	}
	return true;
}

TEST(virtio, registers_at_rest)
{
	if (!console_ready())
		return;
	CHECK(virtio_pci_queue_count(&console) == 2, "%u queues", virtio_pci_queue_count(&console));
	CHECK(virtio_pci_offered(&console) == (VIRTIO_PCI_VERSION_1 | EMERGENCY_WRITE),
	      "offers 0x%x", (uint32_t)virtio_pci_offered(&console));
	mmio_write32(console.common + VIRTIO_PCI_DEVICE_FEATURE_SELECT, 2);
	CHECK(mmio_read32(console.common + VIRTIO_PCI_DEVICE_FEATURE) == 0, "features from 64 up");
	CHECK(mmio_read16(console.common + VIRTIO_PCI_NO_VECTOR) == 0xFFFF, "a vector");
	CHECK(mmio_read8(console.common + VIRTIO_PCI_GENERATION) == 0, "a generation");
}

TEST(virtio, features)
{
	static const struct {
		const char *name;
		uint64_t features;
		bool accepted;
	} rows[] = {
		{"all", VIRTIO_PCI_VERSION_1 | EMERGENCY_WRITE, true},
		{"least", VIRTIO_PCI_VERSION_1, true},
		{"old_device", EMERGENCY_WRITE, false},
		{"not_offered", VIRTIO_PCI_VERSION_1 | 1, false},
	};

	if (!console_ready())
		return;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		bool accepted;

		virtio_pci_reset(&console);
		accepted = virtio_pci_negotiate(&console, rows[i].features);
		/* What was refused may be put right, and what was agreed on may not. */
		mmio_write32(console.common + VIRTIO_PCI_DRIVER_FEATURE_SELECT, 0);
		mmio_write32(console.common + VIRTIO_PCI_DRIVER_FEATURE, 0);
		report_case(rows[i].name,
			    accepted == rows[i].accepted &&
			    (mmio_read32(console.common + VIRTIO_PCI_DRIVER_FEATURE) ==
			     (accepted ? (uint32_t)rows[i].features : 0)),
			    "accepted: %d", accepted);
	}
	virtio_pci_reset(&console);
}

TEST(virtio, status)
{
	if (!console_ready())
		return;
	CHECK(status() == 0, "0x%x after a reset", status());
	set_status(LGUEST_STATUS_ACKNOWLEDGE);
	set_status(LGUEST_STATUS_DRIVER);
	CHECK(status() == 3, "0x%x: bits go only by a reset", status());
	set_status(LGUEST_STATUS_DRIVER_OK);
	CHECK(status() == 3, "0x%x: it runs without agreed features", status());
	set_status(LGUEST_STATUS_FAILED);
	CHECK(status() == 0x83, "0x%x after a failure", status());
	virtio_pci_reset(&console);
	CHECK(status() == 0, "0x%x after the last reset", status());
}

TEST(virtio, queues)
{
	uint16_t size;

	if (!output_ready())
		return;
	CHECK(mmio_read16(console.common + VIRTIO_PCI_QUEUE_ENABLE) == 1, "not enabled");
	CHECK(mmio_read32(console.common + VIRTIO_PCI_QUEUE_DESCRIPTORS) ==
		      queue.config.pfn * PAGE_SIZE,
	      "descriptors at 0x%x", mmio_read32(console.common + VIRTIO_PCI_QUEUE_DESCRIPTORS));
	/* What is enabled is settled. */
	mmio_write32(console.common + VIRTIO_PCI_QUEUE_DESCRIPTORS, 0);
	mmio_write16(console.common + VIRTIO_PCI_QUEUE_SIZE, 8);
	size = mmio_read16(console.common + VIRTIO_PCI_QUEUE_SIZE);
	CHECK(size == LGUEST_QUEUE_SIZE, "size %u", size);
	CHECK(mmio_read32(console.common + VIRTIO_PCI_QUEUE_DESCRIPTORS) != 0, "it moved");
	mmio_write16(console.common + VIRTIO_PCI_QUEUE_SELECT, 2);
	CHECK(mmio_read16(console.common + VIRTIO_PCI_QUEUE_SIZE) == 0, "there is a third queue");
	mmio_write16(console.common + VIRTIO_PCI_QUEUE_ENABLE, 1);
	CHECK(mmio_read16(console.common + VIRTIO_PCI_QUEUE_ENABLE) == 0, "and it is enabled");
	virtio_pci_reset(&console);
	mmio_write16(console.common + VIRTIO_PCI_QUEUE_SELECT, OUTPUT);
	CHECK(mmio_read16(console.common + VIRTIO_PCI_QUEUE_ENABLE) == 0, "enabled after a reset");
}

TEST(virtio, output)
{
	if (!output_ready())
		return;
	virtio_pci_run(&console);
	offer(0, "text of the ABI guest on its virtio console\r\n");
	virtqueue_kick(&queue);
	CHECK(output_used(), "the buffer is not used");
	CHECK(virtio_pci_isr(&console) == 1, "no interrupt status");
	CHECK(virtio_pci_isr(&console) == 0, "reading does not clear it");
	virtio_pci_reset(&console);
}

/* A call in the place of the register; calls for what is not there do nothing. */
TEST(virtio, kick_by_a_call)
{
	if (!output_ready())
		return;
	virtio_pci_run(&console);
	offer(0, "text that a call tells of\r\n");
	hypercall(LGUEST_KICK, 0, OUTPUT, 0, 0);
	hypercall(LGUEST_KICK, CONSOLE_NUMBER, OUTPUT + 1, 0, 0);
	hypercall(LGUEST_KICK, 0xFFFFFFFF, 0xFFFFFFFF, 0, 0);
	CHECK(queue.used->index == 0, "used before the call");
	hypercall(LGUEST_KICK, CONSOLE_NUMBER, OUTPUT, 0, 0);
	CHECK(output_used(), "the buffer is not used");
	virtio_pci_reset(&console);
}

/* Buffers that were there before the driver said so count, with or without a kick. */
TEST(virtio, output_before_start)
{
	if (!output_ready())
		return;
	offer(0, "text from before the start\r\n");
	virtqueue_kick(&queue);
	CHECK(queue.used->index == 0, "used before the start");
	virtio_pci_run(&console);
	CHECK(output_used(), "the buffer is not used");
	virtio_pci_reset(&console);
}

/* The ring goes round many times when it has few descriptors. */
TEST(virtio, small_queue)
{
	if (!output_ready())
		return;
	virtio_pci_reset(&console);
	CHECK(virtio_pci_negotiate(&console, VIRTIO_PCI_VERSION_1), "refused");
	mmio_write16(console.common + VIRTIO_PCI_QUEUE_SELECT, OUTPUT);
	mmio_write16(console.common + VIRTIO_PCI_QUEUE_SIZE, 2);
	virtio_pci_queue_init(&console, OUTPUT, &queue);
	CHECK(queue.config.num == 2, "%u descriptors", queue.config.num);
	virtio_pci_run(&console);
	for (uint16_t i = 0; i < 9; i++) {
		offer(i % 2, i < 8 ? "." : "\r\n");
		virtqueue_kick(&queue);
		CHECK(output_used(), "buffer %u is not used", i);
	}
	virtio_pci_reset(&console);
}

static uint32_t seen_isr;

static void note_isr(struct trap_frame *frame)
{
	(void)frame;
	seen_isr = virtio_pci_isr(&console);
}

TEST(virtio, interrupt)
{
	uint32_t before;

	if (!output_ready())
		return;
	virtio_pci_run(&console);
	seen_isr = 0;
	before = irq_count(console.line);
	irq_attach(console.line, note_isr);
	offer(0, ".\r\n");
	virtqueue_kick(&queue);
	CHECK(output_used(), "the buffer is not used");
	irq_enable();
	(void)irq_save();
	CHECK(irq_count(console.line) == before + 1, "%u interrupts",
	      irq_count(console.line) - before);
	CHECK(seen_isr == 1, "its status is 0x%x", seen_isr);
	virtio_pci_reset(&console);
}

/* Suppressed by the ring, or for the whole function. */
TEST(virtio, interrupt_suppressed)
{
	uint32_t before;

	if (!output_ready())
		return;
	virtio_pci_run(&console);
	before = irq_count(console.line);
	irq_attach(console.line, note_isr);
	queue.available->flags = VIRTQUEUE_NO_INTERRUPT;
	offer(0, ".");
	virtqueue_kick(&queue);
	CHECK(output_used(), "the buffer is not used");
	queue.available->flags = 0;
	pci_write(console.device, PCI_COMMAND,
		  PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER | COMMAND_NO_INTERRUPT);
	offer(1, ".\r\n");
	virtqueue_kick(&queue);
	CHECK(output_used(), "the second buffer is not used");
	irq_enable();
	(void)irq_save();
	pci_write(console.device, PCI_COMMAND, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
	CHECK(irq_count(console.line) == before, "%u interrupts", irq_count(console.line) - before);
	virtio_pci_reset(&console);
}

/* --- the access capability --------------------------------------------------------------- */

static uint32_t access_capability;

static void access_choose(uint8_t bar, uint32_t offset, uint32_t length)
{
	pci_write_byte(console.device, access_capability + PCI_VIRTIO_BAR, bar);
	pci_write(console.device, access_capability + PCI_VIRTIO_OFFSET, offset);
	pci_write(console.device, access_capability + PCI_VIRTIO_LENGTH, length);
}

static uint32_t access_read(uint8_t bar, uint32_t offset, uint32_t length)
{
	access_choose(bar, offset, length);
	return pci_read(console.device, access_capability + PCI_VIRTIO_MORE);
}

TEST(virtio, access)
{
	static const struct {
		const char *name;
		uint32_t bar, offset, length, value;
	} rows[] = {
		{"dword", 0, VIRTIO_PCI_DEVICE_FEATURE_SELECT, 4, 1},
		{"word", 0, VIRTIO_PCI_NUM_QUEUES, 2, 2},
		{"byte", 0, VIRTIO_PCI_STATUS, 1, 3},
		{"other_bar", 1, VIRTIO_PCI_STATUS, 1, 0xFFFFFFFF},
		{"length_0", 0, VIRTIO_PCI_STATUS, 0, 0xFFFFFFFF},
		{"length_3", 0, VIRTIO_PCI_STATUS, 3, 0xFFFFFFFF},
		{"length_large", 0, VIRTIO_PCI_STATUS, 0x80000001, 0xFFFFFFFF},
		{"misaligned", 0, VIRTIO_PCI_NUM_QUEUES - 1, 2, 0xFFFFFFFF},
		{"behind", 0, PAGE_SIZE, 1, 0xFFFFFFFF},
		{"far", 0, 0xFFFFFFFC, 4, 0xFFFFFFFF},
	};

	if (!console_ready())
		return;
	access_capability = pci_virtio_capability(console.device, PCI_VIRTIO_ACCESS);
	CHECK(access_capability != 0, "no such capability");
	mmio_write32(console.common + VIRTIO_PCI_DEVICE_FEATURE_SELECT, 1);
	set_status(LGUEST_STATUS_ACKNOWLEDGE | LGUEST_STATUS_DRIVER);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		uint32_t value = access_read((uint8_t)rows[i].bar, rows[i].offset, rows[i].length);

		report_case(rows[i].name, value == rows[i].value, "reads 0x%x", value);
	}
	virtio_pci_reset(&console);
}

TEST(virtio, access_writes)
{
	if (!console_ready())
		return;
	access_capability = pci_virtio_capability(console.device, PCI_VIRTIO_ACCESS);
	access_choose(0, VIRTIO_PCI_DEVICE_FEATURE_SELECT, 4);
	pci_write(console.device, access_capability + PCI_VIRTIO_MORE, 0x12345678);
	CHECK(mmio_read32(console.common + VIRTIO_PCI_DEVICE_FEATURE_SELECT) == 0x12345678,
	      "reads 0x%x", mmio_read32(console.common + VIRTIO_PCI_DEVICE_FEATURE_SELECT));
	/* The capability's length counts, not that of the access to it. */
	access_choose(0, VIRTIO_PCI_QUEUE_SELECT, 2);
	pci_write(console.device, access_capability + PCI_VIRTIO_MORE, 0xFFFF0001);
	CHECK(mmio_read16(console.common + VIRTIO_PCI_QUEUE_SELECT) == 1, "reads 0x%x",
	      mmio_read16(console.common + VIRTIO_PCI_QUEUE_SELECT));
	virtio_pci_reset(&console);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Attacks of a guest of generation C: the PCI bus, the registers of a device,
 * and memory where devices might be. The rings are attacked as on the device
 * page (guest/hostile/queues.c).
 */
#include "guest/hostile/attack.h"
#include "guest/runtime/hypercall.h"
#include "guest/runtime/irq.h"
#include "guest/runtime/layout.h"
#include "guest/runtime/machine.h"
#include "guest/runtime/pages.h"
#include "guest/runtime/paging.h"
#include "guest/runtime/pci.h"
#include "guest/runtime/print.h"
#include "guest/runtime/timer.h"
#include "guest/runtime/trap.h"
#include "guest/runtime/virtio_pci.h"

#include <stddef.h>

#define CONSOLE 1u
#define HOLE_SIZE 0x100000u
#define SPACE paging_kernel_space()
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct virtio_pci console;

static bool console_open(void)
{
	if (console.device == 0 && !virtio_pci_open(&console, LGUEST_DEVICE_CONSOLE)) {
		attack_fail("no console");
		return false;
	}
	virtio_pci_reset(&console);
	return true;
}

/* --- ports -------------------------------------------------------------------------------- */

static void any_port(uint16_t port, uint32_t value, uint32_t kind)
{
	switch (kind % 6) {
	case 0:
		(void)port_in8(port);
		break;
	case 1:
		(void)port_in16(port);
		break;
	case 2:
		(void)port_in32(port);
		break;
	case 3:
		port_out8(port, (uint8_t)value);
		break;
	case 4:
		port_out16(port, (uint16_t)value);
		break;
	default:
		port_out32(port, value);
	}
}

/* Every width at every port on and around the registers, those at the end of the space too. */
ATTACK(pci_ports, "pci-ports", SURVIVES)
{
	for (uint32_t kind = 0; kind < 6; kind++) {
		for (uint16_t port = 0xCF0; port < 0xD08; port++)
			any_port(port, 0, kind);
		for (uint32_t port = 0xFFFC; port < 0x10000; port++)
			any_port((uint16_t)port, 0xFFFFFFFF, kind);
	}
}

/* Random writes to every device's configuration, which start the console with rings anywhere. */
ATTACK(pci_config_noise, "pci-config-noise", EITHER)
{
	for (uint32_t i = machine_number("rounds", 5000); i > 0; i--) {
		uint32_t where = attack_random();

		port_out32(PCI_PORT_ADDRESS, PCI_ADDRESS(where >> 8 & 3, where & 0xFC));
		any_port((uint16_t)(PCI_PORT_DATA - 2 + (where >> 16 & 7)), attack_random(),
			 where >> 24);
	}
	pci_write(CONSOLE, PCI_COMMAND, PCI_COMMAND_MEMORY);
}

/* The access capability at all offsets and lengths that have something to them. */
ATTACK(pci_access, "pci-access", EITHER)
{
	static const uint32_t offsets[] = {0, 20, 56, 58, 59, 60, 68, 71, 72, 0xFFD, 0xFFE, 0xFFF,
					   0x1000, 0x7FFFFFFF, 0xFFFFFFFC, 0xFFFFFFFF};
	static const uint32_t lengths[] = {0, 1, 2, 3, 4, 5, 8, 0x100, 0x80000000, 0xFFFFFFFF};
	uint32_t capability = pci_virtio_capability(CONSOLE, PCI_VIRTIO_ACCESS);

	for (uint32_t bar = 0; bar < 8; bar++)
		for (size_t i = 0; i < COUNT(offsets); i++)
			for (size_t k = 0; k < COUNT(lengths); k++) {
				pci_write_byte(CONSOLE, capability + PCI_VIRTIO_BAR, (uint8_t)bar);
				pci_write(CONSOLE, capability + PCI_VIRTIO_OFFSET, offsets[i]);
				pci_write(CONSOLE, capability + PCI_VIRTIO_LENGTH, lengths[k]);
				(void)pci_read(CONSOLE, capability + PCI_VIRTIO_MORE);
				pci_write(CONSOLE, capability + PCI_VIRTIO_MORE, 0);
			}
}

/* Text by the early console for as long as it lasts: it waits for room, and so do we. */
ATTACK(pci_text_storm, "pci-text-storm", SURVIVES)
{
	while (!attack_over())
		print("pci-text-storm -----------------------------------------------------\n");
}

/* --- registers ------------------------------------------------------------------------------- */

static void any_register(volatile uint8_t *at, uint32_t value, uint32_t kind)
{
	switch (kind % 6) {
	case 0:
		(void)mmio_read8(at);
		break;
	case 1:
		(void)mmio_read16(at);
		break;
	case 2:
		(void)mmio_read32(at);
		break;
	case 3:
		mmio_write8(at, (uint8_t)value);
		break;
	case 4:
		mmio_write16(at, (uint16_t)value);
		break;
	default:
		mmio_write32(at, value);
	}
}

ATTACK(mmio_noise, "mmio-noise", EITHER)
{
	if (!console_open())
		return;
	for (uint32_t i = machine_number("rounds", 20000); i > 0; i--) {
		uint32_t where = attack_random();

		any_register(console.common + (where & 0x7F), attack_random(), where >> 8);
		if (where >> 28 == 0)
			virtio_pci_reset(&console);
	}
	virtio_pci_reset(&console);
}

/* All widths over the end of the window. */
ATTACK(mmio_end, "mmio-end", SURVIVES)
{
	if (!console_open())
		return;
	paging_map(SPACE, WINDOW_TEST, console.base, PTE_KERNEL);
	paging_map(SPACE, WINDOW_TEST + PAGE_SIZE, console.base + PAGE_SIZE, PTE_KERNEL);
	for (uint32_t kind = 0; kind < 6; kind++)
		for (uint32_t offset = PAGE_SIZE - 8; offset < PAGE_SIZE; offset++)
			any_register((volatile uint8_t *)(uintptr_t)(WINDOW_TEST + offset), 0,
				     kind);
}

ATTACK(device_status, "device-status", EITHER)
{
	if (!console_open())
		return;
	for (uint32_t status = 0; status < 256; status++)
		for (uint32_t next = 0; next < 256; next += 15) {
			mmio_write8(console.common + VIRTIO_PCI_STATUS, (uint8_t)status);
			mmio_write8(console.common + VIRTIO_PCI_STATUS, (uint8_t)next);
		}
	virtio_pci_reset(&console);
}

/* One queue with its parts there, and of that size. */
static void run_queue(uint32_t low, uint32_t high, uint32_t size)
{
	if (!console_open() || !virtio_pci_negotiate(&console, VIRTIO_PCI_VERSION_1))
		return;
	for (uint16_t queue = 0; queue < 2; queue++) {
		mmio_write16(console.common + VIRTIO_PCI_QUEUE_SELECT, queue);
		mmio_write16(console.common + VIRTIO_PCI_QUEUE_SIZE, (uint16_t)size);
		for (uint32_t part = 0; part < 3; part++) {
			volatile uint8_t *at = console.common + VIRTIO_PCI_QUEUE_DESCRIPTORS;

			mmio_write32(at + part * 8, low);
			mmio_write32(at + part * 8 + 4, high);
		}
		mmio_write16(console.common + VIRTIO_PCI_QUEUE_ENABLE, 1);
	}
	virtio_pci_run(&console);
	for (uint16_t queue = 0; queue < 4; queue++)
		mmio_write16(console.notify, queue);
	virtio_pci_reset(&console);
}

/* What cannot be a ring, each by itself, since it ends the guest. */
ATTACK(ring_high, "ring-high", "queue 0") { run_queue(0, 1, 256); }
ATTACK(ring_misaligned, "ring-misaligned", "queue 0") { run_queue(0x100001, 0, 256); }
ATTACK(ring_wraps, "ring-wraps", "queue 0") { run_queue(0xFFFFFFF0, 0, 256); }
ATTACK(ring_size_0, "ring-size-0", "queue 0") { run_queue(0x100000, 0, 0); }
ATTACK(ring_size_odd, "ring-size-odd", "queue 0") { run_queue(0x100000, 0, 255); }
ATTACK(ring_size_huge, "ring-size-huge", "queue 0") { run_queue(0x100000, 0, 0x8000); }
ATTACK(ring_outside, "ring-outside", "queue") { run_queue(0xF0000000, 0, 256); }
ATTACK(ring_in_hole, "ring-in-hole", "queue") { run_queue(machine_memory(), 0, 256); }
ATTACK(ring_in_window, "ring-in-window", "queue")
{
	run_queue(machine_memory() + HOLE_SIZE, 0, 256);
}
/* Legal, and all of them in one place: what the device writes becomes what it reads. */
ATTACK(ring_on_itself, "ring-on-itself", EITHER) { run_queue(page_alloc(), 0, 256); }

/* While it runs nothing that the driver writes counts. */
ATTACK(ring_moves, "ring-moves", SURVIVES)
{
	static struct virtqueue queue;

	if (!console_open() || !virtio_pci_negotiate(&console, VIRTIO_PCI_VERSION_1))
		return;
	virtio_pci_queue_init(&console, 1, &queue);
	virtio_pci_run(&console);
	for (uint32_t i = 0; i < 1000; i++) {
		mmio_write32(console.common + VIRTIO_PCI_QUEUE_DESCRIPTORS + (i % 6) * 4,
			     attack_random());
		mmio_write16(console.common + VIRTIO_PCI_QUEUE_SIZE, (uint16_t)attack_random());
		mmio_write16(console.common + VIRTIO_PCI_QUEUE_ENABLE, (uint16_t)i);
		mmio_write16(console.notify, (uint16_t)(i % 3));
	}
	virtio_pci_reset(&console);
}

ATTACK(kick_storm, "kick-storm", SURVIVES)
{
	static struct virtqueue queues[2];

	while (!attack_over()) {
		if (!console_open() || !virtio_pci_negotiate(&console, VIRTIO_PCI_VERSION_1))
			return;
		for (uint32_t i = 0; i < 2; i++)
			virtio_pci_queue_init(&console, i, &queues[i]);
		virtio_pci_run(&console);
		for (uint32_t i = 0; i < 100; i++)
			mmio_write16(console.notify, (uint16_t)i % 4);
	}
}

/* --- addresses -------------------------------------------------------------------------------- */

static void look_at(uint32_t physical)
{
	paging_map(SPACE, WINDOW_TEST, physical & PAGE_MASK, PTE_KERNEL);
	(void)fault_of("movl (%0), %%eax", : "r"(WINDOW_TEST) : "eax");
	paging_set(SPACE, WINDOW_TEST, 0);
}

/*
 * The window on top of everything: memory, page tables, the shared structure,
 * and where Umbra is in its own address space. The guest's memory is what it was.
 */
ATTACK(window_anywhere, "window-anywhere", SURVIVES)
{
	const uint32_t places[] = {0, 0x1000, phys_of(&lguest_data), paging_kernel_space(),
				   machine_memory() - PAGE_SIZE, machine_memory(), 0x40000000,
				   0xBFFFF000, 0xC0000000, 0xC0100000, 0xFEE00000, 0xFFE00000,
				   0xFFFFF000};
	uint32_t frame = page_alloc();
	volatile uint32_t *word = virt_of(frame);

	if (!console_open())
		return;
	*word = 0x600DF00D;
	for (size_t i = 0; i < COUNT(places); i++) {
		pci_write(CONSOLE, PCI_BAR0, places[i]);
		look_at(places[i]);
		if (*word != 0x600DF00D)
			attack_fail("memory changed with the window at 0x%x", places[i]);
	}
	pci_write(CONSOLE, PCI_BAR0, frame);
	if (*word != 0x600DF00D)
		attack_fail("the window covers memory");
}

static void look_beyond(uint32_t distance)
{
	look_at(machine_memory() + distance);
	attack_fail("read something there");
}

/* Where there is neither memory, nor a window, nor the hole between them. */
ATTACK(beyond_windows, "beyond-windows", "beyond the guest's memory")
{
	look_beyond(HOLE_SIZE + 16 * PAGE_SIZE);
}

ATTACK(beyond_far, "beyond-far", "beyond the guest's memory")
{
	look_at(0xFFFFF000);
	attack_fail("read something there");
}

/* What was on the device page of an older generation is not there at all. */
ATTACK(no_device_page, "no-device-page", SURVIVES)
{
	paging_map(SPACE, WINDOW_TEST, machine_memory(), PTE_KERNEL);
	for (uint32_t offset = 0; offset < PAGE_SIZE; offset += 4) {
		volatile uint32_t *word = (volatile uint32_t *)(uintptr_t)(WINDOW_TEST + offset);

		*word = offset;
		if (*word != 0xFFFFFFFF)
			attack_fail("memory at offset 0x%x", offset);
	}
}

ATTACK(tables_in_hole, "tables-in-hole", EITHER)
{
	hypercall(LGUEST_NEW_PGTABLE, machine_memory(), 0, 0, 0);
}

ATTACK(table_in_window, "table-in-window", "names no table")
{
	paging_put(SPACE, USER_TEST, PAGING_DIRECTORY,
		   console_open() ? console.base | PTE_TABLE : 0);
	paging_tell_directory(SPACE, USER_TEST);
	(void)fault_of("movl (%0), %%eax", : "r"(USER_TEST) : "eax");
}

ATTACK(notify_removed, "notify-removed", "NOTIFY")
{
	hypercall_notify(phys_of("text"));
}

/*
 * --- instructions
 * ---------------------------------------------------------------------------------
 */

#define SLICE_NS (2u * NS_PER_MS)

static const char stop_code[] = {0x0F, 0x0B};
static uint32_t code_address;

/* The interrupt that ends a loop: send whatever runs to an invalid instruction. */
static void stop(struct trap_frame *frame)
{
	frame->eip = (uint32_t)(uintptr_t)stop_code;
}

/* With the window's address in all registers but esp. */
static uint32_t run_code(uint32_t registers)
{
	__asm__ volatile("pushal\n\t"
			 "movl %0, %%ebx\n\t"
			 "movl %0, %%ecx\n\t"
			 "movl %0, %%edx\n\t"
			 "movl %0, %%esi\n\t"
			 "movl %0, %%edi\n\t"
			 "movl %0, %%ebp\n\t"
			 "call *%1\n\t"
			 "popal"
			 : : "a"(registers), "m"(code_address) : "memory", "cc");
	return 0;
}

/*
 * Noise that begins as instructions do which access memory, most of it just
 * before the end of a page behind which there is nothing. What moves esp, or
 * jumps, is the guest's own undoing.
 */
ATTACK(mmio_instructions, "mmio-instructions", EITHER)
{
	static const uint8_t starts[] = {0x66, 0x67, 0xF0, 0xF2, 0xF3, 0x0F, 0x88,
					 0x89, 0x8A, 0x8B, 0xA0, 0xA1, 0xA2, 0xA3,
					 0xC6, 0xC7, 0x00, 0x87, 0xA4, 0xFF};
	static const uint8_t escapes[] = {0xB6, 0xB7, 0xBE, 0xBF, 0x0B, 0xC1, 0x10, 0x11};
	uint32_t frame = page_alloc();
	uint8_t *bytes = virt_of(frame);

	if (!console_open())
		return;
	paging_map(SPACE, WINDOW_TEST, frame, PTE_KERNEL);
	irq_attach(LGUEST_IRQ_TIMER, stop);
	for (uint32_t i = machine_number("rounds", 2000); i > 0; i--) {
		uint32_t at = PAGE_SIZE - 1 - attack_random() % 24;

		code_address = WINDOW_TEST + at;
		for (uint32_t k = at; k < PAGE_SIZE; k++)
			bytes[k] = (attack_random() & 3) ? 0xC3 : (uint8_t)attack_random();
		bytes[at] = starts[attack_random() % COUNT(starts)];
		if (at + 2 < PAGE_SIZE && bytes[at] == 0x0F)
			bytes[at + 1] = escapes[attack_random() % COUNT(escapes)];
		timer_arm(SLICE_NS);
		irq_enable();
		(void)fault_in(run_code,
			       (uint32_t)(uintptr_t)console.common + (attack_random() & 0x3F),
			       NULL);
		(void)irq_save();
	}
	irq_attach(LGUEST_IRQ_TIMER, NULL);
	timer_arm(0);
}

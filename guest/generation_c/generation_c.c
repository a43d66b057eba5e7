// SPDX-License-Identifier: GPL-2.0-only
/*
 * What makes a guest one of generation C (4.0-4.13): its layout of the shared
 * structure, whose window is one iret, devices on the PCI bus, and an early
 * console through PCI configuration space: text goes to emerg_wr of the
 * console's configuration (virtio 1.0, section 5.3.4), a character at a time.
 */
#include "guest/lguest_abi.h"
#include "guest/runtime/pci.h"
#include "guest/runtime/print.h"

#include <stdbool.h>

/* As Linux has it: it looks there and nowhere else. */
#define CONSOLE_DEVICE 1u
#define EMERGENCY_WRITE 8u              /* offset of emerg_wr in the console's configuration */

/* Of trap.asm. */
extern const char noirq_iret[];

struct lguest_data_c generation_c_data __asm__("lguest_data") = {
	.common = {
		.blocked_interrupts = 1u << LGUEST_IRQ_TIMER,
		.hcall_status = {[0 ... LGUEST_RING_SIZE - 1] = LGUEST_RING_FREE},
	},
	.noirq_iret = (uint32_t)noirq_iret,
	.kernel_address = GUEST_KERNEL_BASE,
	.syscall_vec = LGUEST_SYSCALL_VECTOR,
};

extern bool device_page_exists;
bool device_page_exists = false;

static uint32_t access_capability;
static uint32_t emergency_offset;

static bool console_find(void)
{
	uint32_t config = pci_virtio_capability(CONSOLE_DEVICE, PCI_VIRTIO_CONFIG);

	access_capability = pci_virtio_capability(CONSOLE_DEVICE, PCI_VIRTIO_ACCESS);
	if (config == 0 || access_capability == 0)
		return false;
	emergency_offset = pci_read(CONSOLE_DEVICE, config + PCI_VIRTIO_OFFSET) + EMERGENCY_WRITE;
	return true;
}

/* Through the window of the access capability: bar, length, offset, value. */
static void console_put(char c)
{
	pci_write_byte(CONSOLE_DEVICE, access_capability + PCI_VIRTIO_BAR, 0);
	pci_write(CONSOLE_DEVICE, access_capability + PCI_VIRTIO_LENGTH, 4);
	pci_write(CONSOLE_DEVICE, access_capability + PCI_VIRTIO_OFFSET, emergency_offset);
	pci_write(CONSOLE_DEVICE, access_capability + PCI_VIRTIO_MORE, (uint32_t)c);
}

static void early_write(const char *text, size_t size)
{
	static bool searched, found;

	if (!searched)
		found = console_find();
	searched = true;
	for (size_t i = 0; i < size && found; i++)
		console_put(text[i]);
}

static void early_flush(void)
{
}

const struct print_sink print_early_sink = {early_write, early_flush};

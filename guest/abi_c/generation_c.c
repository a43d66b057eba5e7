// SPDX-License-Identifier: GPL-2.0-only
/*
 * What makes the ABI test guest one of generation C (4.0-4.13): its layout of
 * the shared structure, whose window is one iret, and an early console through
 * PCI configuration space (the console is device 1; text goes to emerg_wr of
 * its configuration, one character at a time). There is no device page. Where
 * Umbra offers no such PCI device, text goes by NOTIFY.
 */
#include "guest/lguest_abi.h"
#include "guest/runtime/layout.h"
#include "guest/runtime/print.h"

#include <stdbool.h>

#define CONFIG_ADDRESS 0xCF8
#define CONFIG_DATA 0xCFC
#define CONSOLE_DEVICE 0x80000800u      /* enabled, bus 0, device 1, function 0 */
#define CONSOLE_ID 0x10431AF4u

/* Virtio 1.0, section 4.1.4: capabilities of a device. */
#define CAPABILITY_POINTER 0x34u
#define CAPABILITY_VENDOR 0x09u
#define CAPABILITY_DEVICE 4u
#define CAPABILITY_ACCESS 5u
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

static uint32_t port_read(uint16_t port)
{
	uint32_t value;

	__asm__ volatile("inl %1, %0" : "=a"(value) : "d"(port));
	return value;
}

static void port_write(uint16_t port, uint32_t value)
{
	__asm__ volatile("outl %0, %1" : : "a"(value), "d"(port));
}

static uint32_t config_read(uint32_t offset)
{
	port_write(CONFIG_ADDRESS, CONSOLE_DEVICE | offset);
	return port_read(CONFIG_DATA);
}

static void config_write(uint32_t offset, uint32_t value)
{
	port_write(CONFIG_ADDRESS, CONSOLE_DEVICE | offset);
	port_write(CONFIG_DATA, value);
}

static void config_write_byte(uint32_t offset, uint8_t value)
{
	port_write(CONFIG_ADDRESS, CONSOLE_DEVICE | (offset & ~3u));
	__asm__ volatile("outb %0, %1"
			 :
			 : "a"(value), "d"((uint16_t)(CONFIG_DATA + (offset & 3))));
}

/* Offset of the capability of a type, or 0. */
static uint32_t capability_find(uint32_t type)
{
	uint32_t offset = config_read(CAPABILITY_POINTER) & 0xFC;

	for (uint32_t i = 0; i < 16 && offset != 0; i++) {
		uint32_t head = config_read(offset);

		if ((head & 0xFF) == CAPABILITY_VENDOR && head >> 24 == type)
			return offset;
		offset = head >> 8 & 0xFC;
	}
	return 0;
}

static uint32_t access_capability;
static uint32_t emergency_offset;

static bool console_find(void)
{
	uint32_t device;

	if (config_read(0) != CONSOLE_ID)
		return false;
	device = capability_find(CAPABILITY_DEVICE);
	access_capability = capability_find(CAPABILITY_ACCESS);
	if (device == 0 || access_capability == 0)
		return false;
	emergency_offset = config_read(device + 8) + EMERGENCY_WRITE;
	return true;
}

/* Through the window of the access capability: bar, length, offset, value. */
static void console_put(char c)
{
	config_write_byte(access_capability + 4, 0);
	config_write(access_capability + 12, 4);
	config_write(access_capability + 8, emergency_offset);
	config_write(access_capability + 16, (uint32_t)c);
}

static void notify_put(char c)
{
	static char text[2];

	text[0] = c;
	__asm__ volatile("int %0"
			 :
			 : "i"(LGUEST_HYPERCALL_VECTOR), "a"(LGUEST_NOTIFY), "b"(phys_of(text))
			 : "memory");
}

static void early_write(const char *text, size_t size)
{
	static bool searched, found;

	if (!searched)
		found = console_find();
	searched = true;
	for (size_t i = 0; i < size; i++) {
		if (found)
			console_put(text[i]);
		else
			notify_put(text[i]);
	}
}

static void early_flush(void)
{
}

const struct print_sink print_early_sink = {early_write, early_flush};

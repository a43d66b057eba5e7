// SPDX-License-Identifier: GPL-2.0-only
/*
 * The PCI bus of generation C through its ports: the address register, the host
 * bridge, what is absent, and the header of a device.
 */
#include "guest/runtime/pci.h"
#include "guest/runtime/compiler.h"
#include "guest/runtime/report.h"

#include <stdbool.h>
#include <stddef.h>

/* The console is the first device: that is where an early console looks. */
#define CONSOLE 1u
#define CONSOLE_ID 0x10431AF4u
#define BRIDGE_CLASS 0x06000000u
#define ONES 0xFFFFFFFFu

TEST(pci, address_reads_back)
{
	static const uint32_t values[] = {0x80000000, 0x80000800, 0x7FFFFFFF,
					  0xFFFFFFFF, 0x00000003, 0};

	for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
		port_out32(PCI_PORT_ADDRESS, values[i]);
		CHECK(port_in32(PCI_PORT_ADDRESS) == values[i], "0x%x reads 0x%x", values[i],
		      port_in32(PCI_PORT_ADDRESS));
	}
}

/* Linux writes 1 to the highest byte while it probes. */
TEST(pci, address_by_bytes)
{
	port_out32(PCI_PORT_ADDRESS, 0x11223344);
	port_out8(PCI_PORT_ADDRESS + 3, 0x01);
	CHECK(port_in32(PCI_PORT_ADDRESS) == 0x01223344, "reads 0x%x", port_in32(PCI_PORT_ADDRESS));
	port_out16(PCI_PORT_ADDRESS + 1, 0xABCD);
	CHECK(port_in32(PCI_PORT_ADDRESS) == 0x01ABCD44, "reads 0x%x", port_in32(PCI_PORT_ADDRESS));
	CHECK(port_in8(PCI_PORT_ADDRESS + 2) == 0xAB, "byte 2 reads 0x%x",
	      port_in8(PCI_PORT_ADDRESS + 2));
	CHECK(port_in16(PCI_PORT_ADDRESS + 1) == 0xABCD, "the word reads 0x%x",
	      port_in16(PCI_PORT_ADDRESS + 1));
}

/* Half of the access falls on each register, or beside both. */
TEST(pci, access_across_registers)
{
	uint32_t value;

	port_out32(PCI_PORT_ADDRESS, PCI_ADDRESS(CONSOLE, PCI_ID));
	value = port_in32(PCI_PORT_ADDRESS + 2);
	CHECK(value == ((CONSOLE_ID & 0xFFFF) << 16 | 0x8000), "reads 0x%x", value);
	value = port_in32(PCI_PORT_ADDRESS - 2);
	CHECK(value == (PCI_ADDRESS(CONSOLE, PCI_ID) << 16 | 0xFFFF), "below: reads 0x%x", value);
	value = port_in32(PCI_PORT_DATA + 2);
	CHECK(value == (0xFFFF0000 | CONSOLE_ID >> 16), "above: reads 0x%x", value);
}

TEST(pci, host_bridge)
{
	CHECK(pci_read(0, PCI_CLASS) == BRIDGE_CLASS, "class 0x%x", pci_read(0, PCI_CLASS));
	CHECK(pci_read(0, PCI_ID) == 0, "it is device 0x%x", pci_read(0, PCI_ID));
	pci_write(0, PCI_BAR0, ONES);
	CHECK(pci_read(0, PCI_BAR0) == 0, "its BAR 0 is 0x%x", pci_read(0, PCI_BAR0));
}

static uint32_t read_at(uint32_t address)
{
	port_out32(PCI_PORT_ADDRESS, address);
	return port_in32(PCI_PORT_DATA);
}

TEST(pci, absent)
{
	static const struct {
		const char *name;
		uint32_t address;
	} rows[] = {
		{"disabled", PCI_ADDRESS(CONSOLE, PCI_ID) & ~0x80000000u},
		{"bus", PCI_ADDRESS(CONSOLE, PCI_ID) | 1u << 16},
		{"function", PCI_ADDRESS(CONSOLE, PCI_ID) | 1u << 8},
		{"device", PCI_ADDRESS(31, PCI_ID)},
		{"register", PCI_ADDRESS(CONSOLE, 0xFC)},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		uint32_t value = read_at(rows[i].address);

		port_out32(PCI_PORT_DATA, 0);
		report_case(rows[i].name, value == ONES && port_in32(PCI_PORT_DATA) == ONES,
			    "reads 0x%x", value);
	}
}

TEST(pci, console_first)
{
	CHECK(pci_read(CONSOLE, PCI_ID) == CONSOLE_ID, "device 1 is 0x%x",
	      pci_read(CONSOLE, PCI_ID));
	/* The lowest two bits of the address count nothing. */
	CHECK(read_at(PCI_ADDRESS(CONSOLE, PCI_ID) | 3) == CONSOLE_ID, "not at offset 3");
	CHECK(port_in16(PCI_PORT_DATA + 2) == CONSOLE_ID >> 16, "word 0x%x",
	      port_in16(PCI_PORT_DATA + 2));
	CHECK(port_in8(PCI_PORT_DATA + 1) == (CONSOLE_ID >> 8 & 0xFF), "byte 0x%x",
	      port_in8(PCI_PORT_DATA + 1));
}

/* Nothing but the memory window and a few switches can be changed. */
static bool check_fixed(unsigned int device)
{
	static const uint8_t fixed[] = {PCI_ID, PCI_CLASS, 0x14, 0x18, 0x1C, 0x20, 0x24, 0x28,
					0x2C, 0x30, PCI_CAPABILITIES, 0x38, PCI_LINE, 0x40, 0x48};

	for (size_t i = 0; i < ARRAY_SIZE(fixed); i++) {
		uint32_t before = pci_read(device, fixed[i]);

		pci_write(device, fixed[i], ~before);
		CHECK_BOOL(pci_read(device, fixed[i]) == before,
			   "device %u: 0x%x at 0x%x became 0x%x", device, before, fixed[i],
			   pci_read(device, fixed[i]));
	}
	return true;
}

static bool check_header(unsigned int device)
{
	uint32_t line = pci_read(device, PCI_LINE) & 0xFF;

	CHECK_BOOL((pci_read(device, PCI_ID) & 0xFFFF) == PCI_VIRTIO_VENDOR, "device %u", device);
	CHECK_BOOL(line > 0 && line < 16, "device %u has line %u", device, line);
	for (uint32_t type = PCI_VIRTIO_COMMON; type <= PCI_VIRTIO_ISR; type++)
		CHECK_BOOL(pci_virtio_capability(device, type) != 0,
			   "device %u has no capability %u", device, type);
	return check_fixed(device);
}

TEST(pci, headers)
{
	uint32_t count = 0;

	for (unsigned int device = 1; device < PCI_DEVICES; device++)
		count += pci_read(device, PCI_ID) != ONES && check_header(device);
	CHECK(count > 0, "no device at all");
}

/* How a system finds out how large a window is. */
TEST(pci, window_size)
{
	uint32_t before = pci_read(CONSOLE, PCI_BAR0);
	uint32_t mask;

	pci_write(CONSOLE, PCI_BAR0, ONES);
	mask = pci_read(CONSOLE, PCI_BAR0);
	pci_write(CONSOLE, PCI_BAR0, before);
	CHECK(mask == 0xFFFFF000, "0x%x", mask);
	CHECK(pci_read(CONSOLE, PCI_BAR0) == before, "0x%x became 0x%x", before,
	      pci_read(CONSOLE, PCI_BAR0));
	/* Byte by byte as well. */
	pci_write_byte(CONSOLE, PCI_BAR0 + 3, 0x5A);
	CHECK(pci_read(CONSOLE, PCI_BAR0) >> 24 == 0x5A, "0x%x", pci_read(CONSOLE, PCI_BAR0));
	pci_write(CONSOLE, PCI_BAR0, before);
}

/* A kernel's driver for a keyboard must find no controller: something waits there for ever. */
TEST(pci, keyboard_status)
{
	CHECK(port_in8(0x64) == 1, "0x%x", port_in8(0x64));
	CHECK(port_in8(0x60) == 0xFF, "data 0x%x", port_in8(0x60));
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of drivers/block/ahci.c with registers in plain memory, which forget at a reset
 * what firmware wrote to them.
 */
#include "drivers/block/ahci.c"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

#define FIRMWARE_PORTS 0x25u
#define FIRMWARE_CAPABILITIES (CAP_S64A | 7u << 8 | 5u)

static struct hba_registers registers;
static struct pci_device device;
static uint16_t command;
static uint64_t now;
static bool forgets, deaf;
static unsigned resets, disks;
static uint32_t opened, slots_told;
static bool dma64_told;

/* The controller's step; time passes only here. */
uint64_t time_ns(void)
{
	if (registers.GHC & GHC_HR && !deaf) {
		registers.GHC = 0;
		resets++;
		if (forgets)
			registers.CAP = registers.PI = 0;
	}
	return now += 1000000;
}

static char message[128];	/* the last that was logged */

void log_line(enum log_level level, const char *subsystem, const char *format, ...)
{
	va_list arguments;

	(void)level;
	(void)subsystem;
	va_start(arguments, format);
	vsnprintf(message, sizeof(message), format, arguments);
	va_end(arguments);
}

void *pci_map_bar(const struct pci_device *of, unsigned index, uint64_t bytes)
{
	assert_ptr_equal(of, &device);
	assert_int_equal(index, REGISTERS_BAR);
	assert_int_equal(bytes, sizeof(registers));
	return &registers;
}

void pci_change_command(const struct pci_device *of, uint16_t set, uint16_t clear)
{
	assert_ptr_equal(of, &device);
	command = (uint16_t)((command | set) & ~clear);
}

int pci_irq_attach(struct pci_device *of, const struct pci_irq_ops *ops, void *context)
{
	static const void *kept[4];	/* what is made at boot is never freed */
	static unsigned count;

	(void)of;
	assert_ptr_equal(ops, &ahci_irq_ops);
	kept[count++] = context;
	return kept[0] ? 0 : -E_UNSUPPORTED;
}

bool ahci_port_has_disk(volatile struct ahci_port_registers *port)
{
	return port != &registers.port[2];
}

bool ahci_port_open(struct ahci_port *port, unsigned slots, bool dma64)
{
	opened |= BIT((unsigned)(port->registers - registers.port));
	slots_told = slots;
	dma64_told = dma64;
	return true;
}

void disk_add(struct disk *disk, struct disk_port *port)
{
	(void)disk;
	(void)port;
	disks++;
}

bool disk_port_interrupt(struct disk_port *port)
{
	(void)port;
	return true;
}

void disk_port_set_polled(struct disk_port *port)
{
	(void)port;
}

static int setup(void **state)
{
	(void)state;
	memset(&registers, 0, sizeof(registers));
	memset(&device, 0, sizeof(device));
	device.bars[REGISTERS_BAR].size = sizeof(registers);
	device.function = PCI_FUNCTION(0, 31, 2);
	registers.CAP = FIRMWARE_CAPABILITIES;
	registers.PI = FIRMWARE_PORTS;
	forgets = deaf = false;
	resets = disks = opened = slots_told = command = 0;
	return 0;
}

static void check_attached(void)
{
	assert_int_equal(ahci_driver.attach(&device), 0);
	assert_int_equal(resets, 1);
	assert_int_equal(registers.PI, FIRMWARE_PORTS);
	assert_int_equal(registers.CAP, FIRMWARE_CAPABILITIES);
	assert_true(registers.GHC & GHC_AE && registers.GHC & GHC_IE);
	assert_int_equal(opened, FIRMWARE_PORTS & ~BIT(2));
	assert_int_equal(disks, 2);
	assert_int_equal(slots_told, 8);
	assert_true(dma64_told);
	assert_int_equal(command, PCI_COMMAND_MEMORY_SPACE | PCI_COMMAND_BUS_MASTER);
}

static void attaches(void **state)
{
	(void)state;
	check_attached();
}

/* Which ports there are only firmware knows, and some controllers forget it with a reset. */
static void forgetful(void **state)
{
	(void)state;
	forgets = true;
	check_attached();
}

static void does_not_come_back(void **state)
{
	(void)state;
	deaf = true;
	assert_int_not_equal(ahci_driver.attach(&device), 0);
	assert_int_equal(opened | disks, 0);
	assert_string_equal(message, "00:1f.2: the controller cannot be used: it does not come "
			    "back from a reset");
	assert_int_equal(command & PCI_COMMAND_BUS_MASTER, 0);
}

static void too_small(void **state)
{
	(void)state;
	device.bars[REGISTERS_BAR].size = 0x100;
	assert_int_not_equal(ahci_driver.attach(&device), 0);
	assert_int_equal(resets, 0);
	assert_string_equal(message, "00:1f.2: the controller cannot be used: it has no registers");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(attaches, setup),
		cmocka_unit_test_setup(forgetful, setup),
		cmocka_unit_test_setup(does_not_come_back, setup),
		cmocka_unit_test_setup(too_small, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

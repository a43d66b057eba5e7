// SPDX-License-Identifier: GPL-2.0-only
/*
 * The two ways to the machine's configuration space: mechanism 1, a pair of
 * ports (PCI Local Bus 3.0, 3.2.2.3.2), and memory (PCI Express Base 3.0, 7.2.2).
 */
#include "drivers/pci/pci_access.h"

#include "arch/board/acpi.h"
#include "arch/cpu/log.h"
#include "arch/cpu/port.h"
#include "arch/cpu/spinlock.h"
#include "lib/bytes.h"
#include "lib/compiler.h"
#include "lib/pci_spec.h"
#include "lib/string.h"
#include "mm/host_map.h"

#define PORT_SPACE 256u		/* bytes of a function that the ports reach */

/* The length of a table is that of a few entries; longer ones are cut. */
#define MCFG_MAX 256u

/*
 * A large page of the window for device registers holds two buses.  Few PCs have more buses, and
 * the window is needed for other registers too; further buses are reached by the ports.
 */
#define BUSES_A_WINDOW 2u
#define ECAM_WINDOWS 8u
#define WINDOW_SIZE (BUSES_A_WINDOW << 20)

static struct spinlock lock = SPINLOCK(LOCK_PCI);	/* the pair of ports */
static volatile uint8_t *windows[ECAM_WINDOWS];

/* --- the ports -------------------------------------------------------------------- */

static uint32_t read_data(uint16_t port, unsigned width)
{
	if (width == 1)
		return port_in8(port);
	return width == 2 ? port_in16(port) : port_in32(port);
}

static void write_data(uint16_t port, unsigned width, uint32_t value)
{
	if (width == 1)
		port_out8(port, (uint8_t)value);
	else if (width == 2)
		port_out16(port, (uint16_t)value);
	else
		port_out32(port, value);
}

/* Points the data port at a register, and returns the part of it that holds offset. */
static uint16_t select_register(pci_function_t function, unsigned offset)
{
	port_out32(PCI_CONFIG_ADDRESS,
		   PCI_CONFIG_ENABLE | (uint32_t)function << 8 | (offset & 0xFC));
	return (uint16_t)(PCI_CONFIG_DATA + (offset & 3));
}

static uint32_t read_ports(pci_function_t function, unsigned offset, unsigned width)
{
	uint32_t value;

	if (offset >= PORT_SPACE)
		return low_bytes(width);
	spin_lock(&lock);
	value = read_data(select_register(function, offset), width);
	spin_unlock(&lock);
	return value;
}

static void write_ports(pci_function_t function, unsigned offset, unsigned width, uint32_t value)
{
	if (offset >= PORT_SPACE)
		return;
	spin_lock(&lock);
	write_data(select_register(function, offset), width, value);
	spin_unlock(&lock);
}

static const struct pci_access ports = { read_ports, write_ports };

/*
 * Do the ports exist?  The address register keeps what is written to it, unlike other chips at that
 * port.
 */
static bool has_ports(void)
{
	uint32_t before = port_in32(PCI_CONFIG_ADDRESS);
	bool kept;

	port_out32(PCI_CONFIG_ADDRESS, PCI_CONFIG_ENABLE);
	kept = port_in32(PCI_CONFIG_ADDRESS) == PCI_CONFIG_ENABLE;
	port_out32(PCI_CONFIG_ADDRESS, before);
	return kept;
}

/* --- memory --------------------------------------------------------------------------- */

static volatile uint8_t *place_of(pci_function_t function, unsigned offset)
{
	unsigned window = PCI_BUS(function) / BUSES_A_WINDOW;

	if (window >= ECAM_WINDOWS || !windows[window])
		return NULL;
	return windows[window] + ((uint32_t)function << 12) % WINDOW_SIZE + offset;
}

static uint32_t read_memory(pci_function_t function, unsigned offset, unsigned width)
{
	volatile uint8_t *place = place_of(function, offset);

	if (!place)
		return read_ports(function, offset, width);
	if (width == 1)
		return *place;
	return width == 2 ? *(volatile uint16_t *)place : *(volatile uint32_t *)place;
}

static void write_memory(pci_function_t function, unsigned offset, unsigned width, uint32_t value)
{
	volatile uint8_t *place = place_of(function, offset);

	if (!place)
		write_ports(function, offset, width, value);
	else if (width == 1)
		*place = (uint8_t)value;
	else if (width == 2)
		*(volatile uint16_t *)place = (uint16_t)value;
	else
		*(volatile uint32_t *)place = value;
}

static const struct pci_access memory = { read_memory, write_memory };

static bool find_ecam(struct pci_ecam *ecam)
{
	uint8_t bytes[MCFG_MAX];
	struct acpi_table table;

	if (acpi_find_table("MCFG", 0, &table) != 0)
		return false;
	table.length = MIN(table.length, MCFG_MAX);
	physical_read(table.address, bytes, table.length);
	return pci_parse_mcfg(bytes, table.length, ecam);
}

static void map_windows(const struct pci_ecam *ecam)
{
	for (unsigned i = 0; i < ECAM_WINDOWS; i++) {
		if (i * BUSES_A_WINDOW + BUSES_A_WINDOW - 1 > ecam->last_bus)
			break;
		windows[i] = map_mmio(ecam->base + i * WINDOW_SIZE, WINDOW_SIZE);
	}
}

/* Some firmware names memory that is something else, so bus 0 must look the same by both ways. */
static bool ways_agree(void)
{
	for (unsigned device = 0; device < 32; device++) {
		pci_function_t function = PCI_FUNCTION(0, device, 0);

		if (read_memory(function, 0, 4) != read_ports(function, 0, 4))
			return false;
	}
	return true;
}

const struct pci_access *pci_access_init(void)
{
	struct pci_ecam ecam;

	if (!has_ports())
		return NULL;
	if (!find_ecam(&ecam))
		return &ports;
	map_windows(&ecam);
	if (windows[0] && ways_agree()) {
		log_info("pci", "configuration space at %08llx, buses 0 to %u", ecam.base,
			 ecam.last_bus);
		return &memory;
	}
	memset(windows, 0, sizeof(windows));
	log_warn("pci", "no configuration space at %08llx, where the firmware says it is",
		 ecam.base);
	return &ports;
}

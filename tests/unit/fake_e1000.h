/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * drivers/net/e1000.c, for its tests, and what it stands on: memory with physical
 * addresses, and a small controller.  Its registers are an array, it works when the
 * driver writes the end of a ring, and it minds what real ones mind about the order of
 * things.
 */
#ifndef UMBRA_TESTS_UNIT_FAKE_E1000_H
#define UMBRA_TESTS_UNIT_FAKE_E1000_H

#include "tests/unit/fake_mmio.h"

#include "drivers/net/e1000.c"
#include "tests/unit/unit.h"

#include <stdlib.h>

#define PHYSICAL 0x200000u		/* where the memory is, for the controller */
#define MEMORY_PAGES 512u

static uint8_t memory[MEMORY_PAGES * PAGE_SIZE] __attribute__((aligned(4096)));
static uint32_t memory_used;		/* pages */
static uint32_t registers[REGISTERS_SIZE / 4];
static struct pci_device pci;
static struct net_device *device;
static uint16_t command;
static uint64_t now;
static unsigned frames_sent, sent_lengths[4 * NET_RING_SIZE], freed;
static bool gone, stuck, no_address, no_registers, holds_back, masters, unread;
static uint64_t quiet_since, reads_left;	/* reads_left: until the EEPROM is read */
static uint32_t unflushed = ALL_ONES;	/* the register written last, if none was read since */

/* --- what it stands on --------------------------------------------------------------------- */

uint64_t time_ns(void)
{
	return now += 100000;
}

void log_line(enum log_level level, const char *subsystem, const char *format, ...)
{
	(void)level;
	(void)subsystem;
	(void)format;
}

void *pages_alloc(uint32_t count)
{
	void *pages = memory + memory_used * PAGE_SIZE;

	memory_used += count;
	assert_true(memory_used <= MEMORY_PAGES);
	return pages;
}

void pages_free(void *pages, uint32_t count)
{
	(void)pages;
	freed += count;
}

paddr_t host_physical(const void *pointer, size_t *run)
{
	*run = PAGE_SIZE;
	return (paddr_t)((const uint8_t *)pointer - memory) + PHYSICAL;
}

void *pci_map_bar(const struct pci_device *of, unsigned bar, uint64_t size)
{
	assert_ptr_equal(of, &pci);
	assert_true(bar == 0 && size <= sizeof(registers));
	return no_registers ? NULL : registers;
}

void pci_change_command(const struct pci_device *of, uint16_t set_bits, uint16_t clear)
{
	(void)of;
	command = (uint16_t)((command & ~clear) | set_bits);
}

void net_device_add(struct net_device *added)
{
	device = added;
	device->send_memory = pages_alloc(NET_RING_SIZE * NET_BUFFER_SIZE / PAGE_SIZE);
	device->receive_memory = pages_alloc(NET_RING_SIZE * NET_BUFFER_SIZE / PAGE_SIZE);
	device->send_address = (paddr_t)(device->send_memory - memory) + PHYSICAL;
	device->receive_address = (paddr_t)(device->receive_memory - memory) + PHYSICAL;
}

/* --- the controller --------------------------------------------------------------------------- */

static uint32_t *reg(uint32_t offset)
{
	return &registers[offset / 4];
}

static void *at(uint64_t address, uint32_t length)
{
	assert_true(address >= PHYSICAL && address - PHYSICAL + length <= sizeof(memory));
	return memory + (address - PHYSICAL);
}

static void send_all(void)
{
	struct send_descriptor *ring = at(*reg(TDBAL), *reg(TDLEN));

	assert_true(*reg(TDH) == *reg(TDT) ||
		    (*reg(TCTL) & TCTL_EN && command & PCI_COMMAND_BUS_MASTER));
	while (!holds_back && *reg(TDH) != *reg(TDT)) {
		struct send_descriptor *descriptor = &ring[*reg(TDH)];

		assert_int_equal(descriptor->command,
				 TDESC_CMD_EOP | TDESC_CMD_IFCS | TDESC_CMD_RS);
		at(descriptor->address, descriptor->length);
		sent_lengths[frames_sent++ % ARRAY_SIZE(sent_lengths)] = descriptor->length;
		descriptor->status = TDESC_STATUS_DD;
		*reg(TDH) = (*reg(TDH) + 1) % NET_RING_SIZE;
	}
}

static void controller_reset(void)
{
	memset(registers, 0, sizeof(registers));
	*reg(CTRL) = stuck ? CTRL_RST : 0;
	*reg(STATUS) = STATUS_LU | (masters ? STATUS_GIO_MASTER_ENABLE : 0);
	*reg(RXCSUM) = 0x300;
	reads_left = 20;
}

/* First the address, and a while after that all that follows it. */
static void read_eeprom(void)
{
	if (reads_left == 0)
		return;
	reads_left--;
	if (reads_left == 10) {
		*reg(RAL) = 0x12005452;
		*reg(RAH) = 0x5634 | (no_address ? 0 : RAH_AV);
	}
	if (reads_left == 0 && !unread)
		*reg(EECD) = EECD_AUTO_RD;
}

static uint32_t fake_mmio_read(const void *base, uint32_t offset)
{
	uint32_t value;

	assert_ptr_equal(base, registers);
	read_eeprom();
	unflushed = ALL_ONES;
	value = gone ? ALL_ONES : *reg(offset);
	if (offset == ICR)
		*reg(ICR) = 0;
	return value;
}

static void fake_mmio_write(void *base, uint32_t offset, uint32_t value)
{
	assert_ptr_equal(base, registers);
	assert_true(unflushed == ALL_ONES || offset != unflushed + 4);
	unflushed = offset;
	switch (offset) {
	case RCTL:
	case TCTL:
		quiet_since = now;
		assert_true(!(value & RCTL_EN) || *reg(RXCSUM) == 0);
		break;
	case CTRL_EXT:
		assert_int_equal(reads_left, 0);
		break;
	case CTRL:
		if (value & CTRL_RST) {
			/* Nobody may be reading or writing memory by then. */
			assert_true(pci.id != 0x10D3 || value & CTRL_GIO_MASTER_DISABLE);
			assert_true(now - quiet_since >= 10 * WAIT_MS);
			controller_reset();
			return;
		}
		break;
	case IMS:
		*reg(IMS) |= value;
		return;
	case IMC:
		*reg(IMS) &= ~value;
		return;
	case ICR:
		*reg(ICR) &= ~value;
		return;
	default:
		break;
	}
	*reg(offset) = value;
	if (offset == TDT)
		send_all();
}

/* False when the ring has no buffer. */
static bool receive(uint32_t length, uint8_t status, uint8_t errors)
{
	struct receive_descriptor *ring = at(*reg(RDBAL), *reg(RDLEN));
	struct receive_descriptor *descriptor = &ring[*reg(RDH)];

	assert_true(*reg(RCTL) & RCTL_EN);
	if (*reg(RDH) == *reg(RDT))
		return false;
	memset(at(descriptor->address, NET_BUFFER_SIZE), (int)length, MIN(length, NET_BUFFER_SIZE));
	descriptor->length = (uint16_t)length;
	descriptor->errors = errors;
	descriptor->status = status;
	*reg(RDH) = (*reg(RDH) + 1) % NET_RING_SIZE;
	*reg(ICR) |= ICR_RXT0;
	return true;
}

#endif

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of drivers/phys/e1000.c with a small controller: its registers are an array,
 * and it works when the driver writes the end of a ring.
 */
#include "tests/unit/fake_mmio.h"

#include "drivers/phys/e1000.c"
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
static uint32_t unflushed = ALL_ONES;		/* the register that was written last, if nothing was read since */

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

void *heap_alloc(size_t size)
{
	return calloc(1, size);
}

void heap_free(void *pointer)
{
	free(pointer);
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

	assert_true(*reg(TDH) == *reg(TDT) || (*reg(TCTL) & TCTL_ON && command & PCI_COMMAND_MASTER));
	while (!holds_back && *reg(TDH) != *reg(TDT)) {
		struct send_descriptor *descriptor = &ring[*reg(TDH)];

		assert_int_equal(descriptor->command, SEND_END | SEND_CHECKSUM | SEND_REPORT);
		at(descriptor->address, descriptor->length);
		sent_lengths[frames_sent++ % ARRAY_SIZE(sent_lengths)] = descriptor->length;
		descriptor->status = SEND_DONE;
		*reg(TDH) = (*reg(TDH) + 1) % NET_RING_SIZE;
	}
}

static void controller_reset(void)
{
	memset(registers, 0, sizeof(registers));
	*reg(CTRL) = stuck ? CTRL_RESET : 0;
	*reg(STATUS) = STATUS_LINK_UP | (masters ? STATUS_MASTER_ON : 0);
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
		*reg(RAH) = 0x5634 | (no_address ? 0 : RAH_VALID);
	}
	if (reads_left == 0 && !unread)
		*reg(EECD) = EECD_READ;
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
		assert_true(!(value & RCTL_ON) || *reg(RXCSUM) == 0);
		break;
	case CTRL_EXT:
		assert_int_equal(reads_left, 0);
		break;
	case CTRL:
		if (value & CTRL_RESET) {
			/* Nobody may be reading or writing memory by then. */
			assert_true(pci.id != 0x10D3 || value & CTRL_MASTER_OFF);
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

	assert_true(*reg(RCTL) & RCTL_ON);
	if (*reg(RDH) == *reg(RDT))
		return false;
	memset(at(descriptor->address, NET_BUFFER_SIZE), (int)length, MIN(length, NET_BUFFER_SIZE));
	descriptor->length = (uint16_t)length;
	descriptor->errors = errors;
	descriptor->status = status;
	*reg(RDH) = (*reg(RDH) + 1) % NET_RING_SIZE;
	*reg(ICR) |= CAUSE_RECEIVED;
	return true;
}

static int attach(uint16_t id, enum pci_interrupt interrupt)
{
	pci = (struct pci_device){ .vendor = VENDOR_INTEL, .id = id, .interrupt = interrupt };
	return e1000_driver.attach(&pci);
}

static int setup(void **state)
{
	(void)state;
	memset(registers, 0, sizeof(registers));
	memory_used = frames_sent = freed = 0;
	device = NULL;
	command = 0;
	gone = stuck = no_address = no_registers = holds_back = masters = unread = false;
	unflushed = ALL_ONES;
	return 0;
}

static int setup_started(void **state)
{
	setup(state);
	assert_int_equal(attach(0x100E, PCI_LINE), 0);
	assert_int_equal(device->ops->start(device), 0);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	if (device)
		free(e1000_of(device));
	return 0;
}

/* --- tests ------------------------------------------------------------------------------------------ */

static void attaches(void **state)
{
	static const uint8_t address[] = { 0x52, 0x54, 0x00, 0x12, 0x34, 0x56 };

	(void)state;
	assert_int_equal(attach(0x10D3, PCI_MSIX), 0);
	assert_memory_equal(device->address, address, 6);
	assert_string_equal(device->driver, "e1000e");
	assert_false(pci.no_messages);
	assert_false(command & PCI_COMMAND_MASTER);
	assert_int_equal(*reg(RCTL) | *reg(TCTL), 0);
	assert_false(e1000_driver.matches(&(struct pci_device){ .vendor = 0x1AF4, .id = 0x100E }));
	/* 82543GC and 82544 want more than others. */
	assert_false(e1000_driver.matches(&(struct pci_device){ .vendor = VENDOR_INTEL, .id = 0x1004 }));
	assert_false(e1000_driver.matches(&(struct pci_device){ .vendor = VENDOR_INTEL, .id = 0x1008 }));
	assert_false(e1000_driver.matches(&(struct pci_device){ .vendor = VENDOR_INTEL, .id = 0x1229 }));
}

/* Those of before PCI Express cannot send messages, whatever they say. */
static void attaches_old(void **state)
{
	(void)state;
	assert_int_equal(attach(0x100E, PCI_LINE), 0);
	assert_string_equal(device->driver, "e1000");
	assert_true(pci.no_messages);
}

/* It is not used, and what was taken for it is given back. */
static void refuses(void **state)
{
	bool *const troubles[] = { &gone, &stuck, &no_address, &no_registers };

	for (unsigned i = 0; i < ARRAY_SIZE(troubles); i++) {
		setup(state);
		*troubles[i] = true;
		assert_int_equal(attach(0x100E, PCI_LINE), -E_UNSUPPORTED);
		assert_null(device);
		assert_int_equal(freed, RING_PAGES);
		assert_false(command & PCI_COMMAND_MASTER);
	}
	setup(state);
	unread = true;
	assert_int_equal(attach(0x10D3, PCI_MSIX), -E_UNSUPPORTED);
}

static void starts(void **state)
{
	(void)state;
	assert_true(command & PCI_COMMAND_MASTER);
	assert_int_equal(*reg(RDLEN), 4096);
	assert_int_equal(*reg(TDLEN), 4096);
	assert_int_equal(*reg(IMS), 0);
	assert_true((*reg(RCTL) & (RCTL_ON | RCTL_UNICAST_ALL | RCTL_MULTICAST_ALL)) ==
		    (RCTL_ON | RCTL_UNICAST_ALL | RCTL_MULTICAST_ALL));
	assert_true(*reg(CTRL) & CTRL_LINK_UP);
	assert_int_equal(*reg(IVAR), 0);
	assert_true(device->ops->link(device));
	gone = true;
	assert_false(device->ops->link(device));
}

static void sends(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 1000; i++) {
		uint8_t *buffer = device->ops->send_buffer(device);

		assert_non_null(buffer);
		assert_int_equal((buffer - device->send_memory) % NET_BUFFER_SIZE, 0);
		assert_in_range(buffer - device->send_memory, 0, (NET_RING_SIZE - 1) * NET_BUFFER_SIZE);
		device->ops->send(device, 60 + i);
		assert_int_equal(frames_sent, i);
		device->ops->kick(device);
		assert_int_equal(sent_lengths[i], 60 + i);
		assert_int_equal(device->ops->reclaim(device), 1);
	}
	assert_int_equal(device->ops->reclaim(device), 0);
}

/* One place stays free; they come back in order. */
static void fills(void **state)
{
	unsigned count = 0;

	(void)state;
	holds_back = true;
	for (; device->ops->send_buffer(device); count++)
		device->ops->send(device, 60);
	assert_int_equal(count, NET_RING_SIZE - 1);
	device->ops->kick(device);
	assert_int_equal(device->ops->reclaim(device), 0);
	holds_back = false;
	device->ops->kick(device);
	assert_int_equal(device->ops->reclaim(device), NET_RING_SIZE - 1);
	assert_int_equal(frames_sent, NET_RING_SIZE - 1);
}

static void receives(void **state)
{
	const uint8_t *bytes;
	uint32_t length;

	(void)state;
	assert_int_equal(device->ops->receive(device, &bytes, &length), NET_NOTHING);
	for (unsigned i = 0; i < 1000; i++) {
		assert_true(receive(60 + i, RECEIVE_DONE | RECEIVE_END, 0));
		assert_int_equal(device->ops->receive(device, &bytes, &length), NET_FRAME);
		assert_int_equal(length, 60 + i);
		assert_int_equal(bytes[0], (60 + i) & 0xFF);
		assert_int_equal(bytes[length - 1], (60 + i) & 0xFF);
		device->ops->give_back(device);
		assert_int_equal(device->ops->receive(device, &bytes, &length), NET_NOTHING);
	}
}

/* However the two take turns, nothing is lost that there was room for. */
static void receives_bursts(void **state)
{
	uint64_t random = 7;
	const uint8_t *bytes;
	uint32_t length, in = 0, out = 0;

	(void)state;
	for (unsigned round = 0; round < 300; round++) {
		for (uint64_t i = unit_random(&random) % 300; i > 0 && receive(100 + in % 900, 3, 0); i--)
			in++;
		assert_true(in - out <= NET_RING_SIZE - 1);
		for (uint64_t i = unit_random(&random) % 300;
		     i > 0 && device->ops->receive(device, &bytes, &length) == NET_FRAME; i--) {
			assert_int_equal(length, 100 + out++ % 900);
			device->ops->give_back(device);
		}
	}
	assert_true(in > 10000);
	while (device->ops->receive(device, &bytes, &length) == NET_FRAME) {
		out++;
		device->ops->give_back(device);
	}
	assert_int_equal(in, out);
}

/* But not a frame that carries something damaged: bits 5 and 6. */
static void damaged(void **state)
{
	static const struct { uint16_t length; uint8_t status, errors; } rows[] = {
		{ 60, RECEIVE_DONE, 0 }, { 60, RECEIVE_DONE | RECEIVE_END, 0x01 },
		{ 60, RECEIVE_DONE | RECEIVE_END, 0x02 }, { 60, RECEIVE_DONE | RECEIVE_END, 0x04 },
		{ 60, RECEIVE_DONE | RECEIVE_END, 0x10 }, { 60, RECEIVE_DONE | RECEIVE_END, 0x80 },
		{ NET_BUFFER_SIZE + 1, RECEIVE_DONE | RECEIVE_END, 0 },
		{ 65535, RECEIVE_DONE | RECEIVE_END, 0 },
	};
	const uint8_t *bytes;
	uint32_t length;

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		assert_true(receive(rows[i].length, rows[i].status, rows[i].errors));
		assert_int_equal(device->ops->receive(device, &bytes, &length), NET_DAMAGED);
		device->ops->give_back(device);
	}
	assert_true(receive(NET_BUFFER_SIZE, RECEIVE_DONE | RECEIVE_END, 0x60));
	assert_int_equal(device->ops->receive(device, &bytes, &length), NET_FRAME);
}

static void interrupts(void **state)
{
	(void)state;
	assert_true(device->ops->listen(device));
	assert_int_equal(*reg(IMS), CAUSES);
	*reg(ICR) = CAUSE_RECEIVED;
	assert_true(device->ops->acknowledge(device));
	assert_false(device->link_asked);
	/* Somebody else's, on the same line. */
	assert_false(device->ops->acknowledge(device));
	*reg(ICR) = CAUSE_LINK;
	assert_true(device->ops->acknowledge(device));
	assert_true(device->link_asked);
	device->ops->mute(device);
	assert_int_equal(*reg(IMS), 0);
	*reg(ICR) = CAUSE_RECEIVED;
	assert_false(device->ops->acknowledge(device));
}

/* Muted, the cause of a frame is taken for somebody else's; but the frame is there. */
static void listens_late(void **state)
{
	const uint8_t *bytes;
	uint32_t length;

	(void)state;
	device->ops->mute(device);
	assert_true(receive(60, RECEIVE_DONE | RECEIVE_END, 0));
	assert_false(device->ops->acknowledge(device));
	assert_int_equal(*reg(ICR), 0);
	assert_false(device->ops->listen(device));
	device->ops->mute(device);
	assert_int_equal(device->ops->receive(device, &bytes, &length), NET_FRAME);
	device->ops->give_back(device);
	assert_true(device->ops->listen(device));
}

static void messages(void **state)
{
	(void)state;
	assert_int_equal(attach(0x10D3, PCI_MSIX), 0);
	assert_int_equal(device->ops->start(device), 0);
	assert_int_equal(*reg(IVAR), IVAR_ONE);
	device->ops->listen(device);
	assert_int_equal(*reg(IMS), CAUSES_MSIX);
	assert_true(device->ops->acknowledge(device));
	assert_true(*reg(TXDCTL) & TXDCTL_COUNTS && *reg(CTRL_EXT) & CTRL_EXT_DRIVER);
	assert_true(*reg(CTRL_EXT) & CTRL_EXT_PENDING_CLEAR);
}

/* What does not stop loses its right to touch memory. */
static void stops(void **state)
{
	(void)state;
	device->ops->stop(device);
	assert_true(command & PCI_COMMAND_MASTER);
	assert_int_equal(*reg(RCTL), 0);
	assert_int_equal(device->ops->start(device), 0);
	stuck = true;
	device->ops->stop(device);
	assert_false(command & PCI_COMMAND_MASTER);
	assert_int_equal(device->ops->start(device), -E_IO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(attaches, setup, teardown),
		cmocka_unit_test_setup_teardown(attaches_old, setup, teardown),
		cmocka_unit_test_setup_teardown(refuses, setup, teardown),
		cmocka_unit_test_setup_teardown(messages, setup, teardown),
		cmocka_unit_test_setup_teardown(starts, setup_started, teardown),
		cmocka_unit_test_setup_teardown(sends, setup_started, teardown),
		cmocka_unit_test_setup_teardown(fills, setup_started, teardown),
		cmocka_unit_test_setup_teardown(receives, setup_started, teardown),
		cmocka_unit_test_setup_teardown(receives_bursts, setup_started, teardown),
		cmocka_unit_test_setup_teardown(damaged, setup_started, teardown),
		cmocka_unit_test_setup_teardown(interrupts, setup_started, teardown),
		cmocka_unit_test_setup_teardown(listens_late, setup_started, teardown),
		cmocka_unit_test_setup_teardown(stops, setup_started, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

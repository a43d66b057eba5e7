// SPDX-License-Identifier: GPL-2.0-only
/* Tests of drivers/net/e1000.c: rings, interrupts, and how the controller is started. */
#include "tests/unit/fake_e1000.h"
#include "tests/unit/unit.h"

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

/* --- tests ------------------------------------------------------------------------------------ */

static void attaches(void **state)
{
	static const uint8_t address[] = { 0x52, 0x54, 0x00, 0x12, 0x34, 0x56 };

	(void)state;
	assert_int_equal(attach(0x10D3, PCI_MSIX), 0);
	assert_memory_equal(device->address, address, 6);
	assert_string_equal(device->driver, "e1000e");
	assert_false(pci.no_messages);
	assert_false(command & PCI_COMMAND_BUS_MASTER);
	assert_int_equal(*reg(RCTL) | *reg(TCTL), 0);
	assert_false(e1000_driver.matches(&(struct pci_device){ .vendor = 0x1AF4, .id = 0x100E }));
	/* 82543GC and 82544 want more than others. */
	assert_false(
		e1000_driver.matches(&(struct pci_device){ .vendor = VENDOR_INTEL, .id = 0x1004 }));
	assert_false(
		e1000_driver.matches(&(struct pci_device){ .vendor = VENDOR_INTEL, .id = 0x1008 }));
	assert_false(
		e1000_driver.matches(&(struct pci_device){ .vendor = VENDOR_INTEL, .id = 0x1229 }));
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
		assert_false(command & PCI_COMMAND_BUS_MASTER);
	}
	setup(state);
	unread = true;
	assert_int_equal(attach(0x10D3, PCI_MSIX), -E_UNSUPPORTED);
}

static void starts(void **state)
{
	(void)state;
	assert_true(command & PCI_COMMAND_BUS_MASTER);
	assert_int_equal(*reg(RDLEN), 4096);
	assert_int_equal(*reg(TDLEN), 4096);
	assert_int_equal(*reg(IMS), 0);
	assert_true((*reg(RCTL) & (RCTL_EN | RCTL_UPE | RCTL_MPE)) ==
		    (RCTL_EN | RCTL_UPE | RCTL_MPE));
	assert_true(*reg(CTRL) & CTRL_SLU);
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
		assert_in_range(buffer - device->send_memory, 0,
				(NET_RING_SIZE - 1) * NET_BUFFER_SIZE);
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
		assert_true(receive(60 + i, RDESC_STATUS_DD | RDESC_STATUS_EOP, 0));
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
		for (uint64_t i = unit_random(&random) % 300;
		     i > 0 && receive(100 + in % 900, 3, 0); i--)
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
		{ 60, RDESC_STATUS_DD, 0 }, { 60, RDESC_STATUS_DD | RDESC_STATUS_EOP, 0x01 },
		{ 60, RDESC_STATUS_DD | RDESC_STATUS_EOP, 0x02 },
		{ 60, RDESC_STATUS_DD | RDESC_STATUS_EOP, 0x04 },
		{ 60, RDESC_STATUS_DD | RDESC_STATUS_EOP, 0x10 },
		{ 60, RDESC_STATUS_DD | RDESC_STATUS_EOP, 0x80 },
		{ NET_BUFFER_SIZE + 1, RDESC_STATUS_DD | RDESC_STATUS_EOP, 0 },
		{ 65535, RDESC_STATUS_DD | RDESC_STATUS_EOP, 0 },
	};
	const uint8_t *bytes;
	uint32_t length;

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		assert_true(receive(rows[i].length, rows[i].status, rows[i].errors));
		assert_int_equal(device->ops->receive(device, &bytes, &length), NET_DAMAGED);
		device->ops->give_back(device);
	}
	assert_true(receive(NET_BUFFER_SIZE, RDESC_STATUS_DD | RDESC_STATUS_EOP, 0x60));
	assert_int_equal(device->ops->receive(device, &bytes, &length), NET_FRAME);
}

static void interrupts(void **state)
{
	(void)state;
	assert_true(device->ops->irq_enable(device));
	assert_int_equal(*reg(IMS), CAUSES);
	*reg(ICR) = ICR_RXT0;
	assert_true(device->ops->acknowledge(device));
	assert_false(device->link_asked);
	/* Somebody else's, on the same line. */
	assert_false(device->ops->acknowledge(device));
	*reg(ICR) = ICR_LSC;
	assert_true(device->ops->acknowledge(device));
	assert_true(device->link_asked);
	device->ops->irq_disable(device);
	assert_int_equal(*reg(IMS), 0);
	*reg(ICR) = ICR_RXT0;
	assert_false(device->ops->acknowledge(device));
}

/* Muted, the cause of a frame is taken for somebody else's; but the frame is there. */
static void listens_late(void **state)
{
	const uint8_t *bytes;
	uint32_t length;

	(void)state;
	device->ops->irq_disable(device);
	assert_true(receive(60, RDESC_STATUS_DD | RDESC_STATUS_EOP, 0));
	assert_false(device->ops->acknowledge(device));
	assert_int_equal(*reg(ICR), 0);
	assert_false(device->ops->irq_enable(device));
	device->ops->irq_disable(device);
	assert_int_equal(device->ops->receive(device, &bytes, &length), NET_FRAME);
	device->ops->give_back(device);
	assert_true(device->ops->irq_enable(device));
}

static void messages(void **state)
{
	(void)state;
	assert_int_equal(attach(0x10D3, PCI_MSIX), 0);
	assert_int_equal(device->ops->start(device), 0);
	assert_int_equal(*reg(IVAR), IVAR_ONE);
	device->ops->irq_enable(device);
	assert_int_equal(*reg(IMS), CAUSES_MSIX);
	assert_true(device->ops->acknowledge(device));
	assert_true(*reg(TXDCTL) & TXDCTL_COUNT_DESC && *reg(CTRL_EXT) & CTRL_EXT_DRV_LOAD);
	assert_true(*reg(CTRL_EXT) & CTRL_EXT_PBA_CLR);
}

/* No step of it waits: every look at the clock is a tenth of a millisecond here. */
static enum wait_result stop(void)
{
	uint64_t begin = now, before = now;
	enum wait_result result;

	device->ops->stop(device);
	do {
		assert_true(now - before <= WAIT_MS);
		before = now;
		result = device->ops->has_stopped(device);
	} while (result == WAIT_LATER);
	assert_true(now - begin <= 100 * WAIT_MS);
	return result;
}

/* What does not stop loses its right to touch memory. */
static void stops(void **state)
{
	(void)state;
	assert_int_equal(stop(), WAIT_DONE);
	assert_true(command & PCI_COMMAND_BUS_MASTER);
	assert_int_equal(*reg(RCTL), 0);
	assert_int_equal(device->ops->start(device), 0);
	stuck = true;
	assert_int_equal(stop(), WAIT_FAILED);
	assert_false(command & PCI_COMMAND_BUS_MASTER);
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

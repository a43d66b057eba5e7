// SPDX-License-Identifier: GPL-2.0-only
/* Tests of drivers/net/virtio_net_pci.c: rings, and devices that misuse them. */
#include "drivers/net/virtio_net_pci.c"
#include "tests/unit/fake_virtio_net.h"
#include "tests/unit/unit.h"

static struct virtio_port *port;

static int setup(void **state)
{
	(void)state;
	fake_virtio_net_reset();
	assert_int_equal(virtio_net_pci_driver.attach(&fake_pci_device), 0);
	port = port_of(fake_device);
	assert_false(fake_is_running);
	assert_int_equal(fake_device->ops->start(fake_device), 0);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	free(port);
	port = NULL;
	return 0;
}

/* The device is done with a buffer. */
static void use(struct ring *ring, uint32_t id, uint32_t length)
{
	uint16_t index = ring->memory->used.idx;

	ring->memory->used.ring[index % ring->size].id = id;
	ring->memory->used.ring[index % ring->size].len = length;
	ring->memory->used.idx++;
}

static void starts(void **state)
{
	static const uint8_t address[] = { 0x52, 0x54, 0, 0x12, 0x34, 0x56 };

	(void)state;
	assert_memory_equal(fake_device->address, address, 6);
	assert_true(fake_is_running && fake_command & PCI_COMMAND_BUS_MASTER);
	assert_int_equal(port->receive.offered, 256);
	assert_int_equal(port->receive.memory->available.idx, 256);
	assert_int_equal(fake_notify[0], 0);
	for (unsigned i = 0; i < 256; i++) {
		const struct virtq_desc *descriptor = &port->receive.memory->descriptors[i];

		assert_int_equal(descriptor->addr, fake_device->receive_address + i * 2048);
		assert_int_equal(descriptor->len, 2048);
		assert_int_equal(descriptor->flags, VIRTQ_DESC_F_WRITE);
	}
	assert_int_equal(fake_queues[1].used - fake_queues[1].descriptors,
			 offsetof(struct ring_memory, used));
}

static void queue_sizes(void **state)
{
	static const struct { uint16_t max; int result; unsigned size; } rows[] = {
		{ 0, -E_UNSUPPORTED, 0 }, { 4, -E_UNSUPPORTED, 0 }, { 100, -E_UNSUPPORTED, 0 },
		{ 8, 0, 8 }, { 128, 0, 128 }, { 1024, 0, 256 }, { 32768, 0, 256 },
	};

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		fake_queue_max[0] = rows[i].max;
		assert_int_equal(fake_device->ops->start(fake_device), rows[i].result);
		if (rows[i].result == 0)
			assert_int_equal(port->receive.offered, rows[i].size);
	}
}

/* In whatever order the device returns them. */
static void sends(void **state)
{
	const struct net_device_ops *ops = fake_device->ops;
	uint8_t *buffers[256];

	(void)state;
	for (unsigned i = 0; i < 256; i++) {
		buffers[i] = ops->send_buffer(fake_device);
		assert_non_null(buffers[i]);
		assert_int_equal((buffers[i] - fake_device->send_memory) % 2048, 12);
		ops->send(fake_device, 100 + i);
	}
	assert_null(ops->send_buffer(fake_device));
	assert_int_equal(fake_notify[1], 0xFFFF);
	ops->kick(fake_device);
	assert_int_equal(fake_notify[1], 1);
	for (unsigned i = 0; i < 256; i++) {
		uint16_t id = port->send.memory->available.ring[i];

		assert_ptr_equal(fake_device->send_memory + id * 2048 + 12, buffers[i]);
		assert_int_equal(port->send.memory->descriptors[id].len, 112 + i);
		use(&port->send, 255 - i, 0);
	}
	assert_int_equal(ops->reclaim(fake_device), 256);
	assert_int_equal(port->free_count, 256);
	assert_int_equal(ops->reclaim(fake_device), 0);
	/* A device that looks by itself is not told. */
	fake_notify[1] = 0xFFFF;
	port->send.memory->used.flags = VIRTQ_USED_F_NO_NOTIFY;
	ops->send(fake_device, 60);
	ops->kick(fake_device);
	assert_int_equal(fake_notify[1], 0xFFFF);
}

static void sends_nonsense(void **state)
{
	static const uint32_t ids[] = { 0, 256, 0xFFFFFFFF };

	for (unsigned i = 0; i < ARRAY_SIZE(ids); i++) {
		teardown(state);
		setup(state);
		use(&port->send, ids[i], 0);
		assert_int_equal(fake_device->ops->reclaim(fake_device), -E_IO);
		assert_int_equal(fake_device->ops->reclaim(fake_device), -E_IO);
		assert_int_equal(port->free_count, 256);
	}
	/* The same one twice. */
	assert_int_equal(fake_device->ops->start(fake_device), 0);
	fake_device->ops->send(fake_device, 60);
	use(&port->send, port->send.memory->available.ring[0], 0);
	use(&port->send, port->send.memory->available.ring[0], 0);
	assert_int_equal(fake_device->ops->reclaim(fake_device), -E_IO);
	assert_int_equal(port->free_count, 256);
	/* It says so itself. */
	assert_int_equal(fake_device->ops->start(fake_device), 0);
	fake_needs_reset = true;
	assert_int_equal(fake_device->ops->reclaim(fake_device), 0);
	fake_device->ops->send(fake_device, 60);
	assert_int_equal(fake_device->ops->reclaim(fake_device), -E_IO);
}

static void receives(void **state)
{
	static const struct { uint32_t length; enum net_received result; } rows[] = {
		{ 72, NET_FRAME }, { 2048, NET_FRAME }, { 13, NET_FRAME }, { 12, NET_DAMAGED },
		{ 0, NET_DAMAGED }, { 2049, NET_DAMAGED }, { 0xFFFFFFFF, NET_DAMAGED },
	};
	const struct net_device_ops *ops = fake_device->ops;
	const uint8_t *bytes;
	uint32_t length;

	(void)state;
	assert_int_equal(ops->receive(fake_device, &bytes, &length), NET_NOTHING);
	for (unsigned i = 0; i < 1000; i++) {
		unsigned row = i % ARRAY_SIZE(rows);

		use(&port->receive, (i * 77) % 256, rows[row].length);
		assert_int_equal(ops->receive(fake_device, &bytes, &length), rows[row].result);
		if (rows[row].result == NET_FRAME) {
			assert_int_equal(length, rows[row].length - 12);
			assert_ptr_equal(bytes,
					 fake_device->receive_memory + (i * 77) % 256 * 2048 + 12);
		}
		assert_int_equal(port->receive.offered, 255);
		ops->give_back(fake_device);
		assert_int_equal(port->receive.memory->available.ring[i % 256], (i * 77) % 256);
	}
	use(&port->receive, 3, 100);
	use(&port->receive, 3, 100);
	assert_int_equal(ops->receive(fake_device, &bytes, &length), NET_FRAME);
	assert_int_equal(ops->receive(fake_device, &bytes, &length), NET_NONSENSE);
}

static void interrupts(void **state)
{
	const struct net_device_ops *ops = fake_device->ops;

	(void)state;
	assert_true(ops->irq_enable(fake_device));
	assert_int_equal(port->receive.memory->available.flags, 0);
	assert_int_equal(port->send.memory->available.flags, VIRTQ_AVAIL_F_NO_INTERRUPT);
	ops->irq_disable(fake_device);
	assert_int_equal(port->receive.memory->available.flags, VIRTQ_AVAIL_F_NO_INTERRUPT);
	use(&port->receive, 0, 100);
	assert_false(ops->irq_enable(fake_device));
	assert_false(ops->acknowledge(fake_device));
	fake_isr = 1;
	assert_true(ops->acknowledge(fake_device));
	assert_false(fake_device->link_asked);
	fake_isr = VIRTIO_PCI_ISR_CONFIG;
	assert_true(ops->acknowledge(fake_device));
	assert_true(fake_device->link_asked);
	/* Messages of MSI-X have no status, and are nobody else's. */
	fake_isr = 0;
	fake_pci_device.interrupt = PCI_MSIX;
	assert_int_equal(ops->start(fake_device), 0);
	assert_true(ops->acknowledge(fake_device));
}

static void link(void **state)
{
	(void)state;
	assert_true(fake_device->ops->link(fake_device));
	fake_config[6] = 0;
	assert_false(fake_device->ops->link(fake_device));
	fake_features = ~BIT64(VIRTIO_NET_F_STATUS);
	assert_int_equal(fake_device->ops->start(fake_device), 0);
	assert_true(fake_device->ops->link(fake_device));
}

static void stops(void **state)
{
	(void)state;
	fake_device->ops->stop(fake_device);
	assert_int_equal(fake_device->ops->has_stopped(fake_device), WAIT_DONE);
	assert_false(fake_is_running);
	assert_true(fake_command & PCI_COMMAND_BUS_MASTER);
	fake_stuck = true;
	fake_device->ops->stop(fake_device);
	assert_int_equal(fake_device->ops->has_stopped(fake_device), WAIT_FAILED);
	assert_false(fake_command & PCI_COMMAND_BUS_MASTER);
}

static void refused(void **state)
{
	(void)state;
	fake_virtio_net_reset();
	fake_stuck = true;
	assert_int_equal(virtio_net_pci_driver.attach(&fake_pci_device), -E_UNSUPPORTED);
	assert_null(fake_device);
	assert_int_equal(fake_pages_used, 0);
	/* One without an address gets one. */
	fake_virtio_net_reset();
	fake_features = ~BIT64(VIRTIO_NET_F_MAC);
	assert_int_equal(virtio_net_pci_driver.attach(&fake_pci_device), 0);
	port = port_of(fake_device);
	assert_int_equal(fake_device->address[0], 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(starts, setup, teardown),
		cmocka_unit_test_setup_teardown(queue_sizes, setup, teardown),
		cmocka_unit_test_setup_teardown(sends, setup, teardown),
		cmocka_unit_test_setup_teardown(sends_nonsense, setup, teardown),
		cmocka_unit_test_setup_teardown(receives, setup, teardown),
		cmocka_unit_test_setup_teardown(interrupts, setup, teardown),
		cmocka_unit_test_setup_teardown(link, setup, teardown),
		cmocka_unit_test_setup_teardown(stops, setup, teardown),
		cmocka_unit_test_teardown(refused, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of drivers/block/virtio_blk_pci.c: what a device finds in its queue, what is made of
 * its answers, and devices that cannot be used.
 */
#include "tests/unit/virtio_blk_fixture.h"

/* --- attaching ------------------------------------------------------------------------------- */

static void matches(void **state)
{
	(void)state;
	assert_true(virtio_matches(&pci));
	pci.id = VIRTIO_PCI_DEVICE_BLOCK;
	assert_true(virtio_matches(&pci));
	pci.id = 0x1041;	/* a network card */
	assert_false(virtio_matches(&pci));
	pci.id = (VIRTIO_PCI_DEVICE_MODERN + VIRTIO_ID_BLOCK);
	pci.vendor = 0x8086;
	assert_false(virtio_matches(&pci));
}

static void a_disk(void **state)
{
	(void)state;
	attached();
	assert_true(found->disk.device.sectors == SECTORS);
	assert_false(found->disk.device.read_only);
	assert_memory_equal(found->disk.name, "virtio", 6);
	assert_int_equal(found->port.depth, DISK_TAGS_MAX);
	assert_int_equal(found->port.limits.fragments, RING_MAX - EXTRA_DESCRIPTORS);
	assert_int_equal(found->port.limits.alignment, 1);
	assert_int_equal(starts, 1);
	assert_int_equal(polled, 0);
	assert_false(found->messages);
}

static void what_the_device_says(void **state)
{
	static const struct {
		uint16_t queue_max;
		uint32_t seg_max;
		unsigned ring, fragments;
	} rows[] = {
		{ 256, 1000, 256, 254 }, { 255, 1000, 128, 126 }, { 100, 1000, 64, 62 },
		{ 8, 1000, 8, 6 }, { 256, 5, 256, 5 }, { 256, 0, 256, 1 },
	};

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		setup(NULL);
		offered = FEATURES;
		queue_max = rows[i].queue_max;
		memcpy(config + offsetof(struct virtio_blk_config, seg_max), &rows[i].seg_max, 4);
		attached();
		assert_true(found->disk.device.read_only);
		assert_int_equal(found->ring_size, rows[i].ring);
		assert_int_equal(found->port.limits.fragments, rows[i].fragments);
		teardown(NULL);
	}
}

/* What is no whole block at the end is not there; and other sizes than two are not for Umbra. */
static void block_sizes(void **state)
{
	static const struct {
		uint32_t size, config_size;
		uint64_t sectors;
	} rows[] = {
		{ 512, 24, SECTORS }, { 4096, 24, SECTORS & ~7ull }, { 4096, 23, 0 },
		{ 1024, 24, 0 },
		{ 8192, 24, 0 }, { 0, 24, 0 }, { 0xFFFFFFFF, 24, 0 }, { 513, 24, 0 },
	};

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		setup(NULL);
		offered |= FEATURE_BLK_SIZE;
		config_size = rows[i].config_size;
		memcpy(config + offsetof(struct virtio_blk_config, blk_size), &rows[i].size, 4);
		assert_int_equal(virtio_attach(&pci) == 0, rows[i].sectors != 0);
		if (rows[i].sectors == 0)
			continue;
		assert_true(found->disk.device.sectors == rows[i].sectors);
		assert_int_equal(found->disk.device.block_size, rows[i].size);
		teardown(NULL);
	}
}

static void cannot_be_used(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 8; i++) {
		setup(NULL);
		no_registers = i == 0;
		no_answer = i == 1;
		no_notify = i == 2;
		no_port = i == 3;
		config_size = i == 4 ? CONFIG_SIZE_MIN - 1 : config_size;
		offered = i == 5 ? offered & ~FEATURE_INDIRECT : offered;
		queue_max = i == 6 ? RING_MIN - 1 : queue_max;
		no_agreement = i == 7;
		assert_true(virtio_attach(&pci) < 0);
		assert_null(found);
		assert_int_equal(freed, 1);
		assert_int_equal(command & PCI_COMMAND_BUS_MASTER, 0);
	}
}

/* --- interrupts ------------------------------------------------------------------------------- */

static void by_line(void **state)
{
	(void)state;
	attached();
	assert_false(irq_ops.raised(irq_context));
	assert_int_equal(interrupts, 0);
	isr = 1;
	assert_true(irq_ops.raised(irq_context));
	assert_int_equal(interrupts, 1);
	irq_ops.silenced(irq_context);
	assert_int_equal(polled, 1);
}

/* The queue is made once more, for its vector; nobody looks at the status. */
static void by_messages(void **state)
{
	(void)state;
	pci.interrupt = PCI_MSIX;
	attached();
	assert_int_equal(starts, 2);
	assert_int_equal(resets, 2);
	assert_true(irq_ops.raised(irq_context));
	assert_int_equal(interrupts, 1);
	assert_int_equal(polled, 0);
}

static void without(void **state)
{
	(void)state;
	no_interrupt = true;
	attached();
	assert_int_equal(polled, 1);
	teardown(NULL);
	setup(NULL);
	pci.interrupt = PCI_MSIX;
	no_vector = true;
	attached();
	assert_int_equal(polled, 1);
	assert_int_equal(pci.interrupt, PCI_POLLED);
}

/* --- commands --------------------------------------------------------------------------------- */

static const struct disk_fragment fragments[] = { { 0x123456000, 1024 }, { 0x7000, 512 } };

static bool start(unsigned tag, enum block_operation operation, uint64_t sector)
{
	struct disk_command asked = { .operation = operation, .sector = sector };

	if (operation != BLOCK_FLUSH) {
		asked.fragments = fragments;
		asked.count = ARRAY_SIZE(fragments);
		asked.length = 1536;
	}
	notified = 0xFFFF;
	return virtio_ops.start(&found->port, tag, &asked);
}

static void check_descriptor(const struct virtq_desc *descriptor, uint64_t address, uint32_t length,
			     unsigned flags, unsigned next)
{
	assert_true(descriptor->addr == address);
	assert_int_equal(descriptor->len, length);
	assert_int_equal(descriptor->flags, flags);
	assert_int_equal(descriptor->next, next);
}

static void check_chain(unsigned tag, uint32_t type, uint64_t sector, unsigned data_flags)
{
	const struct tag_memory *place = &memory.tags[tag];
	size_t run;
	uint64_t physical = host_physical(place, &run);

	check_descriptor(&memory.descriptors[tag], physical + offsetof(struct tag_memory, table),
			 4 * 16, VIRTQ_DESC_F_INDIRECT, 0);
	check_descriptor(&place->table[0], physical, 16, VIRTQ_DESC_F_NEXT, 1);
	check_descriptor(&place->table[1], 0x123456000, 1024, VIRTQ_DESC_F_NEXT | data_flags, 2);
	check_descriptor(&place->table[2], 0x7000, 512, VIRTQ_DESC_F_NEXT | data_flags, 3);
	check_descriptor(&place->table[3], physical + offsetof(struct tag_memory, status), 1,
			 VIRTQ_DESC_F_WRITE, 0);
	assert_int_equal(place->header.type, type);
	assert_true(place->header.sector == sector);
	assert_int_equal(place->status, STATUS_NONE);
}

static void chains(void **state)
{
	(void)state;
	attached();
	start(3, BLOCK_READ, 0x123456780);
	assert_int_equal(memory.avail.idx, 1);
	assert_int_equal(memory.avail.ring[0], 3);
	assert_int_equal(notified, 0);
	check_chain(3, VIRTIO_BLK_T_IN, 0x123456780, VIRTQ_DESC_F_WRITE);
	start(0, BLOCK_WRITE, 7);
	assert_int_equal(memory.avail.idx, 2);
	assert_int_equal(memory.avail.ring[1], 0);
	check_chain(0, VIRTIO_BLK_T_OUT, 7, 0);
}

static void flushes(void **state)
{
	(void)state;
	attached();
	assert_true(start(1, BLOCK_FLUSH, 0));
	assert_int_equal(memory.tags[1].header.type, VIRTIO_BLK_T_FLUSH);
	assert_int_equal(memory.descriptors[1].len, 2 * 16);
	assert_int_equal(memory.avail.idx, 1);
	assert_int_equal(good, 0);
	/* Without a cache there is nothing to do. */
	found->features &= ~FEATURE_FLUSH;
	assert_false(start(2, BLOCK_FLUSH, 0));
	assert_int_equal(good, 0);
	assert_int_equal(memory.avail.idx, 1);
}

/* The device is done with what was asked in tag, or says so. */
static void answer(uint32_t tag, uint8_t status)
{
	if (tag < DISK_TAGS_MAX)
		memory.tags[tag].status = status;
	memory.used.ring[memory.used.idx % found->ring_size].id = tag;
	memory.used.idx++;
}

static void answers(void **state)
{
	(void)state;
	attached();
	for (unsigned i = 0; i < 4; i++)
		start(i, BLOCK_READ, i);
	virtio_ops.poll(&found->port);
	assert_int_equal(good | bad, 0);
	answer(2, VIRTIO_BLK_S_OK);
	answer(0, 1);
	virtio_ops.poll(&found->port);
	assert_int_equal(good, 1 << 2);
	assert_int_equal(bad, 1 << 0);
	answer(1, 2);			/* it knows no such request */
	answer(3, STATUS_NONE);		/* it says that it is done, but not how */
	virtio_ops.poll(&found->port);
	assert_int_equal(good, 1 << 2);
	assert_int_equal(bad, 0xB);
	virtio_ops.poll(&found->port);
	assert_int_equal(restarts, 0);
}

/* Indices go around, those of the ring at its size and those in memory at 65536. */
static void around(void **state)
{
	(void)state;
	queue_max = 8;
	attached();
	for (unsigned i = 0; i < 70000; i++) {
		unsigned tag = i % DISK_TAGS_MAX;

		start(tag, BLOCK_READ, i);
		assert_int_equal(memory.avail.ring[i % 8], tag);
		answer(tag, VIRTIO_BLK_S_OK);
		virtio_ops.poll(&found->port);
		assert_int_equal(good, 1u << tag);
		good = 0;
	}
	assert_int_equal(restarts, 0);
}

/* What makes no sense is not believed. */
static void nonsense(void **state)
{
	(void)state;
	attached();
	start(0, BLOCK_READ, 0);
	answer(DISK_TAGS_MAX, 0);
	answer(0xFFFFFFFF, 0);
	virtio_ops.poll(&found->port);
	assert_int_equal(good | bad | restarts, 0);
	memory.used.idx = (uint16_t)(memory.used.idx + DISK_TAGS_MAX + 1);
	virtio_ops.poll(&found->port);
	assert_int_equal(good | bad, 0);
	assert_int_equal(restarts, 1);
	memory.used.idx = 0;		/* fewer than before */
	virtio_ops.poll(&found->port);
	assert_int_equal(restarts, 2);
}

static void asks_for_a_reset(void **state)
{
	(void)state;
	attached();
	needs_reset = true;
	virtio_ops.poll(&found->port);
	assert_int_equal(restarts, 1);
}

/* --- stopping --------------------------------------------------------------------------------- */

static void stops_and_starts(void **state)
{
	(void)state;
	attached();
	start(0, BLOCK_READ, 0);
	reset_lasts = 2;
	virtio_ops.stop(&found->port);
	assert_int_equal(resets, 2);
	for (unsigned i = 0; i < 2; i++)
		assert_false(virtio_ops.has_stopped(&found->port));
	assert_true(virtio_ops.has_stopped(&found->port));
	assert_true(command & PCI_COMMAND_BUS_MASTER);
	assert_int_equal(virtio_ops.revive(&found->port), 0);
	assert_int_equal(starts, 2);
	virtio_ops.poll(&found->port);
	assert_int_equal(good | bad | restarts, 0);
	start(5, BLOCK_READ, 0);
	assert_int_equal(memory.avail.ring[0], 5);
}

/* One that does not answer is kept from memory. */
static void cannot_be_stopped(void **state)
{
	(void)state;
	attached();
	no_answer = true;
	virtio_ops.stop(&found->port);
	assert_true(virtio_ops.has_stopped(&found->port));
	assert_int_equal(command & PCI_COMMAND_BUS_MASTER, 0);
	assert_int_equal(virtio_ops.revive(&found->port), -E_IO);
	assert_int_equal(command & PCI_COMMAND_BUS_MASTER, 0);
}

int main(void)
{
#define VIRTIO_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		VIRTIO_TEST(matches),
		VIRTIO_TEST(a_disk),
		VIRTIO_TEST(what_the_device_says),
		VIRTIO_TEST(block_sizes),
		VIRTIO_TEST(cannot_be_used),
		VIRTIO_TEST(by_line),
		VIRTIO_TEST(by_messages),
		VIRTIO_TEST(without),
		VIRTIO_TEST(chains),
		VIRTIO_TEST(flushes),
		VIRTIO_TEST(answers),
		VIRTIO_TEST(around),
		VIRTIO_TEST(nonsense),
		VIRTIO_TEST(asks_for_a_reset),
		VIRTIO_TEST(stops_and_starts),
		VIRTIO_TEST(cannot_be_stopped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: GPL-2.0-only
/* Tests of drivers/pci/virtio_pci.c: capabilities, good and not, and how a device is started. */
#include "lib/error.h"
#include "tests/unit/fake_virtio_pci.h"
#include "tests/unit/unit.h"

#include <string.h>

enum { COMMON = 1, NOTIFY, ISR, CONFIG };

static struct fake_pci_function *function;
static struct virtio_pci_places places;

static void put(uint8_t at, uint8_t next, uint8_t kind, uint8_t bar, uint32_t offset,
		uint32_t length)
{
	uint8_t *bytes = function->bytes + at;

	memset(bytes, 0, 20);
	bytes[0] = PCI_CAP_ID_VENDOR;
	bytes[1] = next;
	bytes[2] = 20;
	bytes[3] = kind;
	bytes[4] = bar;
	store_le32(bytes + 8, offset);
	store_le32(bytes + 12, length);
	store_le32(bytes + 16, 4);
}

static int setup(void **state)
{
	(void)state;
	function = fake_virtio_make();
	memset(fake_bar, 0, sizeof(fake_bar));
	function->bytes[PCI_STATUS] = 0x10;
	function->bytes[PCI_CAPABILITIES_POINTER] = 0x40;
	put(0x40, 0x54, COMMON, 4, 0, 56);
	put(0x54, 0x68, ISR, 4, 0x1000, 1);
	put(0x68, 0x7C, CONFIG, 4, 0x2000, 64);
	put(0x7C, 0, NOTIFY, 4, 0x3000, 0x1000);
	return 0;
}

static void found(void **state)
{
	(void)state;
	assert_true(virtio_pci_find(&fake_virtio, &places));
	assert_int_equal(places.notify.offset, 0x3000);
	assert_int_equal(places.notify_multiplier, 4);
	assert_int_equal(places.config.length, 64);
}

/* The first usable one counts, and what is of no known kind does not. */
static void first_usable(void **state)
{
	(void)state;
	function->bytes[0x7D] = 0x90;
	put(0x90, 0xA4, COMMON, 4, 0x100, 56);
	put(0xA4, 0, 5, 0, 0, 0);
	assert_true(virtio_pci_find(&fake_virtio, &places));
	assert_int_equal(places.common.offset, 0);
	put(0x40, 0x54, COMMON, 5, 0, 56);
	assert_true(virtio_pci_find(&fake_virtio, &places));
	assert_int_equal(places.common.offset, 0x100);
}

static void unusable(void **state)
{
	static const struct {
		uint8_t bar;
		uint32_t offset, length;
	} rows[] = {
		{ 6, 0, 56 }, { 255, 0, 56 }, { 5, 0, 56 }, { 0, 0, 56 }, { 4, 0, 55 }, { 4, 0, 0 },
		{ 4, FAKE_BAR_SIZE, 56 }, { 4, FAKE_BAR_SIZE - 55, 56 }, { 4, 0xFFFFFFFF, 56 },
		{ 4, 8, 0xFFFFFFFF }, { 4, 2, 56 },
	};

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		put(0x40, 0x54, COMMON, rows[i].bar, rows[i].offset, rows[i].length);
		assert_false(virtio_pci_find(&fake_virtio, &places));
	}
	put(0x40, 0x54, COMMON, 4, 0, 56);
	function->bytes[0x7C + 2] = 16;		/* no room for the multiplier */
	assert_false(virtio_pci_find(&fake_virtio, &places));
	/* Cut off by the end of the space. */
	function->bytes[0x69] = 0xF4;
	function->bytes[0xF4] = PCI_CAP_ID_VENDOR;
	function->bytes[0xF6] = 20;
	function->bytes[0xF7] = NOTIFY;
	assert_false(virtio_pci_find(&fake_virtio, &places));
}

static void started(void **state)
{
	struct virtio_pci_queue queue = { 8, 0x1000, 0x2000, 0x140000000 };
	struct virtio_pci virtio;
	uint64_t accepted;

	(void)state;
	assert_null(virtio_pci_map(&virtio, &fake_virtio));
	assert_true(virtio_pci_reset(&virtio));
	/* This memory shows the same bits for both halves of the features, bit 32 among them. */
	virtio.common->device_feature = 0x201;
	assert_null(virtio_pci_negotiate(&virtio, 0x200, &accepted));
	assert_true(accepted == 0x100000200);
	virtio.common->queue_notify_off = 0x3FF;
	assert_ptr_equal(virtio_pci_start(&virtio, &queue), fake_bar + 0x3FFC);
	assert_int_equal(virtio.common->device_status, 15);
	assert_int_equal(virtio.common->queue_used_high, 1);
	assert_int_equal(virtio.common->queue_used, 0x40000000);
	assert_int_equal(virtio.common->queue_enable, 1);
	assert_int_equal(virtio.common->queue_msix_vector, 0xFFFF);
	assert_false(virtio_pci_has_vector(&virtio));
	fake_msix = true;
	virtio_pci_start(&virtio, &queue);
	assert_int_equal(virtio.common->queue_msix_vector, 0);
	assert_int_equal(virtio.common->msix_config, 0xFFFF);
	assert_true(virtio_pci_has_vector(&virtio));
	assert_false(virtio_pci_needs_reset(&virtio));
	for (unsigned i = 0; i < 3; i++) {
		virtio.common->device_status = (uint8_t[]){ 15 | 64, 0, 0xFF }[i];
		assert_true(virtio_pci_needs_reset(&virtio));
	}
	virtio.common->queue_notify_off = 0x400;
	assert_null(virtio_pci_start(&virtio, &queue));
	virtio.common->device_feature = 0x200;
	assert_non_null(strstr(virtio_pci_negotiate(&virtio, 0x200, &accepted), "1.0"));
}

/* What the platform may ask for is agreed to, and nothing else that nobody wanted. */
static void platform(void **state)
{
	struct virtio_pci virtio;
	uint64_t accepted;

	(void)state;
	assert_null(virtio_pci_map(&virtio, &fake_virtio));
	virtio.common->device_feature = 0xFFFFFFFF;
	assert_null(virtio_pci_negotiate(&virtio, 0x200, &accepted));
	assert_true(accepted == (1ull << 32 | 1ull << 33 | 1ull << 36 | 0x200));
}

/* Several queues, and with MSI-X interrupts of the device itself. */
static void started_in_steps(void **state)
{
	struct virtio_pci_queue queue = { 16, 0x1000, 0x2000, 0x3000 };
	struct virtio_pci virtio;

	(void)state;
	fake_msix = true;
	assert_null(virtio_pci_map(&virtio, &fake_virtio));
	virtio.common->queue_size = 64;
	assert_int_equal(virtio_pci_queue_max_of(&virtio, 1), 64);
	assert_int_equal(virtio.common->queue_select, 1);
	virtio.common->queue_select = 0;
	virtio.common->queue_notify_off = 1;
	virtio.common->msix_config = 0xFFFF;
	virtio.common->device_status = 11;
	assert_ptr_equal(virtio_pci_add_queue(&virtio, 1, &queue), fake_bar + 0x3004);
	assert_int_equal(virtio.common->queue_select, 1);
	assert_int_equal(virtio.common->queue_size, 16);
	assert_int_equal(virtio.common->queue_msix_vector, 0);
	assert_int_equal(virtio.common->device_status, 11);
	virtio_pci_go(&virtio);
	assert_int_equal(virtio.common->device_status, 15);
	assert_int_equal(virtio.common->msix_config, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(found, setup),
		cmocka_unit_test_setup(first_usable, setup),
		cmocka_unit_test_setup(unusable, setup),
		cmocka_unit_test_setup(started, setup),
		cmocka_unit_test_setup(platform, setup),
		cmocka_unit_test_setup(started_in_steps, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

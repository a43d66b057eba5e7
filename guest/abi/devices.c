// SPDX-License-Identifier: GPL-2.0-only
/*
 * The device page: well-formed records, rings that are zero after a reset, and
 * early text. What each device does is tested elsewhere.
 */
#include "guest/abi/source.h"
#include "guest/runtime/device.h"
#include "guest/runtime/hypercall.h"
#include "guest/runtime/layout.h"
#include "guest/runtime/report.h"
#include "guest/runtime/virtqueue.h"

#include <stddef.h>

/* Kernels without an I/O APIC have 16 lines (the protocol's note on irq numbers). */
#define LINES 16u

static void check_record(const struct device *device)
{
	uint32_t end = device->offset + LGUEST_DEVICE_RECORD_SIZE(device->head.num_vq,
								  device->head.feature_len,
								  device->head.config_len);

	CHECK(end < LGUEST_DEVICE_PAGE_SIZE, "record at %u leaves the page", device->offset);
	CHECK(device->head.num_vq > 0, "device %u has no queue", device->head.type);
	for (unsigned int i = 0; i < device->head.num_vq; i++) {
		struct lguest_vqconfig config = device_queue(device, i);

		CHECK(config.num > 0 && (config.num & (config.num - 1)) == 0,
		      "device %u queue %u has %u descriptors", device->head.type, i, config.num);
		CHECK(config.irq > 0 && config.irq < LINES, "device %u queue %u has line %u",
		      device->head.type, i, config.irq);
		CHECK(config.pfn * PAGE_SIZE > device_address(device) - device->offset,
		      "device %u queue %u has its ring at frame 0x%x", device->head.type, i,
		      config.pfn);
	}
}

TEST(devices, records)
{
	struct device device;
	uint32_t count = 0;

	for (bool more = device_next(&device, true); more; more = device_next(&device, false)) {
		check_record(&device);
		count++;
	}
	CHECK(count > 0, "no device at all");
}

TEST(devices, console_present)
{
	struct device device;

	CHECK(device_find(LGUEST_DEVICE_CONSOLE, &device), "no console");
	CHECK(device.head.num_vq == 2, "%u queues", device.head.num_vq);
}

static bool is_zero(const uint8_t *bytes, uint32_t size)
{
	for (uint32_t i = 0; i < size; i++)
		if (bytes[i] != 0)
			return false;
	return true;
}

/* Only the console: a reset of others could upset tests that use them. */
TEST(devices, rings_zero_after_reset)
{
	struct device device;

	CHECK(device_find(LGUEST_DEVICE_CONSOLE, &device), "no console");
	for (unsigned int i = 0; i < device.head.num_vq; i++) {
		struct lguest_vqconfig config = device_queue(&device, i);
		uint32_t size = virtqueue_size(config.num);
		uint8_t *ring = device_map(config.pfn * PAGE_SIZE, size);

		CHECK(is_zero(ring, size), "queue %u is not zero at the start", i);
		ring[0] = 0x55;
		ring[size - 1] = 0x55;
		device_set_status(&device, LGUEST_STATUS_RESET, true);
		CHECK(is_zero(ring, size), "queue %u is not zero after a reset", i);
	}
}

TEST(devices, console_output)
{
	unsigned int line;

	CHECK(source_start(&line), "no console");
	CHECK(source_raise("text of the ABI guest on its virtio console\r\n"),
	      "the buffer is not used");
}

/* Early text may stand anywhere, odd addresses included. */
TEST(devices, early_text)
{
	static const char text[] = "!early text\r\n";

	hypercall_notify(phys_of(text + 1));
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzzer of the capabilities of virtio devices: the input is the configuration
 * space.  Places that come out lie inside a memory BAR, and starting the device
 * touches nothing else.
 */
#include "tests/fuzz/fuzz.h"
#include "tests/unit/fake_virtio_pci.h"

static void check_place(const struct virtio_pci_place *place, uint32_t least)
{
	REQUIRE(place->bar == 4 && place->length >= least);
	REQUIRE(place->offset < FAKE_BAR_SIZE && place->length <= FAKE_BAR_SIZE - place->offset);
}

static void start(void)
{
	struct virtio_pci_queue queue = { 8, 0x1000, 0x2000, 0x3000 };
	volatile uint16_t *notify;
	struct virtio_pci virtio;

	if (virtio_pci_map(&virtio, &fake_virtio))
		return;
	notify = virtio_pci_start(&virtio, &queue);
	if (notify)
		*notify = 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fake_pci_function *function = fake_virtio_make();
	struct virtio_pci_places places;

	memcpy(function->bytes, data, size < 256 ? size : 256);
	if (size > 256)
		memcpy(fake_bar, data + 256,
		       size - 256 < FAKE_BAR_SIZE ? size - 256 : FAKE_BAR_SIZE);
	if (!virtio_pci_find(&fake_virtio, &places))
		return 0;
	check_place(&places.common, 56);
	check_place(&places.notify, 2);
	check_place(&places.isr, 1);
	check_place(&places.config, 1);
	start();
	return 0;
}

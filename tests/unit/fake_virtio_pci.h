/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What drivers/pci/virtio_pci.c stands on, for its tests and its fuzzer: a device
 * whose BAR 4 is in fake_bar.
 */
#ifndef UMBRA_TESTS_UNIT_FAKE_VIRTIO_PCI_H
#define UMBRA_TESTS_UNIT_FAKE_VIRTIO_PCI_H

#include "arch/cpu/log.h"
#include "arch/cpu/time.h"
#include "drivers/pci/pci_msi.h"
#include "drivers/pci/virtio_pci.h"
#include "tests/unit/fake_pci.h"

#define FAKE_BAR_SIZE 16384u

static uint8_t fake_bar[FAKE_BAR_SIZE] __attribute__((aligned(8)));
static uint64_t fake_now;
static bool fake_msix;

uint64_t time_ns(void)
{
	return fake_now += 1000000;
}

void log_line(enum log_level level, const char *subsystem, const char *format, ...)
{
	(void)level;
	(void)subsystem;
	(void)format;
}

void *pci_map_bar(const struct pci_device *device, unsigned bar, uint64_t size)
{
	if (bar >= PCI_BARS || device->bars[bar].kind != PCI_BAR_MEMORY || size > FAKE_BAR_SIZE)
		return NULL;
	return fake_bar;
}

bool pci_msix_is_on(const struct pci_device *device)
{
	(void)device;
	return fake_msix;
}

static struct pci_device fake_virtio;

static inline struct fake_pci_function *fake_virtio_make(void)
{
	fake_pci_count = 0;
	fake_msix = false;
	fake_virtio = (struct pci_device){ .access = &fake_pci_access, .function = 8 };
	fake_virtio.bars[4] = (struct pci_bar){ PCI_BAR_MEMORY, 0xFE000000, FAKE_BAR_SIZE };
	fake_virtio.bars[5] = (struct pci_bar){ PCI_BAR_PORTS, 0xC000, 64 };
	return fake_pci_add(8, VIRTIO_PCI_VENDOR, 0x1042, 0);
}

#endif

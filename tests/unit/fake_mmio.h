/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Stands in for arch/cpu/mmio.h: a test that includes this before the source file
 * of a chip plays the chip, whose registers are at whatever pointers its
 * fake_mmio_map hands out.
 */
#ifndef UMBRA_TESTS_UNIT_FAKE_MMIO_H
#define UMBRA_TESTS_UNIT_FAKE_MMIO_H
#define UMBRA_ARCH_CPU_MMIO_H

#include <stddef.h>
#include <stdint.h>

typedef void *mmio_map_t(uint64_t address, size_t length);

/* The test's. */
static uint32_t fake_mmio_read(const void *base, uint32_t offset);
static void fake_mmio_write(void *base, uint32_t offset, uint32_t value);

static inline uint32_t mmio_read32(const void *base, uint32_t offset)
{
	return fake_mmio_read(base, offset);
}

static inline void mmio_write32(void *base, uint32_t offset, uint32_t value)
{
	fake_mmio_write(base, offset, value);
}

#endif

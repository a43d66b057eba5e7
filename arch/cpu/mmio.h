/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Device registers in memory: one access of 32 bits each, which the compiler neither repeats
 * nor drops nor reorders.  The mapping is not cached, so the processor does not reorder them
 * either (Intel SDM vol. 3, 11.3).
 */
#ifndef UMBRA_ARCH_CPU_MMIO_H
#define UMBRA_ARCH_CPU_MMIO_H

#include <stddef.h>
#include <stdint.h>

/*
 * Maps length bytes of device registers at a physical address for ever; NULL when there is no room,
 * or no device can be there.  arch/ gets map_mmio of mm/host_map.h as a parameter, since mm/ is
 * above it.
 */
typedef void *mmio_map_t(uint64_t address, size_t length);

static inline uint32_t mmio_read32(const void *base, uint32_t offset)
{
	return *(const volatile uint32_t *)(const void *)((const uint8_t *)base + offset);
}

static inline void mmio_write32(void *base, uint32_t offset, uint32_t value)
{
	*(volatile uint32_t *)(void *)((uint8_t *)base + offset) = value;
}

#endif

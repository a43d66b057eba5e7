/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * arch/cpu/layout.h for native programs: the same addresses, but a direct map of
 * the program's own low memory, checked at each step.
 */
#ifndef UMBRA_TESTS_UNIT_NATIVE_ARCH_CPU_LAYOUT_H
#define UMBRA_TESTS_UNIT_NATIVE_ARCH_CPU_LAYOUT_H

#define direct_map machine_direct_map
#define direct_physical machine_direct_physical
#include_next "arch/cpu/layout.h"
#undef direct_map
#undef direct_physical

#include <stdlib.h>

#define NATIVE_LOW_SIZE (32u << 20)
#undef DIRECT_MAP_SIZE
#define DIRECT_MAP_SIZE NATIVE_LOW_SIZE

extern uint8_t *native_low_memory;

static inline void *direct_map(uint64_t physical)
{
	if (physical >= NATIVE_LOW_SIZE)
		abort();
	return native_low_memory + physical;
}

static inline uint32_t direct_physical(const void *pointer)
{
	uintptr_t offset = (uintptr_t)pointer - (uintptr_t)native_low_memory;

	if (offset >= NATIVE_LOW_SIZE)
		abort();
	return (uint32_t)offset;
}

#endif

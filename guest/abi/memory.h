/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Small steps which the paging tests of the ABI guest share: frames that can be
 * told apart, and single accesses as faults.
 */
#ifndef UMBRA_GUEST_ABI_MEMORY_H
#define UMBRA_GUEST_ABI_MEMORY_H

#include "guest/runtime/layout.h"
#include "guest/runtime/pages.h"
#include "guest/runtime/paging.h"
#include "guest/runtime/trap.h"
#include "guest/runtime/user.h"

#include <stdint.h>

/* A frame whose first word is value. */
static inline uint32_t frame_with(uint32_t value)
{
	uint32_t frame = page_alloc();

	*(uint32_t *)virt_of(frame) = value;
	return frame;
}

/* The first word of a frame. */
static inline uint32_t frame_word(uint32_t frame)
{
	return *(volatile uint32_t *)virt_of(frame);
}

/* Ring 1 reads or writes a word; *value stays as it is when that faults. */
static inline struct fault kernel_read(uint32_t address, uint32_t *value)
{
	return fault_of("movl (%1), %0", "+r"(*value) : "r"(address) : "memory");
}

static inline struct fault kernel_write(uint32_t address, uint32_t value)
{
	return fault_of("movl %1, (%0)", : "r"(address), "r"(value) : "memory");
}

/* The word at an address of the current space, or 0xBAD when reading it faults. */
static inline uint32_t peek(uint32_t address)
{
	uint32_t value = 0xBAD;

	(void)kernel_read(address, &value);
	return value;
}

/* The low half of a page's entry in the current space. */
static inline uint32_t leaf(uint32_t address)
{
	return (uint32_t)paging_get(paging_current(), address, PAGING_PTE);
}

/* Take a page of the kernel's space away and tell Umbra. */
static inline void unmap(uint32_t address)
{
	paging_set(paging_kernel_space(), address, 0);
}

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The address space of a guest. All spaces share everything from
 * GUEST_KERNEL_BASE (a build setting, guest.mk) up; below it each has its own
 * user part, which holds at least the ring-3 code and its stack.
 *
 *   0x08000000  USER_CODE: the image's .user section, read-only to ring 3
 *   0x08100000  USER_STACK_TOP, growing down
 *   0x40000000  USER_TEST: free for tests
 *   0xC0000000  linear map of guest-physical memory from 0, 768 MB at most
 *   0xF0000000  WINDOW_DEVICES: device page and rings
 *   0xF0400000  WINDOW_TEST: kernel addresses free for tests
 */
#ifndef UMBRA_GUEST_RUNTIME_LAYOUT_H
#define UMBRA_GUEST_RUNTIME_LAYOUT_H

#include <stdint.h>

#define PAGE_SIZE 4096u
#define PAGE_MASK 0xFFFFF000u

#define USER_CODE 0x08000000u
#define USER_STACK_TOP 0x08100000u
#define USER_TEST 0x40000000u

#define LINEAR_MAX 0x30000000u
#define WINDOW_DEVICES 0xF0000000u
#define WINDOW_TEST 0xF0400000u
#define WINDOW_SIZE 0x400000u

/* Physical address of an object in the linear map, and the way back. */
static inline uint32_t phys_of(const void *object)
{
	return (uint32_t)(uintptr_t)object - GUEST_KERNEL_BASE;
}

static inline void *virt_of(uint32_t physical)
{
	return (void *)(uintptr_t)(physical + GUEST_KERNEL_BASE);
}

#endif

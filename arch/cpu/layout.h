/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Every fixed virtual address of Umbra, and the step between the direct map and physical memory.
 * linker.ld repeats DIRECT_MAP and SWITCHER_CODE.  mm/host_map.c makes the tables.
 *
 *   4 GB         +--------------------------------+
 *                | nothing                        |
 *   0xFFE12000   +--------------------------------+
 *                | two frames that are copied     |  each CPU's own, mapped meanwhile
 *   0xFFE10000   +--------------------------------+
 *                | nothing                        |
 *   0xFFE03000   +--------------------------------+
 *                | state page                     |  in Umbra writable, in a guest read-only
 *   0xFFE02000   +--------------------------------+     (arch/cpu/state_page.h)
 *                | registers page                 |  of the guest loaded; writable
 *   0xFFE01000   +--------------------------------+
 *                | Switcher code                  |  the same page in Umbra and in every guest
 *   0xFFE00000   +--------------------------------+
 *                | nothing                        |
 *   0xFE200000   +--------------------------------+
 *                | temporary mapping              |  one large page, each CPU's own
 *   0xFE000000   +--------------------------------+
 *                | device registers, far modules  |  mapped on demand, for ever
 *   0xF8000000   +--------------------------------+
 *                | direct map                     |  physical memory below 896 MB, without that of
 *                |                                |  guests; the image is at 0xC0100000
 *   0xC0000000   +--------------------------------+
 *                | guest window                   |  the memory of the guest loaded on this CPU,
 *                |                                |  from guest-physical 0 on
 *   0            +--------------------------------+
 *
 * docs/architecture.md has a guest's address space beside it.
 */
#ifndef UMBRA_ARCH_CPU_LAYOUT_H
#define UMBRA_ARCH_CPU_LAYOUT_H

/* 0 .. GUEST_WINDOW_END - 1: the memory of the guest loaded on this CPU. */
#define GUEST_WINDOW_END 0xC0000000u

/* Low physical memory, linear. */
#define DIRECT_MAP 0xC0000000u
#define DIRECT_MAP_SIZE 0x38000000u	/* 896 MB */

/* Device registers and other physical memory that is mapped on demand. */
#define MMIO_WINDOW 0xF8000000u
#define MMIO_WINDOW_SIZE 0x06000000u

/* One large page a CPU through which any physical memory can be reached. */
#define TEMPORARY_MAP 0xFE000000u

/* Between these two, where nothing is ever mapped. */
#define NEVER_MAPPED 0xFE200000u

/* The top 2 MB: the Switcher, the same in Umbra and in every guest. */
#define SWITCHER_CODE 0xFFE00000u
#define SWITCHER_REGISTERS 0xFFE01000u
#define SWITCHER_STATE 0xFFE02000u

/* In Umbra alone: where frame_copy (mm/host_map.h) writes, and the next page, where it reads. */
#define FRAME_COPY 0xFFE10000u

/*
 * The bytes at the top that a guest is told not to use (reserve_mem): a whole entry of its
 * top-level table, so that no table of a guest maps both its own and Umbra's range.
 */
#define RESERVED_TOP 0x00400000u

/* Physical address of the image. */
#define IMAGE_PHYSICAL 0x00100000u

#define HOST_STACK_SIZE 16384u

#ifndef __ASSEMBLER__
#include <stdint.h>

/* Pointer into the direct map for low physical memory (below DIRECT_MAP_SIZE), and back. */
static inline void *direct_map(uint64_t physical)
{
	return (void *)(uintptr_t)((uint32_t)physical + DIRECT_MAP);
}

static inline uint32_t direct_physical(const void *pointer)
{
	return (uint32_t)(uintptr_t)pointer - DIRECT_MAP;
}
#endif

#endif

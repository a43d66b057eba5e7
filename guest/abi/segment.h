/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Looking at descriptors from ring 1 with lar and lsl, and loading them. A free
 * GDT entry is set aside for tests.
 */
#ifndef UMBRA_GUEST_ABI_SEGMENT_H
#define UMBRA_GUEST_ABI_SEGMENT_H

#include "guest/runtime/hypercall.h"

#include <stdbool.h>
#include <stdint.h>

#define SEGMENT_FREE 20u
#define SEGMENT_SELECTOR(index, rpl) ((index) << 3 | (rpl))
#define SEGMENT_FREE_SELECTOR SEGMENT_SELECTOR(SEGMENT_FREE, 1)

/* The access byte (Intel SDM volume 3, section 3.4.5) of the descriptors used here. */
#define SEGMENT_PRESENT 0x80u
#define SEGMENT_DPL(dpl) ((dpl) << 5)
#define SEGMENT_CODE_OR_DATA 0x10u
#define SEGMENT_DATA 0x12u              /* writable data, not accessed */
#define SEGMENT_CODE 0x1Au              /* readable code, not accessed */
#define SEGMENT_ACCESSED 0x01u

/* The two words of a 32-bit descriptor with a byte limit. */
static inline uint32_t segment_low(uint32_t base, uint32_t limit)
{
	return base << 16 | (limit & 0xFFFF);
}

static inline uint32_t segment_high(uint32_t base, uint32_t limit, uint32_t access)
{
	return (base & 0xFF000000) | 0x00400000 | (limit & 0xF0000) | access << 8 |
	       (base >> 16 & 0xFF);
}

/* LOAD_GDT_ENTRY with a base and a limit in bytes. */
static inline void segment_load(uint32_t index, uint32_t base, uint32_t limit, uint32_t access)
{
	hypercall(LGUEST_LOAD_GDT_ENTRY, index, segment_low(base, limit),
		  segment_high(base, limit, access), 0);
}

/* The access byte as lar shows it. False when lar does not accept the selector. */
static inline bool segment_access(uint32_t selector, uint32_t *access)
{
	uint32_t value = 0;
	uint8_t good;

	__asm__ volatile("larl %2, %0\n\tsetz %1" : "+r"(value), "=q"(good) : "r"(selector) : "cc");
	*access = value >> 8 & 0xFF;
	return good != 0;
}

/* The limit in bytes as lsl shows it. */
static inline bool segment_limit(uint32_t selector, uint32_t *limit)
{
	uint32_t value = 0;
	uint8_t good;

	__asm__ volatile("lsll %2, %0\n\tsetz %1" : "+r"(value), "=q"(good) : "r"(selector) : "cc");
	*limit = value;
	return good != 0;
}

/* Load gs, as a fault where that fails. */
#define segment_load_gs(selector) fault_of("movw %w0, %%gs", : "r"(selector))

static inline uint32_t segment_read_gs(uint32_t offset)
{
	uint32_t value;

	__asm__ volatile("movl %%gs:(%1), %0" : "=r"(value) : "r"(offset) : "memory");
	return value;
}

#endif

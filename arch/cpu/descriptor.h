/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Segment descriptors, gates and the task-state segment (SDM vol. 3, 3.4.5, 6.11 and 7.2), and the
 * layout of the GDT.  The table has the 32 entries that the lguest protocol knows; four of them
 * belong to Umbra.
 */
#ifndef UMBRA_ARCH_CPU_DESCRIPTOR_H
#define UMBRA_ARCH_CPU_DESCRIPTOR_H

#include "lib/compiler.h"

#include <stdint.h>

#define GDT_ENTRIES 32

/* Umbra's own entries: a guest's attempt to load them is dropped. */
#define GDT_HOST_CODE 10
#define GDT_HOST_DATA 11
#define GDT_TSS 16
#define GDT_DOUBLE_FAULT_TSS 31

#define SELECTOR(index, rpl) ((uint16_t)((index) << 3 | (rpl)))
#define SELECTOR_RPL 3u
#define SELECTOR_TI 4u	/* it selects from the LDT */
#define HOST_CS SELECTOR(GDT_HOST_CODE, 0)
#define HOST_DS SELECTOR(GDT_HOST_DATA, 0)

/* Descriptor bits in the high dword. */
#define DESCRIPTOR_ACCESSED BIT(8)
#define DESCRIPTOR_S BIT(12)
#define DESCRIPTOR_DPL_SHIFT 13
#define DESCRIPTOR_DPL (3u << DESCRIPTOR_DPL_SHIFT)
#define DESCRIPTOR_P BIT(15)

/* Flat 4 GB, accessed bit preset: the GDT is read-only while a guest runs. */
#define DESCRIPTOR_FLAT_LOW 0x0000FFFFull
#define DESCRIPTOR_FLAT(high, dpl) \
	(DESCRIPTOR_FLAT_LOW | (uint64_t)((high) | (uint32_t)(dpl) << 13) << 32)
#define DESCRIPTOR_FLAT_CODE(dpl) DESCRIPTOR_FLAT(0x00CF9B00u, dpl)
#define DESCRIPTOR_FLAT_DATA(dpl) DESCRIPTOR_FLAT(0x00CF9300u, dpl)

#define TSS_SIZE 104

/* An available 32-bit TSS at base. */
static inline uint64_t descriptor_tss(uint32_t base)
{
	uint32_t low = (TSS_SIZE - 1) | base << 16;
	uint32_t high = (base >> 16 & 0xFF) | 0x8900u | (base & 0xFF000000u);

	return (uint64_t)high << 32 | low;
}

/* Gate types, SDM vol. 3, 6.11. */
#define GATE_TASK 0x5u
#define GATE_INTERRUPT 0xEu
#define GATE_TRAP 0xFu

static inline uint64_t gate(unsigned type, unsigned dpl, uint16_t selector, uint32_t offset)
{
	uint32_t low = (uint32_t)selector << 16 | (offset & 0xFFFF);
	uint32_t high = (offset & 0xFFFF0000u) | DESCRIPTOR_P | dpl << DESCRIPTOR_DPL_SHIFT |
			type << 8;

	return (uint64_t)high << 32 | low;
}

struct tss {
	uint32_t link;
	uint32_t esp0, ss0, esp1, ss1, esp2, ss2;
	uint32_t cr3, eip, eflags;
	uint32_t eax, ecx, edx, ebx, esp, ebp, esi, edi;
	uint32_t es, cs, ss, ds, fs, gs, ldt;
	uint16_t trap, io_map_base;
};
_Static_assert(sizeof(struct tss) == TSS_SIZE, "SDM vol. 3, figure 7-2");

struct __packed descriptor_register {
	uint16_t limit;
	uint32_t base;
};

#endif

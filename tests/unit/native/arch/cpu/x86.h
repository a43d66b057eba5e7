/* SPDX-License-Identifier: GPL-2.0-only */
/* arch/cpu/x86.h for native programs, whose CR3 is a variable, and which have no TLB to tell. */
#ifndef UMBRA_TESTS_UNIT_NATIVE_ARCH_CPU_X86_H
#define UMBRA_TESTS_UNIT_NATIVE_ARCH_CPU_X86_H

#define write_cr3 machine_write_cr3
#define invalidate_page machine_invalidate_page
#include_next "arch/cpu/x86.h"
#undef write_cr3
#undef invalidate_page

extern uint32_t native_cr3;

static inline void write_cr3(uint32_t value)
{
	native_cr3 = value;
}

static inline void invalidate_page(uint32_t address)
{
	(void)address;
}

#endif

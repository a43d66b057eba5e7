/* SPDX-License-Identifier: GPL-2.0-only */
/* arch/cpu/cpu.h for native programs: one CPU, and of its pages what mm/ uses. */
#ifndef UMBRA_ARCH_CPU_CPU_H
#define UMBRA_ARCH_CPU_CPU_H

#include "arch/cpu/cpu_features.h"
#include "arch/cpu/layout.h"
#include "lib/compiler.h"

#define MAX_CPUS 32

struct cpu_pages {
	uint64_t guest_switcher_table[512] __aligned(4096);
	uint64_t host_pdpt[4] __aligned(32);
};

struct cpu {
	unsigned id;
	struct cpu_pages *pages;
};

extern struct cpu native_cpu;

static inline struct cpu *this_cpu(void)
{
	return &native_cpu;
}

static inline unsigned cpu_count(void)
{
	return 1;
}

#endif

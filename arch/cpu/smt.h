/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which logical processors are threads of one core: they share its caches, its
 * buffers and much of its branch prediction.
 */
#ifndef UMBRA_ARCH_CPU_SMT_H
#define UMBRA_ARCH_CPU_SMT_H

#include <stdint.h>

/* What CPUID says of it; 0 for leaves that the processor does not have. */
struct smt_leaves {
	uint32_t leaf1_ebx, leaf1_edx;
	uint32_t leaf4_eax;
	uint32_t leafb_eax, leafb_ebx, leafb_ecx;	/* subleaf 0 */
};

struct smt {
	unsigned threads;	/* of a core: 1 or more */
	unsigned shift;		/* ids that differ only in their lowest `shift` bits: one core */
};

/* Reads the topology of a core from the leaves (SDM vol. 3, 8.9).  Pure. */
struct smt smt_read(const struct smt_leaves *leaves);

#endif

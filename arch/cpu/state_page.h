/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The read-only state page: what the CPU itself reads from memory while it
 * runs, and the host state that the Switcher goes back to.
 *
 * Each CPU has two such pages behind one virtual address.  Umbra's own tables
 * map the host's page, writable; the tables of a guest map the guest's page,
 * read-only.  So GDTR, IDTR and TR are loaded once for ever, and the load of
 * CR3 that switches worlds switches the descriptor tables with it:
 *
 *   - with a guest, vector 8 is an interrupt gate, like any other way out: the
 *     registers page is always a good stack;
 *   - in Umbra it is a task gate with a stack of its own.  A task switch
 *     writes to the GDT and to both TSSes, which the host's page permits.
 */
#ifndef UMBRA_ARCH_CPU_STATE_PAGE_H
#define UMBRA_ARCH_CPU_STATE_PAGE_H

#include "arch/cpu/descriptor.h"
#include "arch/cpu/x86.h"

struct cpu;

struct state_page {
	uint64_t gdt[GDT_ENTRIES];
	uint64_t idt[VECTOR_COUNT];
	struct tss tss;
	struct tss double_fault_tss;
	struct cpu *cpu;	/* whose page this is */
	uint32_t host_cr3;
	uint32_t host_esp;	/* where switcher_enter left the host stack */
	uint32_t nmi_esp;	/* end of the stack for NMIs */
};
_Static_assert(sizeof(struct state_page) <= 4096, "one page");

#endif

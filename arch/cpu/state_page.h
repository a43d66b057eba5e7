/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The state page: the descriptor tables and task-state segments that the CPU itself reads from
 * memory, and the host state that the Switcher goes back to.
 *
 * Each CPU has two such pages behind one virtual address, SWITCHER_STATE.  GDTR, IDTR and TR are
 * loaded once, and the load of CR3 that switches between Umbra and a guest switches the tables
 * behind them:
 *
 *                     host_state                         guest_state
 *   mapped            in Umbra's tables, writable        in a guest's tables, read-only
 *   gdt               Umbra's segments, two TSSes        Umbra's segments and the guest's
 *   idt, in general   to host_stubs                      to switcher_stubs, some to the guest's
 *                     (arch/cpu/host_traps.asm)          kernel (hv/guest/guest_cpu.c)
 *   idt, NMI          to switcher_nmi                    to switcher_nmi
 *   idt, #DF          a task gate, with a stack of       to a stub: the registers page is
 *                     its own                            always a good stack
 *   tss.esp0          not used: no change of ring        the end of the registers page
 *   host_cr3, nmi_esp the same in both
 *   host_esp          not used                           where switcher_enter left the stack
 *
 * The switch to the double-fault task writes to the GDT and to both TSSes, which is why it is
 * possible in the host's page alone.
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

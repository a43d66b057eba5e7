/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Bring-up of one CPU: its descriptor tables, control registers and MSRs.  Called by boot/, first
 * for the boot CPU, then by each CPU that starts.
 */
#ifndef UMBRA_ARCH_CPU_CPU_INIT_H
#define UMBRA_ARCH_CPU_CPU_INIT_H

#include "arch/cpu/cpu.h"

#include <stdint.h>

/*
 * Fills the descriptor tables of cpu in its pages; host_cr3 is the physical
 * address of its top-level table.  Nothing is loaded yet.  Any CPU.
 */
void cpu_prepare(struct cpu *cpu, struct cpu_pages *pages, uint32_t host_cr3);

/*
 * Enables the NX bit of page tables if the CPU has it.  On each CPU, before it uses tables with NX.
 */
void cpu_enable_nx(void);

/*
 * Loads the tables that cpu_prepare filled, and sets the control registers and MSRs as Umbra
 * wants them, on the CPU that cpu describes, with its tables in use.  Once a CPU.
 */
void cpu_init(struct cpu *cpu);

#endif

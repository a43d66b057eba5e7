/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Starts the other CPUs, one at a time: INIT, then startup interrupts (SDM vol. 3, 8.4.4; the
 * MultiProcessor Specification, B.4).  Called by boot/cpus.c.
 */
#ifndef UMBRA_ARCH_CPU_AP_START_H
#define UMBRA_ARCH_CPU_AP_START_H

#include "arch/cpu/cpu.h"

#include <stdint.h>

/*
 * Makes the CPU with that APIC id run entry(cpu) on cpu's stack, interrupts off.
 * tables is the physical address of a top-level table, below 4 GB, that maps the
 * image both at its physical and at its linked address.  page is the physical
 * address of 4 KB below 1 MB; their contents are restored.  0 once entry runs; -E_IO when the CPU
 * did not answer within five seconds, and was stopped.  Boot CPU, after irq_init with
 * APICs.
 */
int __must_check ap_start_cpu(struct cpu *cpu, uint32_t apic_id, uint32_t page, uint32_t tables,
			      void (*entry)(struct cpu *cpu));

/*
 * Resets a CPU, wherever it is, so that it waits to be started again.  A CPU that came too late
 * would otherwise run on the stack of the one that is started after it.  Boot CPU.
 */
void ap_stop_cpu(uint32_t apic_id);

#endif

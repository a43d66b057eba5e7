/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Starts the other CPUs: INIT, a wait of 10 ms, then startup interrupts (SDM vol. 3, 8.4.4; the
 * MultiProcessor Specification, B.4).  All CPUs may be reset first and share that wait; then they
 * come up one at a time.  Called by boot/cpus.c, on the boot CPU.
 */
#ifndef UMBRA_ARCH_CPU_AP_START_H
#define UMBRA_ARCH_CPU_AP_START_H

#include "arch/cpu/cpu.h"

#include <stdbool.h>
#include <stdint.h>

#define AP_CODE_SIZE 64u	/* of the code below 1 MB, in bytes */

/*
 * Puts the code there that CPUs start with.  page is the physical address of 4 KB below 1 MB, from
 * which any of them may run until ap_start_close; tables is that of a top-level table, below 4 GB,
 * that maps the image both at its physical and at its linked address.  Each CPU that starts runs
 * entry(cpu) on cpu's stack, interrupts off.  After irq_init with APICs, once.
 */
void ap_start_open(uint32_t page, uint32_t tables, void (*entry)(struct cpu *cpu));

/*
 * Resets the CPU with that APIC id, so that it waits to be started, and does not wait itself.
 * False: the reset cannot be sent.
 */
bool ap_reset(uint32_t apic_id);

/*
 * Makes the CPU with that APIC id, which was reset, run as `cpu`.  Waits for what is left of the
 * 10 ms since the last ap_reset first.  False when it has not come within five seconds: then it was
 * reset again, and cpu is nobody's and may be offered to another one.
 */
bool __must_check ap_start_cpu(struct cpu *cpu, uint32_t apic_id);

/* Resets a CPU that came, wherever it is, and waits until that has happened. */
void ap_stop_cpu(uint32_t apic_id);

/*
 * Gives the page back as it was, unless some CPU did not come in time: one that comes even later
 * must find code there.
 */
void ap_start_close(void);

#endif

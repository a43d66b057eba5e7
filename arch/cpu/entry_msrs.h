/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Model-specific registers that would be ways from a guest to ring 0 besides the Switcher's gates,
 * or that change what a guest's traps mean, and that firmware may have left set.
 */
#ifndef UMBRA_ARCH_CPU_ENTRY_MSRS_H
#define UMBRA_ARCH_CPU_ENTRY_MSRS_H

#include "arch/cpu/cpu_features.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * Writes low, and 0 above it, to a register that this CPU need not have.  False when it has none.
 * Once this CPU's interrupt table is loaded, interrupts off.  In arch/cpu/host_traps.asm.
 */
bool msr_try_write(uint32_t msr, uint32_t low);

/* Closes them on the CPU that calls, whatever it has of them.  Where msr_try_write may be called. */
void entry_msrs_init_cpu(const struct cpu_features *features);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Model-specific registers that firmware may have left set, and that would give a guest ways into
 * ring 0 besides the Switcher's gates, or would change what a guest's traps mean.
 */
#ifndef UMBRA_ARCH_CPU_ENTRY_MSRS_H
#define UMBRA_ARCH_CPU_ENTRY_MSRS_H

#include "arch/cpu/cpu_features.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * Writes low, and 0 to the upper half, to a register that this CPU may lack.  False when it has no
 * such register.  Once this CPU's interrupt table is loaded, interrupts off.  In
 * arch/cpu/host_traps.asm.
 */
bool msr_try_write(uint32_t msr, uint32_t low);

/*
 * Clears these registers on the calling CPU, as far as it has them.  Where msr_try_write may be
 * called.
 */
void entry_msrs_init_cpu(const struct cpu_features *features);

#endif

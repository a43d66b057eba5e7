/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Traps that arrive while Umbra itself runs.  All but interrupts and NMIs are
 * its own mistakes.  Called by arch/cpu/host_traps.asm, arch/cpu/switcher.asm and the
 * CPU.
 */
#ifndef UMBRA_ARCH_CPU_HOST_TRAPS_H
#define UMBRA_ARCH_CPU_HOST_TRAPS_H

#include "arch/cpu/trap_frame.h"
#include "lib/compiler.h"

#include <stdbool.h>

/* Any vector but NMI and double fault; esp and ss of the frame do not exist.  It may move eip. */
void host_trap(struct trap_frame *frame);

/* The double-fault task (SDM vol. 3, 7.3): the state page holds what failed. */
void __noreturn host_double_fault(void);

/*
 * An NMI, which may have come at any instruction: counts, and remembers where.  True when the
 * guest that it struck is in a state that it must be taken out of.
 */
bool host_nmi(const struct nmi_frame *frame);

/*
 * A fault in the Switcher at an instruction that cannot; frame begins with vector, error, eip,
 * cs, eflags.
 */
void __noreturn host_switcher_bug(const uint32_t *frame);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The debug registers of a CPU while a guest runs that is watched (SDM vol. 3, chapter 17).  They
 * know linear addresses alone, and Umbra uses the same ones for other things: between the load and
 * the unload they may match Umbra's own accesses, whose #DB is ignored then.
 */
#ifndef UMBRA_ARCH_CPU_BREAKPOINT_REGISTERS_H
#define UMBRA_ARCH_CPU_BREAKPOINT_REGISTERS_H

#include "arch/cpu/trap_frame.h"
#include "lib/compiler.h"

#include <stdbool.h>
#include <stdint.h>

/* Before an entry, interrupts off: addresses of DR0 to DR3, and DR7.  Clears DR6. */
void breakpoint_registers_load(const uint32_t addresses[4], uint32_t dr7);

/* First after the exit: nothing is watched any more.  What DR6 holds. */
uint32_t breakpoint_registers_unload(void);

/* A #DB in Umbra: true when it is to be ignored, and frame is ready to go on. */
bool breakpoint_registers_match_umbra(struct trap_frame *frame);

/*
 * Around the handler of an NMI, in which nothing must trap: the end of a trap would let in the next
 * NMI.
 */
void breakpoint_registers_suspend(void);
void breakpoint_registers_restore(void);

#endif

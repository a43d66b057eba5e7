/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Traps that arrive while Umbra itself runs, and NMIs at any time.  An exception in Umbra is a bug
 * of Umbra's and ends in a panic, but for writes to what guests share; interrupts and NMIs go to
 * the functions that arch/board has set.  Called by arch/cpu/host_traps.asm, arch/cpu/switcher.asm
 * and the double-fault task.
 */
#ifndef UMBRA_ARCH_CPU_HOST_TRAPS_H
#define UMBRA_ARCH_CPU_HOST_TRAPS_H

#include "arch/cpu/trap_frame.h"
#include "lib/compiler.h"

#include <stdbool.h>

/*
 * Sets the function that handles interrupts, vectors from 32 on (irq_init).  Boot CPU, before
 * interrupts are enabled.
 */
void host_traps_set_interrupt(void (*serve)(unsigned vector));

/*
 * Sets the function that recognises the watchdog's NMIs (watchdog_start): is_expected(eip, ebp) is
 * called in the NMI handler of any CPU with what the NMI interrupted, and returns true for an NMI
 * of its own.  Other NMIs are counted in struct cpu.  Boot CPU.
 */
void host_traps_set_nmi(bool (*is_expected)(uint32_t eip, uint32_t ebp));

/*
 * Sets the function that serves page faults of Umbra's own writes to pages that are present and
 * read-only: serve(address) returns true when the write is to be made again.  Boot CPU.
 */
void host_traps_set_write_fault(bool (*serve)(uint32_t address));

/* Any vector but NMI and double fault; esp and ss of the frame do not exist.  It may move eip. */
void host_trap(struct trap_frame *frame);

/* The double-fault task (SDM vol. 3, 7.3): the state page holds what failed. */
void __noreturn host_double_fault(void);

/*
 * An NMI, which may have come at any instruction.  True when it interrupted a guest in a state in
 * which no guest may be: then the Switcher leaves the guest.
 */
bool host_nmi(const struct nmi_frame *frame);

/*
 * A fault in the Switcher at an instruction that cannot fault; frame begins with vector, error,
 * eip, cs, eflags.
 */
void __noreturn host_switcher_bug(const uint32_t *frame);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The Switcher: the one page of code that is mapped at the same address in
 * Umbra and in every guest.  See arch/cpu/switcher.asm.
 */
#ifndef UMBRA_ARCH_CPU_SWITCHER_H
#define UMBRA_ARCH_CPU_SWITCHER_H

#include "arch/cpu/state_page.h"

#include <stdbool.h>
#include <stdint.h>

/* Distance between the entry stubs of two vectors. */
#define SWITCHER_STUB_SIZE 12

/*
 * Runs the guest whose registers page is mapped in this CPU's Switcher pages, on the tables
 * guest_cr3, until it exits; the frame in the registers page tells why.  Interrupts are off before
 * and after.  host_esp is the field of the guest's state page, through a mapping that can be
 * written.
 */
void switcher_enter(uint32_t guest_cr3, uint32_t *host_esp);

/*
 * Fills the part of a guest's state page that is the same for every guest: the
 * host's descriptors, a gate for every vector, the TSS with the registers page
 * as the ring-0 stack.  When the CPU is prepared.
 */
void switcher_init_guest_state(struct state_page *state);

/* The gate that brings vector to Umbra, reachable by `int` from rings <= dpl. */
uint64_t switcher_gate(unsigned vector, unsigned dpl);

/* The NMI gate, the same for Umbra and for guests. */
uint64_t switcher_nmi_gate(void);

/*
 * Can a guest be where CS and EFLAGS say, on a CPU that works as specified?  A guest is in ring 1
 * or 3, with interrupts on and IOPL 0, and not in virtual-8086 mode.
 */
static inline bool guest_state_is_possible(uint32_t cs, uint32_t eflags)
{
	return (eflags & (EFLAGS_VM | EFLAGS_IF | EFLAGS_IOPL)) == EFLAGS_IF &&
	       (cs & SELECTOR_RPL) % 2 == 1;
}

/* Physical address of the page of code. */
uint32_t switcher_code_physical(void);

#endif

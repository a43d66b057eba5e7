/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The interrupt vectors and their uses.  Hardware interrupts arrive while a guest runs as well,
 * through the guest's IDT, so they keep off the two vectors at which a guest's system calls may
 * lead straight to its own kernel (docs/protocol.md).  `int` with any other number is a protection
 * fault for a guest.
 */
#ifndef UMBRA_ARCH_CPU_VECTORS_H
#define UMBRA_ARCH_CPU_VECTORS_H

#include "guest/lguest_abi.h"

#include <stdbool.h>

/* ISA lines: line n raises vector VECTOR_ISA + n, whichever controller it goes through. */
#define VECTOR_ISA 0x20u
#define VECTOR_ISA_LINES 16u

/* Handed out by irq_vector_allocate. */
#define VECTOR_DYNAMIC 0x30u
#define VECTOR_DYNAMIC_END 0xE0u

/* Interrupts that processors send each other are 0xE0 to 0xEE; one is in use. */
#define VECTOR_CPU_CALLS 0xE0u	/* arch/cpu/cpu_call.h */

#define VECTOR_TIMER 0xEFu	/* each local APIC's own timer */
#define VECTOR_APIC_ERROR 0xFEu
#define VECTOR_SPURIOUS 0xFFu	/* the low four bits must be set on old processors */

static inline bool vector_is_syscall(unsigned vector)
{
	return vector == LGUEST_SYSCALL_VECTOR || vector == LGUEST_SYSCALL_VECTOR_PLAN9;
}

#endif

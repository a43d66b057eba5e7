/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a trap leaves behind.  The same layout serves both directions: the
 * Switcher builds it at the end of a guest's registers page, the host's own
 * trap entry on the host stack (there esp and ss are absent).
 *
 * arch/cpu/switcher.asm and arch/cpu/host_traps.asm push it in this order, from the
 * end to the beginning.
 */
#ifndef UMBRA_ARCH_CPU_TRAP_FRAME_H
#define UMBRA_ARCH_CPU_TRAP_FRAME_H

#include <stdint.h>

struct trap_frame {
	/* pusha */
	uint32_t edi, esi, ebp, unused, ebx, edx, ecx, eax;
	uint32_t gs, fs, es, ds;
	/* by the entry stub; the CPU pushes the error code of some vectors itself */
	uint32_t vector, error;
	/* by the CPU */
	uint32_t eip, cs, eflags;
	uint32_t esp, ss;
};

/*
 * What the Switcher adds to the vector when that alone does not tell what happened.
 *
 * BAD_IRET: the CPU refused to go on with the guest where the frame says; vector and error are
 * those of the fault (#NP, #SS or #GP).
 *
 * IN_VM86: the guest was in virtual-8086 mode.  The vector is what ended that; eip, cs, esp and ss
 * are those of that mode.
 */
#define VECTOR_BAD_IRET 0x100u
#define VECTOR_IN_VM86 0x200u

/* What the NMI handler pushes (arch/cpu/switcher.asm). */
struct nmi_frame {
	uint32_t cr3, es, ds;
	/* pusha */
	uint32_t edi, esi, ebp, unused, ebx, edx, ecx, eax;
	/* by the CPU */
	uint32_t eip, cs, eflags;
	uint32_t esp, ss;	/* only when it struck a guest */
};

/*
 * One page a guest, mapped writable while it runs: TSS.ESP0 is its end, so
 * that the CPU itself saves the guest's state in place.  A ring-1 kernel can
 * write to it, which is why nothing in it is believed that the CPU or the
 * Switcher has not just pushed.  The space below the frame is for an NMI and
 * for faults of the Switcher's last instructions.
 */
struct registers_page {
	uint8_t below[4096 - sizeof(struct trap_frame)];
	struct trap_frame frame;
};
_Static_assert(sizeof(struct registers_page) == 4096, "the frame ends with the page");

#endif

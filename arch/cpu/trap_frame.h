/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a trap leaves on the stack.  The Switcher builds the frame at the end of a guest's
 * registers page, where it is also what the guest is entered with (arch/cpu/switcher.asm draws
 * it); the host's own trap entry builds it on the host stack, where esp and ss are absent.
 * Both push the fields from the end to the beginning.
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
 * BAD_IRET: the CPU refused to return to the guest as the frame says; vector and error are
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
	uint32_t esp, ss;	/* only when it interrupted a guest */
};

/*
 * One page for each guest, mapped writable while the guest runs: TSS.ESP0 is its end, so that the
 * CPU itself saves the guest's state there.  The guest's kernel can write to the page, so Umbra
 * trusts only what the CPU or the Switcher has just pushed.  The space below the frame is for an
 * NMI and for faults of the Switcher's last instructions.
 */
struct registers_page {
	uint8_t below[4096 - sizeof(struct trap_frame)];
	struct trap_frame frame;
};
_Static_assert(sizeof(struct registers_page) == 4096, "the frame ends with the page");

#endif

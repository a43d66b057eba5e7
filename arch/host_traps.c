// SPDX-License-Identifier: GPL-2.0-only
/*
 * Traps in Umbra itself.
 */
#include "arch/host_traps.h"

#include "arch/cpu.h"
#include "arch/irq.h"
#include "arch/panic.h"

void host_trap(const struct trap_frame *frame)
{
	if (frame->vector >= VECTOR_EXCEPTIONS) {
		irq_dispatch(frame->vector);
		return;
	}
	if (frame->vector == VECTOR_PF)
		panic_with_frame(frame, "page fault in Umbra at address %08x", read_cr2());
	if (frame->vector == VECTOR_MC)
		panic_with_frame(frame, "machine check");
	panic_with_frame(frame, "trap %u in Umbra", frame->vector);
}

void host_double_fault(void)
{
	const struct tss *tss = &((const struct state_page *)SWITCHER_STATE)->tss;
	const struct trap_frame frame = {
		.edi = tss->edi, .esi = tss->esi, .ebp = tss->ebp, .ebx = tss->ebx,
		.edx = tss->edx, .ecx = tss->ecx, .eax = tss->eax,
		.vector = VECTOR_DF, .eip = tss->eip, .cs = tss->cs, .eflags = tss->eflags,
	};

	panic_with_frame(&frame, "double fault (esp %08x)", tss->esp);
}

void host_nmi(uint32_t eip, uint32_t cs)
{
	struct cpu *cpu = this_cpu();

	cpu->nmi_eip = eip;
	cpu->nmi_cs = cs;
	cpu->nmi_count++;
}

void host_switcher_bug(const uint32_t *frame)
{
	panic("trap %u in the Switcher, error %08x, eip %08x, eflags %08x, cr2 %08x", frame[0],
	      frame[1], frame[2], frame[4], read_cr2());
}

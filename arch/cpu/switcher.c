// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fills the descriptor tables that are in use while a guest runs.  Their gates lead to
 * arch/cpu/switcher.asm.
 */
#include "arch/cpu/switcher.h"

#include "arch/cpu/layout.h"
#include "arch/cpu/trap_frame.h"

extern const uint8_t switcher_stubs[], switcher_nmi[], switcher_load[];

uint64_t switcher_gate(unsigned vector, unsigned dpl)
{
	return gate(GATE_INTERRUPT, dpl, HOST_CS,
		    (uint32_t)(switcher_stubs + vector * SWITCHER_STUB_SIZE));
}

uint64_t switcher_nmi_gate(void)
{
	return gate(GATE_INTERRUPT, 0, HOST_CS, (uint32_t)switcher_nmi);
}

void switcher_init_guest_state(struct state_page *state)
{
	for (unsigned vector = 0; vector < VECTOR_COUNT; vector++)
		state->idt[vector] = switcher_gate(vector, 0);
	state->idt[VECTOR_NMI] = switcher_nmi_gate();

	state->gdt[GDT_HOST_CODE] = DESCRIPTOR_FLAT_CODE(0);
	state->gdt[GDT_HOST_DATA] = DESCRIPTOR_FLAT_DATA(0);

	state->tss.ss0 = HOST_DS;
	state->tss.esp0 = SWITCHER_REGISTERS + sizeof(struct registers_page);
	/* Beyond the limit: every port access of a guest faults (SDM vol. 1, 19.5.2). */
	state->tss.io_map_base = TSS_SIZE;
}

uint32_t switcher_code_physical(void)
{
	return direct_physical(switcher_load);
}

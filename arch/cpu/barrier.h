/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What this CPU does against speculation: found out once (arch/cpu/speculation.h), set up
 * once, and carried out before an entry to a guest where it is due.  The run loop
 * says when that is.
 */
#ifndef UMBRA_ARCH_CPU_BARRIER_H
#define UMBRA_ARCH_CPU_BARRIER_H

#include "arch/cpu/cpu.h"

/* Due before the entry to another guest than the last. */
#define BARRIERS_OF_SWITCH \
	(BIT(REMEDY_IBPB) | BIT(REMEDY_RSB) | BIT(REMEDY_L1D) | BIT(REMEDY_VERW) | BIT(REMEDY_DIV))
/* Due before any entry, when what is not the guest's own was worked on since the last. */
#define BARRIERS_OF_DATA (BIT(REMEDY_VERW) | BIT(REMEDY_DIV))

/*
 * mitigations= and smt=, before any CPU is initialised.  Both may be left out, for
 * what then holds by default: wanted, and siblings not in use.
 */
void barriers_configure(bool wanted, bool siblings);

/* Judges this CPU, whose structure cpu is, and sets the registers that are set once. */
void barriers_init_cpu(struct cpu *cpu);

/* Push traps on the return stack (arch/cpu/thunks.asm): 8, or all that it holds. */
void return_stack_shield(void);
void return_stack_fill(void);

/* Carries out the barriers of a set of enum remedy, others are ignored. */
void barriers_carry_out(uint32_t due);

static inline void barriers_note_switch(struct cpu *cpu)
{
	cpu->barriers_due |= cpu->speculation.remedies & BARRIERS_OF_SWITCH;
}

static inline void barriers_note_data(struct cpu *cpu)
{
	cpu->barriers_due |= cpu->speculation.remedies & BARRIERS_OF_DATA;
}

/*
 * Before returns whose calls were made before a guest ran: from the guest they find
 * a return stack that it has filled.  Shields the next 8 of them.
 */
static inline void barriers_shield_returns(const struct cpu *cpu)
{
	if (cpu->speculation.remedies & BIT(REMEDY_RSB))
		return_stack_shield();
}

#endif

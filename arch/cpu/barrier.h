/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What each CPU does against flaws of speculative execution: decided and set up once
 * (arch/cpu/speculation.h); some remedies are repeated before entries to a guest.  The run loop
 * marks what is due, and calls barriers_carry_out.
 */
#ifndef UMBRA_ARCH_CPU_BARRIER_H
#define UMBRA_ARCH_CPU_BARRIER_H

#include "arch/cpu/cpu.h"

/* Due before the entry to another guest than the last. */
#define BARRIERS_OF_SWITCH \
	(BIT(REMEDY_IBPB) | BIT(REMEDY_RSB) | BIT(REMEDY_L1D) | BIT(REMEDY_VERW) | BIT(REMEDY_DIV))
/* Due before any entry, when Umbra has worked on data other than the guest's own since the last. */
#define BARRIERS_OF_DATA (BIT(REMEDY_VERW) | BIT(REMEDY_DIV))

/*
 * What mitigations= and smt= say, before any CPU is initialised.  Without this call the barriers
 * are wanted, and siblings are not in use.
 */
void barriers_configure(bool wanted, bool siblings);

/* Finds the flaws of this CPU, described by cpu, and sets up the remedies that last. */
void barriers_init_cpu(struct cpu *cpu);

/* Push traps on the return stack (arch/cpu/thunks.asm): 8, or all that it holds. */
void return_stack_shield(void);
void return_stack_fill(void);

/* Carries out the barriers in a set of enum remedy; its other members are ignored. */
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
 * Umbra returns from functions that it called before the guest ran, but the CPU's return stack is
 * filled by the guest now.  Puts 8 harmless entries on it, for the next 8 such returns.
 */
static inline void barriers_shield_returns(const struct cpu *cpu)
{
	if (cpu->speculation.remedies & BIT(REMEDY_RSB))
		return_stack_shield();
}

#endif

// SPDX-License-Identifier: GPL-2.0-only
/* Loads and unloads this CPU's debug registers; struct cpu says whether they are loaded. */
#include "arch/cpu/breakpoint_registers.h"

#include "arch/cpu/cpu.h"

void breakpoint_registers_load(const uint32_t addresses[4], uint32_t dr7)
{
	write_dr6(DR6_RESET);
	if (!dr7)
		return;
	write_dr0(addresses[0]);
	write_dr1(addresses[1]);
	write_dr2(addresses[2]);
	write_dr3(addresses[3]);
	this_cpu()->guest_dr7 = dr7;
	compiler_barrier();
	write_dr7(dr7);
}

uint32_t breakpoint_registers_unload(void)
{
	struct cpu *cpu = this_cpu();

	if (cpu->guest_dr7) {
		write_dr7(0);
		compiler_barrier();
		cpu->guest_dr7 = 0;
	}
	return read_dr6();
}

/* RF lets the instruction run that a register has stopped (SDM vol. 3, 17.3.1.1). */
bool breakpoint_registers_match_umbra(struct trap_frame *frame)
{
	if (!this_cpu()->guest_dr7)
		return false;
	frame->eflags |= EFLAGS_RF;
	return true;
}

void breakpoint_registers_suspend(void)
{
	if (unlikely(this_cpu()->guest_dr7))
		write_dr7(0);
}

void breakpoint_registers_restore(void)
{
	if (unlikely(this_cpu()->guest_dr7))
		write_dr7(this_cpu()->guest_dr7);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Lazy switching of the FPU.  A guest can reach the registers only while CR0.TS
 * is clear, and that is so only while they hold its own values; and they never
 * hold another guest's while it runs.
 */
#include "hv/guest/guest_fpu.h"

#include "arch/cpu/x86.h"
#include "hv/guest/reflect.h"

static void set_cr0(struct cpu *cpu, uint32_t value)
{
	if (cpu->cr0 == value)
		return;
	cpu->cr0 = value;
	write_cr0(value);
}

void guest_fpu_set_trap(bool trap)
{
	struct cpu *cpu = this_cpu();

	set_cr0(cpu, trap ? cpu->cr0 | CR0_TS : cpu->cr0 & ~CR0_TS);
}

void guest_fpu_fault(struct guest *guest)
{
	struct cpu *cpu = this_cpu();

	if (guest->task_switched) {
		guest_reflect_trap(guest, VECTOR_NM, 0);
		return;
	}
	/* The previous owner's state was saved when this guest got the CPU. */
	set_cr0(cpu, cpu->cr0 & ~CR0_TS);
	fpu_restore(guest->fpu);
	cpu->fpu_owner = guest->fpu;
	guest->counters.fpu_switches++;
}

static void disown(struct cpu *cpu)
{
	struct fpu_state clean;

	cpu->fpu_owner = NULL;
	set_cr0(cpu, cpu->cr0 & ~CR0_TS);
	fpu_state_reset(&clean);
	fpu_restore(&clean);
}

static void save_owner(struct cpu *cpu)
{
	set_cr0(cpu, cpu->cr0 & ~CR0_TS);
	fpu_save(cpu->fpu_owner);
	disown(cpu);
}

void guest_fpu_scrub(const struct guest *guest)
{
	struct cpu *cpu = this_cpu();

	if (cpu->fpu_owner && cpu->fpu_owner != guest->fpu)
		save_owner(cpu);
}

void guest_fpu_save(const struct guest *guest)
{
	struct cpu *cpu = this_cpu();

	if (cpu->fpu_owner == guest->fpu)
		save_owner(cpu);
}

void guest_fpu_forget(const struct guest *guest)
{
	struct cpu *cpu = this_cpu();

	if (cpu->fpu_owner == guest->fpu)
		disown(cpu);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * The list of the CPUs that have been brought up.
 */
#include "arch/cpu/cpu.h"

#include <stddef.h>

static struct cpu *cpus[MAX_CPUS];
static unsigned count;

struct cpu *cpu_by_id(unsigned id)
{
	return id < MAX_CPUS ? cpus[id] : NULL;
}

void cpu_announce(struct cpu *cpu)
{
	cpus[cpu->id] = cpu;
	count++;
}

unsigned cpu_count(void)
{
	return count;
}

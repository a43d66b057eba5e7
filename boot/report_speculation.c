// SPDX-License-Identifier: GPL-2.0-only
/* Reports the processors' flaws of speculative execution, and what Umbra does about them. */
#include "boot/report_speculation.h"

#include "arch/cpu/cpu.h"
#include "arch/cpu/log.h"

#define TEXT_SIZE 128	/* all names at once, with commas */

bool cpu_has_sibling(uint32_t apic_id)
{
	const struct cpu *boot_cpu = cpu_by_id(0);
	const unsigned shift = boot_cpu->smt.shift;

	if (boot_cpu->smt.threads < 2)
		return false;
	for (unsigned id = 0; id < cpu_count(); id++) {
		uint32_t other = cpu_by_id(id)->apic_id;

		if (other != apic_id && other >> shift == apic_id >> shift)
			return true;
	}
	return false;
}

static bool any_has_sibling(void)
{
	for (unsigned id = 0; id < cpu_count(); id++)
		if (cpu_has_sibling(cpu_by_id(id)->apic_id))
			return true;
	return false;
}

static bool is_like(const struct speculation *one, const struct speculation *other)
{
	return one->flaws == other->flaws && one->remedies == other->remedies &&
	       one->open == other->open;
}

static void report_cpu(const struct cpu *cpu, bool wanted, bool siblings)
{
	char flaws[TEXT_SIZE], done[TEXT_SIZE], open[TEXT_SIZE], microcode[TEXT_SIZE];

	speculation_name_flaws(cpu->speculation.flaws, flaws, sizeof(flaws));
	speculation_name_remedies(cpu->speculation.remedies, done, sizeof(done));
	speculation_name_flaws(cpu->speculation.open, open, sizeof(open));
	speculation_name_flaws(cpu->speculation.microcode, microcode, sizeof(microcode));
	log_event("speculation",
		  "cpu=%u mitigations=%s flaws=%s done=%s open=%s needs-microcode=%s siblings=%u",
		  cpu->id, wanted ? "auto" : "off", flaws, done, open, microcode, siblings);
}

void report_speculation(bool wanted)
{
	const struct cpu *boot_cpu = cpu_by_id(0);
	bool siblings = any_has_sibling();

	report_cpu(boot_cpu, wanted, siblings);
	for (unsigned id = 1; id < cpu_count(); id++)
		if (!is_like(&cpu_by_id(id)->speculation, &boot_cpu->speculation))
			report_cpu(cpu_by_id(id), wanted, siblings);
	if (siblings && boot_cpu->speculation.flaws != 0)
		log_warn("cpu", "threads of one core run guests at the same time, which "
			 "speculation can let look at each other; smt=off uses one thread of each "
			 "core");
}

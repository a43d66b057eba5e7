// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bring-up of one CPU: its descriptor tables, control registers and MSRs.
 */
#include "arch/cpu/cpu_init.h"

#include "arch/cpu/barrier.h"
#include "arch/cpu/entry_msrs.h"
#include "arch/cpu/host_traps.h"
#include "arch/cpu/switcher.h"

extern const uint8_t host_stubs[];

/* A stub is aligned to 16 bytes (arch/cpu/host_traps.asm). */
#define HOST_STUB_SIZE 16

static uint32_t stack_end(const uint8_t *stack, uint32_t size)
{
	return (uint32_t)stack + size;
}

/* The double fault handler is a task with a stack of its own: the current one may be unusable. */
static void prepare_double_fault(struct cpu *cpu, uint32_t host_cr3)
{
	struct state_page *state = &cpu->pages->host_state;
	struct tss *tss = &state->double_fault_tss;

	tss->cr3 = host_cr3;
	tss->eip = (uint32_t)host_double_fault;
	tss->eflags = EFLAGS_FIXED;
	tss->esp = stack_end(cpu->pages->double_fault_stack,
			     sizeof(cpu->pages->double_fault_stack));
	tss->cs = HOST_CS;
	tss->ss = tss->ds = tss->es = HOST_DS;
	tss->io_map_base = TSS_SIZE;
	state->gdt[GDT_DOUBLE_FAULT_TSS] =
		descriptor_tss(SWITCHER_STATE + offsetof(struct state_page, double_fault_tss));
	state->idt[VECTOR_DF] = gate(GATE_TASK, 0, SELECTOR(GDT_DOUBLE_FAULT_TSS, 0), 0);
}

static void prepare_host_state(struct cpu *cpu, uint32_t host_cr3)
{
	struct state_page *state = &cpu->pages->host_state;

	for (unsigned vector = 0; vector < VECTOR_COUNT; vector++)
		state->idt[vector] = gate(GATE_INTERRUPT, 0, HOST_CS,
					  (uint32_t)(host_stubs + vector * HOST_STUB_SIZE));
	state->idt[VECTOR_NMI] = switcher_nmi_gate();
	state->gdt[GDT_HOST_CODE] = DESCRIPTOR_FLAT_CODE(0);
	state->gdt[GDT_HOST_DATA] = DESCRIPTOR_FLAT_DATA(0);
	state->gdt[GDT_TSS] = descriptor_tss(SWITCHER_STATE + offsetof(struct state_page, tss));
	state->tss.io_map_base = TSS_SIZE;
	prepare_double_fault(cpu, host_cr3);
}

static void prepare_common(struct state_page *state, struct cpu *cpu, uint32_t host_cr3)
{
	state->cpu = cpu;
	state->host_cr3 = host_cr3;
	state->nmi_esp = stack_end(cpu->pages->nmi_stack, sizeof(cpu->pages->nmi_stack));
}

void cpu_prepare(struct cpu *cpu, struct cpu_pages *pages, uint32_t host_cr3)
{
	cpu->pages = pages;
	prepare_common(&pages->host_state, cpu, host_cr3);
	prepare_common(&pages->guest_state, cpu, host_cr3);
	prepare_host_state(cpu, host_cr3);
	switcher_init_guest_state(&pages->guest_state);
}

static void load_tables(void)
{
	struct state_page *state = (struct state_page *)SWITCHER_STATE;
	struct descriptor_register gdtr = { sizeof(state->gdt) - 1, (uint32_t)state->gdt };
	struct descriptor_register idtr = { sizeof(state->idt) - 1, (uint32_t)state->idt };

	__asm__ volatile("lgdt %0\n\t"
			 "lidt %1\n\t"
			 "ljmp %2, $1f\n"
			 "1:\n\t"
			 "mov %3, %%ds\n\t"
			 "mov %3, %%es\n\t"
			 "mov %3, %%ss\n\t"
			 "mov %4, %%fs\n\t"
			 "mov %4, %%gs\n\t"
			 "lldt %w4\n\t"
			 "ltr %w5"
			 :
			 : "m"(gdtr), "m"(idtr), "i"(HOST_CS), "r"((uint32_t)HOST_DS), "r"(0),
			   "r"((uint32_t)SELECTOR(GDT_TSS, 0))
			 : "memory");
}

/*
 * Memory types by the three bits of a page-table entry, PAT its highest (SDM vol. 3, 11.12.4): as
 * after a reset, but that PAT alone stands for write-combining.  No page is mapped with that bit
 * yet, so neither caches nor the TLB need a flush.
 */
#define PAT_TYPES 0x0007040100070406ull

void cpu_enable_nx(void)
{
	/* entry_msrs_init_cpu clears the other bits of EFER, also on a CPU without NX. */
	if (cpu_features()->nx)
		write_msr(MSR_EFER, EFER_NXE);
}

void cpu_init(struct cpu *cpu)
{
	const struct cpu_features *features = cpu_features();

	load_tables();

	/*
	 * NE: x87 errors as exceptions; MP: WAIT obeys TS; TS: no guest's FPU state is loaded; AM:
	 * a program that sets AC gets #AC, whatever the firmware left there.
	 */
	cpu->cr0 = (read_cr0() & ~(CR0_EM | CR0_NW | CR0_CD)) | CR0_WP | CR0_NE | CR0_MP | CR0_TS |
		   CR0_AM;
	write_cr0(cpu->cr0);

	/*
	 * A guest cannot change CR4, but expects SSE to be enabled and RDTSC, SGDT and the like to
	 * be allowed.  Ring 1 counts as supervisor for SMEP and SMAP, so these are set for Umbra's
	 * code alone. No PGE: a global translation of Umbra's would stay in the TLB over the load
	 * of CR3 that hides it from the guest.
	 */
	cpu->guest_cr4 = CR4_PAE | (features->mce ? CR4_MCE : 0) |
			 (features->fxsr ? CR4_OSFXSR : 0) |
			 (features->sse ? CR4_OSXMMEXCPT : 0);
	cpu->cr4 = cpu->guest_cr4 | (features->smep ? CR4_SMEP : 0) |
		   (features->smap ? CR4_SMAP : 0) | (features->umip ? CR4_UMIP : 0);
	write_cr4(cpu->cr4);

	if (features->pat)
		write_msr(MSR_PAT, PAT_TYPES);

	/* A breakpoint that firmware left would raise #DB in the Switcher. */
	write_dr7(0);
	write_dr6(DR6_RESET);
	entry_msrs_init_cpu(features);
	barriers_init_cpu(cpu);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads the registers by which arch/cpu/speculation.c judges the processor, and carries out what it
 * says.  An MSR is touched only where CPUID promises it.
 */
#include "arch/cpu/barrier.h"

#include "arch/cpu/x86.h"

#define MSR_SPEC_CTRL 0x48
#define MSR_PRED_CMD 0x49
#define PRED_CMD_IBPB 1
#define MSR_ARCH_CAPABILITIES 0x10A
#define MSR_FLUSH_CMD 0x10B
#define FLUSH_CMD_L1D 1
#define MSR_TSX_CTRL 0x122
#define TSX_CTRL_RTM_DISABLE 1		/* every transaction aborts */
#define TSX_CTRL_CPUID_CLEAR 2		/* and CPUID does not offer any */

static bool is_wanted = true, has_siblings;

void barriers_configure(bool wanted, bool siblings)
{
	is_wanted = wanted;
	has_siblings = siblings;
}

static struct smt read_smt(uint32_t max_basic)
{
	struct cpuid r = cpuid(1, 0);
	struct smt_leaves leaves = { .leaf1_ebx = r.ebx, .leaf1_edx = r.edx };

	if (max_basic >= 4)
		leaves.leaf4_eax = cpuid(4, 0).eax;
	if (max_basic >= 0xB) {
		r = cpuid(0xB, 0);
		leaves.leafb_eax = r.eax;
		leaves.leafb_ebx = r.ebx;
		leaves.leafb_ecx = r.ecx;
	}
	return smt_read(&leaves);
}

static void read_leaf7(struct speculation_cpu *s, uint32_t max_basic)
{
	struct cpuid r;

	if (max_basic < 7)
		return;
	r = cpuid(7, 0);
	s->leaf7_ebx = r.ebx;
	s->leaf7_edx = r.edx;
	if (r.eax >= 2)		/* the last subleaf */
		s->leaf7_2_edx = cpuid(7, 2).edx;
	if (speculation_has_capabilities(s))
		s->arch_capabilities = read_msr(MSR_ARCH_CAPABILITIES);
}

static void read_extended(struct speculation_cpu *s)
{
	uint32_t max = cpuid(0x80000000u, 0).eax;
	struct cpuid r;

	/* A CPU without extended leaves answers with something below 0x80000000. */
	if (max >= 0x80000008u)
		s->amd8_ebx = cpuid(0x80000008u, 0).ebx;
	if (max >= 0x80000021u) {
		r = cpuid(0x80000021u, 0);
		s->amd21_eax = r.eax;
		s->amd21_ecx = r.ecx;
	}
}

void barriers_init_cpu(struct cpu *cpu)
{
	const struct cpu_features *features = cpu_features();
	struct speculation_cpu s = { .vendor = features->vendor };
	uint32_t max_basic = cpuid(0, 0).eax;

	cpu_signature(&s.family, &s.model, &s.stepping);
	cpu->smt = read_smt(max_basic);
	s.threads = cpu->smt.threads;
	read_leaf7(&s, max_basic);
	read_extended(&s);

	cpu->speculation = speculation_judge(&s, has_siblings && s.threads > 1, is_wanted);
	if (cpu->speculation.spec_ctrl)
		write_msr(MSR_SPEC_CTRL, cpu->speculation.spec_ctrl);
	if (cpu->speculation.remedies & BIT(REMEDY_TSX_OFF))
		write_msr(MSR_TSX_CTRL, TSX_CTRL_RTM_DISABLE | TSX_CTRL_CPUID_CLEAR);
}

/*
 * On Zen a division by 0 may reveal the result of the division before it; so Umbra does one with
 * numbers of its own.
 */
static void divide_own_numbers(void)
{
	uint32_t quotient = 0, remainder = 0;

	__asm__ volatile("divl %2" : "+a"(quotient), "+d"(remainder) : "r"(1));
}

/* Where microcode is new enough, VERW overwrites the buffers too (Intel, MD_CLEAR). */
static void overwrite_buffers(void)
{
	static const uint16_t selector = HOST_DS;

	__asm__ volatile("verw %0" ::"m"(selector) : "cc", "memory");
}

/* Buffers are overwritten last: after that only the guest's own data is loaded and stored. */
void barriers_carry_out(uint32_t due)
{
	if (due & BIT(REMEDY_IBPB))
		write_msr(MSR_PRED_CMD, PRED_CMD_IBPB);
	if (due & BIT(REMEDY_RSB))
		return_stack_fill();
	if (due & BIT(REMEDY_L1D))
		write_msr(MSR_FLUSH_CMD, FLUSH_CMD_L1D);
	if (due & BIT(REMEDY_DIV))
		divide_own_numbers();
	if (due & BIT(REMEDY_VERW))
		overwrite_buffers();
}

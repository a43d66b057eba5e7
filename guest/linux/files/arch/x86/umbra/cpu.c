// SPDX-License-Identifier: GPL-2.0-only
/*
 * The processor as a guest of Umbra sees it: control registers that are
 * variables, and an identification without what cannot be used in ring 1.
 */
#include <linux/bits.h>
#include <linux/export.h>
#include <linux/kernel.h>

#include <asm/cpufeatures.h>
#include <asm/processor-flags.h>
#include <asm/processor.h>
#include <asm/umbra.h>

unsigned long umbra_cr0 = X86_CR0_PG | X86_CR0_WP | X86_CR0_NE | X86_CR0_MP |
			  X86_CR0_ET | X86_CR0_PE;
EXPORT_SYMBOL(umbra_cr0);

unsigned long umbra_cr3;

unsigned long umbra_cr4;
EXPORT_SYMBOL(umbra_cr4);

/* The flag of the FPU is all that Umbra wants to know of CR0. */
void umbra_write_cr0(unsigned long val)
{
	if ((val ^ umbra_cr0) & X86_CR0_TS)
		umbra_hcall(UMBRA_TS, val & X86_CR0_TS, 0, 0, 0);
	umbra_cr0 = val;
}
EXPORT_SYMBOL(umbra_write_cr0);

#define F(name)	(1U << (X86_FEATURE_##name & 31))

#define LEAF1_ECX	(F(XMM3) | F(PCLMULQDQ) | F(SSSE3) | F(CX16) | \
			 F(XMM4_1) | F(XMM4_2) | F(MOVBE) | F(POPCNT) | \
			 F(AES) | F(RDRAND))
#define LEAF1_EDX	(F(FPU) | F(TSC) | F(PAE) | F(CX8) | F(CMOV) | \
			 F(CLFLUSH) | F(MMX) | F(FXSR) | F(XMM) | F(XMM2))
#define LEAF7_EBX	(F(BMI1) | F(BMI2) | F(ERMS) | F(RDSEED))
#define EXT1_ECX	(F(LAHF_LM) | F(ABM) | F(3DNOWPREFETCH))
#define EXT1_EDX	(IS_ENABLED(CONFIG_X86_PAE) ? F(NX) : 0)
#define EXT7_EDX	BIT(8)	/* the TSC keeps its rate */

#define LEAF_LAST	7U
#define EXT_LAST	0x80000008U

/* PGE: not that pages are global, but flushes of the kernel's part are told from others. */
static void standard_leaf(u32 leaf, u32 *eax, u32 *ebx, u32 *ecx, u32 *edx)
{
	switch (leaf) {
	case 0:
		*eax = min(*eax, LEAF_LAST);
		break;
	case 1:
		*ecx = (*ecx & LEAF1_ECX) | F(HYPERVISOR);
		*edx = (*edx & LEAF1_EDX) | F(PGE);
		break;
	case 2:
	case 4:
		break;
	case 7:
		*eax = 0;
		*ebx &= LEAF7_EBX;
		*ecx = 0;
		*edx = 0;
		break;
	default:
		*eax = 0;
		*ebx = 0;
		*ecx = 0;
		*edx = 0;
		break;
	}
}

static void extended_leaf(u32 leaf, u32 *eax, u32 *ebx, u32 *ecx, u32 *edx)
{
	switch (leaf) {
	case 0x80000000:
		*eax = min(*eax, EXT_LAST);
		break;
	case 0x80000001:
		*ecx &= EXT1_ECX;
		*edx &= EXT1_EDX;
		break;
	case 0x80000002 ... 0x80000006:
		break;
	case 0x80000007:
		*eax = 0;
		*ebx = 0;
		*ecx = 0;
		*edx &= EXT7_EDX;
		break;
	case 0x80000008:
		*ebx = 0;
		*ecx = 0;
		*edx = 0;
		break;
	default:
		*eax = 0;
		*ebx = 0;
		*ecx = 0;
		*edx = 0;
		break;
	}
}

void umbra_cpuid(unsigned int *eax, unsigned int *ebx,
		 unsigned int *ecx, unsigned int *edx)
{
	u32 leaf = *eax;

	native_cpuid(eax, ebx, ecx, edx);
	if (leaf & 0x80000000)
		extended_leaf(leaf, eax, ebx, ecx, edx);
	else
		standard_leaf(leaf, eax, ebx, ecx, edx);
}
EXPORT_SYMBOL(umbra_cpuid);

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads CPUID once.  Leaf and bit numbers: SDM vol. 2, CPUID; AMD's APM vol. 3,
 * appendix E for the 0x8000xxxx leaves.
 */
#include "arch/cpu/cpu_features.h"

#include "arch/cpu/x86.h"
#include "lib/string.h"

static struct cpu_features features;

static void read_names(uint32_t max_extended)
{
	struct cpuid r = cpuid(0, 0);
	uint32_t vendor[3] = { r.ebx, r.edx, r.ecx };

	memcpy(features.vendor, vendor, sizeof(vendor));
	features.lazy_fpu_pointers = strcmp(features.vendor, "AuthenticAMD") == 0 ||
				     strcmp(features.vendor, "HygonGenuine") == 0;
	if (max_extended < 0x80000004u)
		return;
	for (uint32_t i = 0; i < 3; i++) {
		r = cpuid(0x80000002u + i, 0);
		memcpy(features.brand + 16 * i, &r, sizeof(r));
	}
}

/* SDM vol. 2, CPUID, figure 3-6 and below. */
void cpu_signature(unsigned *family, unsigned *model, unsigned *stepping)
{
	uint32_t signature = cpuid(1, 0).eax;

	*stepping = signature & 0xF;
	*model = signature >> 4 & 0xF;
	*family = signature >> 8 & 0xF;
	if (*family == 6 || *family == 15)
		*model |= signature >> 12 & 0xF0;
	if (*family == 15)
		*family += signature >> 20 & 0xFF;
}

/*
 * The TSC keeps one rate: CPUID says so, or it is an Intel processor of a kind
 * that is known for it (SDM vol. 3, 17.17).
 */
static bool has_constant_tsc(uint32_t max_extended)
{
	if (max_extended >= 0x80000007u && (cpuid(0x80000007u, 0).edx & BIT(8)))
		return true;
	return strcmp(features.vendor, "GenuineIntel") == 0 &&
	       ((features.family == 15 && features.model >= 3) ||
		(features.family == 6 && features.model >= 14));
}

/* A CPU with PAE has 32 bits at least, and a table entry holds 52 at most (SDM vol. 3, 4.1.4). */
static unsigned checked_bits(unsigned said, unsigned otherwise)
{
	return said >= 32 && said <= 52 ? said : otherwise;
}

void cpu_features_init(void)
{
	uint32_t max_basic = cpuid(0, 0).eax;
	uint32_t max_extended = cpuid(0x80000000u, 0).eax;
	struct cpuid r = cpuid(1, 0);

	cpu_signature(&features.family, &features.model, &features.stepping);
	features.mce = (r.edx & BIT(7)) != 0;
	features.apic = (r.edx & BIT(9)) != 0;
	features.sep = (r.edx & BIT(11)) != 0;
	features.mca = (r.edx & BIT(14)) != 0;
	features.pat = (r.edx & BIT(16)) != 0;
	features.pse36 = (r.edx & BIT(17)) != 0;
	features.fxsr = (r.edx & BIT(24)) != 0;
	features.sse = (r.edx & BIT(25)) != 0;
	features.rdrand = (r.ecx & BIT(30)) != 0;
	features.x2apic = (r.ecx & BIT(21)) != 0;
	features.tsc_deadline = (r.ecx & BIT(24)) != 0;
	features.hypervisor = (r.ecx & BIT(31)) != 0;
	if (max_basic >= 7) {
		r = cpuid(7, 0);
		features.smep = (r.ebx & BIT(7)) != 0;
		features.rdseed = (r.ebx & BIT(18)) != 0;
		features.smap = (r.ebx & BIT(20)) != 0;
		features.umip = (r.ecx & BIT(2)) != 0;
	}
	/* A CPU without extended leaves answers with something below 0x80000000. */
	if (max_extended < 0x80000000u)
		max_extended = 0;
	if (max_extended >= 0x80000001u)
		features.nx = (cpuid(0x80000001u, 0).edx & BIT(20)) != 0;
	/*
	 * For a CPU with PAE but without that leaf the SDM says 36 bits (vol. 3,
	 * 4.1.4), but emulated ones without PSE-36 have 32.
	 */
	features.physical_bits = features.pse36 ? 36 : 32;
	if (max_extended >= 0x80000008u)
		features.physical_bits = checked_bits(cpuid(0x80000008u, 0).eax & 0xFF,
						      features.physical_bits);
	read_names(max_extended);
	features.constant_tsc = has_constant_tsc(max_extended);
}

const struct cpu_features *cpu_features(void)
{
	return &features;
}

const char *cpu_features_missing(void)
{
	if (!features.fxsr)
		return "this CPU has no FXSAVE, without which guests' FPU state cannot be kept "
		       "apart";
	return NULL;
}

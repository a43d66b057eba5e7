// SPDX-License-Identifier: GPL-2.0-only
/*
 * Finds the flaws of a processor and their remedies.  Which families and models have a flaw is
 * published in Intel's "Affected Processors: Transient Execution Attacks" and in AMD's security
 * bulletins 1037 (retbleed), 7005 (SRSO), 7007 (division), 7008 (Zenbleed) and 7029 (TSA); what a
 * bit says, in the SDM vol. 2 (CPUID leaf 7) and vol. 4 (IA32_ARCH_CAPABILITIES), and in AMD's APM
 * vol. 3, appendix E.  A processor about which nothing was published is assumed to have the flaws
 * of its kind.
 */
#include "arch/cpu/speculation.h"

#include "lib/compiler.h"
#include "lib/format.h"
#include "lib/string.h"

/* CPUID 7.0 EBX and EDX. */
#define HAS_RTM BIT(11)
#define HAS_SRBDS_CTRL BIT(9)
#define HAS_MD_CLEAR BIT(10)
#define HAS_IBRS_IBPB BIT(26)
#define HAS_STIBP BIT(27)
#define HAS_L1D_FLUSH BIT(28)
#define HAS_ARCH_CAPABILITIES BIT(29)
/* CPUID 7.2 EDX. */
#define HAS_RRSBA_CTRL BIT(2)
#define HAS_BHI_CTRL BIT(4)
/* CPUID 0x80000008 EBX. */
#define AMD_IBPB BIT(12)
#define AMD_STIBP BIT(15)
#define AMD_SSB_NO BIT(26)
#define AMD_BTC_NO BIT(29)
/* CPUID 0x80000021 EAX and ECX. */
#define AMD_VERW_CLEAR BIT(5)
#define AMD_SRSO_NO BIT(29)
#define AMD_TSA_SQ_NO BIT(1)
#define AMD_TSA_L1_NO BIT(2)
/* IA32_ARCH_CAPABILITIES. */
#define CAP_RDCL_NO BIT64(0)
#define CAP_RSBA BIT64(2)
#define CAP_SSB_NO BIT64(4)
#define CAP_MDS_NO BIT64(5)
#define CAP_TSX_CTRL BIT64(7)
#define CAP_TAA_NO BIT64(8)
#define CAP_MMIO_NO (BIT64(13) | BIT64(14) | BIT64(15))	/* SBDR_SSDP_NO, FBSDP_NO, PSDP_NO */
#define CAP_FB_CLEAR BIT64(17)
#define CAP_BHI_NO BIT64(20)
#define CAP_GDS_NO BIT64(26)
#define CAP_RFDS_NO BIT64(27)
#define CAP_RFDS_CLEAR BIT64(28)
/* IA32_SPEC_CTRL. */
#define SPEC_CTRL_STIBP BIT64(1)
#define SPEC_CTRL_RRSBA_DIS_S BIT64(6)
#define SPEC_CTRL_BHI_DIS_S BIT64(10)

#define FLAWS_ALL (BIT(FLAW_COUNT) - 1)
/*
 * Loads across privilege levels, and stale data from buffers: no AMD processor is known to have
 * these.
 */
#define FLAWS_OF_LOADS (BIT(FLAW_MELTDOWN) | BIT(FLAW_L1TF) | BIT(FLAW_MDS))
#define FLAWS_OF_TEACHING (BIT(FLAW_SPECTRE_V2) | BIT(FLAW_SSB))

/* Models first to last of a family have `flaws`, or do not have them. */
struct model_row {
	uint16_t family, first, last;
	uint32_t flaws;
};

#define MODEL(number, flaws) { 6, number, number, flaws }

/* Names of flaws that come up in every other row. */
#define L1TF BIT(FLAW_L1TF)
#define MDS BIT(FLAW_MDS)
#define SSB BIT(FLAW_SSB)
#define MMIO BIT(FLAW_MMIO)
#define RFDS BIT(FLAW_RFDS)
#define SRBDS BIT(FLAW_SRBDS)
#define GDS BIT(FLAW_GDS)
#define RETBLEED BIT(FLAW_RETBLEED)
#define SRSO BIT(FLAW_SRSO)

/* Intel's models that lack a flaw which the others have. */
static const struct model_row intel_without[] = {
	/* Atoms that execute in order: Bonnell, Saltwell. */
	MODEL(0x1C, FLAWS_ALL), { 6, 0x26, 0x27, FLAWS_ALL }, { 6, 0x35, 0x36, FLAWS_ALL },
	MODEL(0x0E, SSB),						/* Yonah */
	MODEL(0x37, L1TF | SSB), MODEL(0x4A, L1TF | SSB),		/* Silvermont */
	MODEL(0x4D, L1TF | SSB), MODEL(0x5A, L1TF | SSB),
	MODEL(0x4C, L1TF | SSB), MODEL(0x75, L1TF | SSB),		/* Airmont */
	MODEL(0x57, L1TF | SSB), MODEL(0x85, L1TF | SSB),		/* Xeon Phi */
	MODEL(0x5C, L1TF | MDS), MODEL(0x5F, L1TF | MDS),		/* Goldmont */
	MODEL(0x7A, L1TF | MDS),
	MODEL(0x86, L1TF), MODEL(0x96, L1TF), MODEL(0x9C, L1TF),	/* Tremont */
};

static const struct model_row intel_with[] = {
	MODEL(0x3A, SRBDS),						/* Ivy Bridge */
	MODEL(0x3C, SRBDS), { 6, 0x45, 0x46, SRBDS }, MODEL(0x3F, MMIO), /* Haswell */
	MODEL(0x3D, SRBDS), MODEL(0x47, SRBDS),				/* Broadwell */
	MODEL(0x4F, MMIO), MODEL(0x56, MMIO),
	MODEL(0x55, MMIO | RETBLEED | GDS),				/* Skylake, servers */
	MODEL(0x4E, MMIO | RETBLEED | GDS | SRBDS), MODEL(0x5E, MMIO | RETBLEED | GDS | SRBDS),
	MODEL(0x8E, MMIO | RETBLEED | GDS | SRBDS), MODEL(0x9E, MMIO | RETBLEED | GDS | SRBDS),
	MODEL(0xA5, MMIO | RETBLEED | GDS | SRBDS), MODEL(0xA6, MMIO | RETBLEED | GDS | SRBDS),
	MODEL(0x66, RETBLEED),						/* Cannon Lake */
	MODEL(0x7E, MMIO | RETBLEED | GDS | SRBDS),			/* Ice Lake */
	MODEL(0x6A, MMIO | GDS), MODEL(0x6C, MMIO | GDS),
	MODEL(0x8A, MMIO | RETBLEED | SRBDS), MODEL(0xA7, MMIO | RETBLEED | GDS),
	{ 6, 0x8C, 0x8D, GDS },						/* Tiger Lake */
	MODEL(0x97, RFDS), MODEL(0x9A, RFDS), MODEL(0xB7, RFDS),	/* with Gracemont cores */
	MODEL(0xBA, RFDS), MODEL(0xBE, RFDS), MODEL(0xBF, RFDS),
	MODEL(0x5C, RFDS), MODEL(0x5F, RFDS), MODEL(0x7A, RFDS),
	MODEL(0x86, MMIO | RFDS), MODEL(0x96, MMIO | RFDS | SRBDS),
	MODEL(0x9C, MMIO | RFDS | SRBDS),
};

static const struct model_row amd_with[] = {
	{ 0x15, 0, 0xFF, RETBLEED }, { 0x16, 0, 0xFF, RETBLEED },	/* Bulldozer, Jaguar */
	{ 0x17, 0, 0xFF, RETBLEED | SRSO }, { 0x18, 0, 0xFF, RETBLEED | SRSO },
	{ 0x17, 0, 0x2F, BIT(FLAW_DIV) }, { 0x17, 0x50, 0x5F, BIT(FLAW_DIV) }, /* Zen, Zen+ */
	{ 0x18, 0, 0xFF, BIT(FLAW_DIV) },				/* Hygon's Zen */
	{ 0x17, 0x30, 0x4F, BIT(FLAW_ZENBLEED) },			/* Zen 2 */
	{ 0x17, 0x60, 0xFF, BIT(FLAW_ZENBLEED) },
	{ 0x19, 0, 0xFF, SRSO | BIT(FLAW_TSA) },			/* Zen 3, Zen 4 */
};

static uint32_t find_rows(const struct model_row *rows, size_t count,
			  const struct speculation_cpu *cpu)
{
	uint32_t flaws = 0;

	for (size_t i = 0; i < count; i++)
		if (rows[i].family == cpu->family && rows[i].first <= cpu->model &&
		    cpu->model <= rows[i].last)
			flaws |= rows[i].flaws;
	return flaws;
}

static bool is_intel(const struct speculation_cpu *cpu)
{
	return strcmp(cpu->vendor, "GenuineIntel") == 0;
}

static bool is_amd(const struct speculation_cpu *cpu)
{
	return strcmp(cpu->vendor, "AuthenticAMD") == 0 || strcmp(cpu->vendor, "HygonGenuine") == 0;
}

static bool is_zhaoxin(const struct speculation_cpu *cpu)
{
	return strcmp(cpu->vendor, "CentaurHauls") == 0 || strcmp(cpu->vendor, "  Shanghai  ") == 0;
}

bool speculation_has_capabilities(const struct speculation_cpu *cpu)
{
	return (cpu->leaf7_edx & HAS_ARCH_CAPABILITIES) != 0;
}

/* --- flaws -------------------------------------------------------------------------------- */

static uint32_t intel_flaws(const struct speculation_cpu *cpu)
{
	uint64_t capabilities = cpu->arch_capabilities;
	uint32_t flaws = FLAWS_OF_LOADS | FLAWS_OF_TEACHING | BIT(FLAW_BHI);

	flaws |= find_rows(intel_with, ARRAY_SIZE(intel_with), cpu);
	if (cpu->leaf7_ebx & HAS_RTM || capabilities & CAP_TSX_CTRL)
		flaws |= BIT(FLAW_TAA);
	if (capabilities & CAP_RFDS_CLEAR)
		flaws |= RFDS;
	if (capabilities & CAP_RSBA)
		flaws |= RETBLEED;
	return flaws & ~find_rows(intel_without, ARRAY_SIZE(intel_without), cpu);
}

static uint32_t amd_flaws(const struct speculation_cpu *cpu)
{
	uint32_t flaws = FLAWS_OF_TEACHING | find_rows(amd_with, ARRAY_SIZE(amd_with), cpu);

	if (cpu->family >= 0xF && cpu->family <= 0x12)
		flaws &= ~SSB;
	if (cpu->amd8_ebx & AMD_SSB_NO)
		flaws &= ~SSB;
	if (cpu->amd8_ebx & AMD_BTC_NO)
		flaws &= ~RETBLEED;
	/* On Zen and Zen 2 the overflow needs the core's other thread. */
	if (cpu->amd21_eax & AMD_SRSO_NO || (cpu->family < 0x19 && cpu->threads == 1))
		flaws &= ~SRSO;
	if ((cpu->amd21_ecx & (AMD_TSA_SQ_NO | AMD_TSA_L1_NO)) == (AMD_TSA_SQ_NO | AMD_TSA_L1_NO))
		flaws &= ~BIT(FLAW_TSA);
	return flaws;
}

/* The flaws that the processor itself reports not to have. */
static uint32_t denied(uint64_t capabilities)
{
	uint32_t flaws = 0;

	if (capabilities & CAP_RDCL_NO)
		flaws |= BIT(FLAW_MELTDOWN) | L1TF;
	if (capabilities & CAP_SSB_NO)
		flaws |= SSB;
	if (capabilities & CAP_MDS_NO)
		flaws |= MDS;
	if (capabilities & CAP_TAA_NO)
		flaws |= BIT(FLAW_TAA);
	if ((capabilities & CAP_MMIO_NO) == CAP_MMIO_NO)
		flaws |= MMIO;
	if (capabilities & CAP_BHI_NO)
		flaws |= BIT(FLAW_BHI);
	if (capabilities & CAP_GDS_NO)
		flaws |= GDS;
	if (capabilities & CAP_RFDS_NO)
		flaws |= RFDS;
	return flaws;
}

static uint32_t find_flaws(const struct speculation_cpu *cpu)
{
	uint32_t flaws;

	/* These execute in order, without speculation: Pentium, K6, WinChip. */
	if (cpu->family < 6)
		return 0;
	if (is_amd(cpu))
		return amd_flaws(cpu);
	if (is_intel(cpu))
		flaws = intel_flaws(cpu);
	else if (is_zhaoxin(cpu) && cpu->family == 7)
		flaws = FLAWS_OF_LOADS | SSB;
	else
		flaws = FLAWS_OF_LOADS | FLAWS_OF_TEACHING;
	return flaws & ~denied(cpu->arch_capabilities);
}

/* --- remedies ------------------------------------------------------------------------------- */

/* The flaws of buffers for which VERW is a remedy here. */
static uint32_t cleared_by_verw(const struct speculation_cpu *cpu)
{
	uint64_t capabilities = cpu->arch_capabilities;
	uint32_t flaws = 0;

	if (cpu->leaf7_edx & HAS_MD_CLEAR)
		flaws |= MDS | BIT(FLAW_TAA);
	/*
	 * Older microcode has no bit for it, but clears these buffers too where it reports both of
	 * these.
	 */
	if (capabilities & CAP_FB_CLEAR ||
	    (cpu->leaf7_edx & HAS_MD_CLEAR && cpu->leaf7_edx & HAS_L1D_FLUSH &&
	     !(capabilities & CAP_MDS_NO)))
		flaws |= MMIO;
	if (capabilities & CAP_RFDS_CLEAR)
		flaws |= RFDS;
	if (is_amd(cpu) && cpu->amd21_eax & AMD_VERW_CLEAR)
		flaws |= BIT(FLAW_TSA);
	return flaws;
}

static bool has_ibpb(const struct speculation_cpu *cpu)
{
	return cpu->leaf7_edx & HAS_IBRS_IBPB || (is_amd(cpu) && cpu->amd8_ebx & AMD_IBPB);
}

static bool has_stibp(const struct speculation_cpu *cpu)
{
	return cpu->leaf7_edx & HAS_STIBP || (is_amd(cpu) && cpu->amd8_ebx & AMD_STIBP);
}

static uint32_t find_remedies(const struct speculation_cpu *cpu, uint32_t flaws, bool siblings)
{
	bool is_taught = (flaws & BIT(FLAW_SPECTRE_V2)) != 0;
	uint32_t remedies = 0;

	if (is_taught)
		remedies |= BIT(REMEDY_RSB);
	if (is_taught && has_ibpb(cpu))
		remedies |= BIT(REMEDY_IBPB);
	if (is_taught && siblings && has_stibp(cpu))
		remedies |= BIT(REMEDY_STIBP);
	if (is_taught && cpu->leaf7_2_edx & HAS_RRSBA_CTRL)
		remedies |= BIT(REMEDY_RRSBA_OFF);
	if (flaws & BIT(FLAW_BHI) && cpu->leaf7_2_edx & HAS_BHI_CTRL)
		remedies |= BIT(REMEDY_BHI_OFF);
	if (flaws & L1TF && cpu->leaf7_edx & HAS_L1D_FLUSH)
		remedies |= BIT(REMEDY_L1D);
	if (flaws & cleared_by_verw(cpu))
		remedies |= BIT(REMEDY_VERW);
	if (flaws & BIT(FLAW_TAA) && cpu->arch_capabilities & CAP_TSX_CTRL)
		remedies |= BIT(REMEDY_TSX_OFF);
	if (flaws & BIT(FLAW_DIV))
		remedies |= BIT(REMEDY_DIV);
	return remedies;
}

/*
 * Umbra's design already prevents these: a guest's tables map only what it may read, their entries
 * that are not present name no memory, no guest has AVX, and Umbra's indirect branches are
 * retpolines.  So these need no remedy that mitigations=off could leave out.
 */
#define FLAWS_WITHOUT_GROUND \
	(BIT(FLAW_MELTDOWN) | L1TF | GDS | BIT(FLAW_ZENBLEED) | BIT(FLAW_BHI))

static uint32_t find_settled(const struct speculation_cpu *cpu, uint32_t remedies)
{
	uint32_t settled = FLAWS_WITHOUT_GROUND;

	if (remedies & BIT(REMEDY_VERW))
		settled |= cleared_by_verw(cpu);
	if (remedies & BIT(REMEDY_TSX_OFF))
		settled |= BIT(FLAW_TAA);
	if (remedies & BIT(REMEDY_DIV))
		settled |= BIT(FLAW_DIV);
	if (remedies & BIT(REMEDY_IBPB))
		settled |= BIT(FLAW_SPECTRE_V2);
	/* AMD predicts any return as a branch, Intel only when the return stack is empty. */
	if (remedies & BIT(REMEDY_RSB) && !is_amd(cpu))
		settled |= RETBLEED;
	/* Intel's microcode enables this defence by itself. */
	if (cpu->leaf7_edx & HAS_SRBDS_CTRL)
		settled |= SRBDS;
	return settled;
}

/* Flaws that only new microcode can remedy; the oldest processors get none. */
#define FLAWS_OF_MICROCODE \
	(MDS | BIT(FLAW_TAA) | MMIO | RFDS | SRBDS | BIT(FLAW_TSA) | BIT(FLAW_SPECTRE_V2))

static uint64_t find_spec_ctrl(uint32_t remedies)
{
	return (remedies & BIT(REMEDY_STIBP) ? SPEC_CTRL_STIBP : 0) |
	       (remedies & BIT(REMEDY_RRSBA_OFF) ? SPEC_CTRL_RRSBA_DIS_S : 0) |
	       (remedies & BIT(REMEDY_BHI_OFF) ? SPEC_CTRL_BHI_DIS_S : 0);
}

struct speculation speculation_judge(const struct speculation_cpu *cpu, bool siblings, bool wanted)
{
	struct speculation s = { .flaws = find_flaws(cpu) };
	uint32_t possible = find_remedies(cpu, s.flaws, siblings);

	s.microcode = s.flaws & FLAWS_OF_MICROCODE & ~find_settled(cpu, possible);
	s.remedies = wanted ? possible : 0;
	s.spec_ctrl = find_spec_ctrl(s.remedies);
	s.open = s.flaws & ~find_settled(cpu, s.remedies);
	s.remedies |= BIT(REMEDY_RETPOLINE);
	return s;
}

/* --- names ------------------------------------------------------------------------------------ */

static const char *const flaw_names[FLAW_COUNT] = {
	[FLAW_MELTDOWN] = "meltdown", [FLAW_L1TF] = "l1tf", [FLAW_MDS] = "mds", [FLAW_TAA] = "taa",
	[FLAW_MMIO] = "mmio", [FLAW_RFDS] = "rfds", [FLAW_SRBDS] = "srbds", [FLAW_GDS] = "gds",
	[FLAW_TSA] = "tsa", [FLAW_ZENBLEED] = "zenbleed", [FLAW_DIV] = "div",
	[FLAW_SPECTRE_V2] = "spectre-v2", [FLAW_BHI] = "bhi", [FLAW_RETBLEED] = "retbleed",
	[FLAW_SRSO] = "srso", [FLAW_SSB] = "ssb",
};

static const char *const remedy_names[REMEDY_COUNT] = {
	[REMEDY_IBPB] = "ibpb", [REMEDY_RSB] = "rsb", [REMEDY_L1D] = "l1d-flush",
	[REMEDY_VERW] = "verw", [REMEDY_DIV] = "div", [REMEDY_TSX_OFF] = "tsx-off",
	[REMEDY_STIBP] = "stibp", [REMEDY_RRSBA_OFF] = "rrsba-off", [REMEDY_BHI_OFF] = "bhi-off",
	[REMEDY_RETPOLINE] = "retpoline",
};

static void name_members(uint32_t set, const char *const *names, unsigned count, char *text,
			 size_t size)
{
	size_t used = 0;

	string_copy(text, "none", size);
	for (unsigned i = 0; i < count && used < size; i++)
		if (set & BIT(i))
			used += format_text(text + used, size - used, "%s%s", used > 0 ? "," : "",
					    names[i]);
}

void speculation_name_flaws(uint32_t flaws, char *text, size_t size)
{
	name_members(flaws, flaw_names, FLAW_COUNT, text, size);
}

void speculation_name_remedies(uint32_t remedies, char *text, size_t size)
{
	name_members(remedies, remedy_names, REMEDY_COUNT, text, size);
}

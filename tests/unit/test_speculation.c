// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of arch/cpu/speculation.c against a table of real processors: what their CPUID
 * and IA32_ARCH_CAPABILITIES say (leaves as published in processor databases and
 * boot logs), with and without the microcode that came later; what they have, by
 * their makers' lists; and what is to be done there.
 */
#include "tests/unit/unit.h"

#include "arch/cpu/smt.h"
#include "arch/cpu/speculation.h"
#include "lib/compiler.h"

#include <string.h>

#define TEXT_SIZE 160

#define INTEL "GenuineIntel"
#define AMD "AuthenticAMD"

/* Of CPUID 7.0 EDX. */
#define MICROCODE_2018 0x9C000000u	/* IBRS_IBPB, STIBP, L1D_FLUSH, SSBD */
#define MD_CLEAR 0x400u
#define SRBDS_CTRL 0x200u
#define CAPABILITIES 0x20000000u
#define RTM 0x800u			/* of 7.0 EBX */

struct row {
	const char *name;
	struct speculation_cpu cpu;
	const char *flaws, *remedies, *open;
};

static const struct row rows[] = {
	/* --- Intel --- */
	{ "Pentium III", { .vendor = INTEL, .family = 6, .model = 8, .stepping = 6 },
	  "meltdown,l1tf,mds,spectre-v2,bhi,ssb", "rsb,retpoline", "mds,spectre-v2,ssb" },
	{ "Pentium M", { .vendor = INTEL, .family = 6, .model = 0xD, .stepping = 8 },
	  "meltdown,l1tf,mds,spectre-v2,bhi,ssb", "rsb,retpoline", "mds,spectre-v2,ssb" },
	{ "Core Duo", { .vendor = INTEL, .family = 6, .model = 0xE, .stepping = 8 },
	  "meltdown,l1tf,mds,spectre-v2,bhi", "rsb,retpoline", "mds,spectre-v2" },
	{ "Pentium 4", { .vendor = INTEL, .family = 15, .model = 3, .stepping = 4 },
	  "meltdown,l1tf,mds,spectre-v2,bhi,ssb", "rsb,retpoline", "mds,spectre-v2,ssb" },
	{ "Core 2 (Penryn)", { .vendor = INTEL, .family = 6, .model = 0x17, .stepping = 10 },
	  "meltdown,l1tf,mds,spectre-v2,bhi,ssb", "rsb,retpoline", "mds,spectre-v2,ssb" },
	{ "Nehalem", { .vendor = INTEL, .family = 6, .model = 0x1A, .stepping = 5,
		       .leaf7_edx = MICROCODE_2018 },
	  "meltdown,l1tf,mds,spectre-v2,bhi,ssb", "ibpb,rsb,l1d-flush,retpoline", "mds,ssb" },
	{ "Sandy Bridge", { .vendor = INTEL, .family = 6, .model = 0x2A, .stepping = 7,
			    .leaf7_edx = MICROCODE_2018 | MD_CLEAR },
	  "meltdown,l1tf,mds,spectre-v2,bhi,ssb", "ibpb,rsb,l1d-flush,verw,retpoline", "ssb" },
	{ "Sandy Bridge as sold", { .vendor = INTEL, .family = 6, .model = 0x2A, .stepping = 7 },
	  "meltdown,l1tf,mds,spectre-v2,bhi,ssb", "rsb,retpoline", "mds,spectre-v2,ssb" },
	{ "Haswell", { .vendor = INTEL, .family = 6, .model = 0x3C, .stepping = 3,
		       .leaf7_edx = MICROCODE_2018 | MD_CLEAR | SRBDS_CTRL },
	  "meltdown,l1tf,mds,srbds,spectre-v2,bhi,ssb", "ibpb,rsb,l1d-flush,verw,retpoline",
	  "ssb" },
	{ "Haswell before SRBDS_CTRL", { .vendor = INTEL, .family = 6, .model = 0x3C, .stepping = 3,
					 .leaf7_edx = MICROCODE_2018 | MD_CLEAR },
	  "meltdown,l1tf,mds,srbds,spectre-v2,bhi,ssb", "ibpb,rsb,l1d-flush,verw,retpoline",
	  "srbds,ssb" },
	{ "Skylake, client", { .vendor = INTEL, .family = 6, .model = 0x5E, .stepping = 3,
			       .leaf7_ebx = RTM,
			       .leaf7_edx = MICROCODE_2018 | MD_CLEAR | SRBDS_CTRL | CAPABILITIES,
			       .arch_capabilities = 0x2000C04 },
	  "meltdown,l1tf,mds,taa,mmio,srbds,gds,spectre-v2,bhi,retbleed,ssb",
	  "ibpb,rsb,l1d-flush,verw,retpoline", "ssb" },
	{ "Skylake, client, TSX off for good", { .vendor = INTEL, .family = 6, .model = 0x5E,
	  .stepping = 3,
			       .leaf7_edx = MICROCODE_2018 | MD_CLEAR | SRBDS_CTRL | CAPABILITIES,
			       .arch_capabilities = 0x2000C04 },
	  "meltdown,l1tf,mds,mmio,srbds,gds,spectre-v2,bhi,retbleed,ssb",
	  "ibpb,rsb,l1d-flush,verw,retpoline", "ssb" },
	{ "Skylake, server", { .vendor = INTEL, .family = 6, .model = 0x55, .stepping = 4,
			       .leaf7_ebx = RTM, .leaf7_edx = MICROCODE_2018 | MD_CLEAR },
	  "meltdown,l1tf,mds,taa,mmio,gds,spectre-v2,bhi,retbleed,ssb",
	  "ibpb,rsb,l1d-flush,verw,retpoline", "ssb" },
	{ "Cascade Lake", { .vendor = INTEL, .family = 6, .model = 0x55, .stepping = 7,
			    .leaf7_ebx = RTM, .leaf7_edx = MICROCODE_2018 | MD_CLEAR | CAPABILITIES,
			    .arch_capabilities = 0xAB },
	  "taa,mmio,gds,spectre-v2,bhi,retbleed,ssb", "ibpb,rsb,verw,tsx-off,retpoline",
	  "mmio,ssb" },
	{ "Cascade Lake with FB_CLEAR", { .vendor = INTEL, .family = 6, .model = 0x55,
	  .stepping = 7,
			    .leaf7_ebx = RTM, .leaf7_edx = MICROCODE_2018 | MD_CLEAR | CAPABILITIES,
			    .arch_capabilities = 0x200AB },
	  "taa,mmio,gds,spectre-v2,bhi,retbleed,ssb", "ibpb,rsb,verw,tsx-off,retpoline", "ssb" },
	{ "Ice Lake, server", { .vendor = INTEL, .family = 6, .model = 0x6A, .stepping = 6,
				.leaf7_ebx = RTM,
				.leaf7_edx = MICROCODE_2018 | MD_CLEAR | CAPABILITIES,
				.arch_capabilities = 0x201EB },
	  "mmio,gds,spectre-v2,bhi,ssb", "ibpb,rsb,verw,retpoline", "ssb" },
	{ "Alder Lake", { .vendor = INTEL, .family = 6, .model = 0x97, .stepping = 2,
			  .leaf7_edx = MICROCODE_2018 | MD_CLEAR | CAPABILITIES,
			  .leaf7_2_edx = 0x17,
			  .arch_capabilities = 0x1588FD6B },
	  "rfds,spectre-v2,bhi,ssb", "ibpb,rsb,verw,rrsba-off,bhi-off,retpoline", "ssb" },
	{ "Alder Lake before RFDS_CLEAR", { .vendor = INTEL, .family = 6, .model = 0x97,
	  .stepping = 2,
			  .leaf7_edx = MICROCODE_2018 | MD_CLEAR | CAPABILITIES,
			  .leaf7_2_edx = 0x17,
			  .arch_capabilities = 0x588FD6B },
	  "rfds,spectre-v2,bhi,ssb", "ibpb,rsb,rrsba-off,bhi-off,retpoline", "rfds,ssb" },
	{ "Bonnell", { .vendor = INTEL, .family = 6, .model = 0x1C, .stepping = 2 },
	  "none", "retpoline", "none" },
	{ "Saltwell", { .vendor = INTEL, .family = 6, .model = 0x36, .stepping = 1 },
	  "none", "retpoline", "none" },
	{ "Silvermont", { .vendor = INTEL, .family = 6, .model = 0x37, .stepping = 8,
			  .leaf7_edx = 0x0C000000 | MD_CLEAR },
	  "meltdown,mds,spectre-v2,bhi", "ibpb,rsb,verw,retpoline", "none" },
	{ "Goldmont Plus", { .vendor = INTEL, .family = 6, .model = 0x7A, .stepping = 1,
			     .leaf7_edx = 0xAC000000 | MD_CLEAR, .arch_capabilities = 0x10000069 },
	  "rfds,spectre-v2,bhi,ssb", "ibpb,rsb,verw,retpoline", "ssb" },
	{ "Pentium", { .vendor = INTEL, .family = 5, .model = 4 }, "none", "retpoline", "none" },

	/* --- AMD, Hygon --- */
	{ "K7", { .vendor = AMD, .family = 6, .model = 10 },
	  "spectre-v2,ssb", "rsb,retpoline", "spectre-v2,ssb" },
	{ "K8", { .vendor = AMD, .family = 0xF, .model = 0x4B, .stepping = 2 },
	  "spectre-v2", "rsb,retpoline", "spectre-v2" },
	{ "K10", { .vendor = AMD, .family = 0x10, .model = 4 },
	  "spectre-v2", "rsb,retpoline", "spectre-v2" },
	{ "Bulldozer",
	  { .vendor = AMD, .family = 0x15, .model = 1, .stepping = 2, .amd8_ebx = 0x1000 },
	  "spectre-v2,retbleed,ssb", "ibpb,rsb,retpoline", "retbleed,ssb" },
	{ "Jaguar", { .vendor = AMD, .family = 0x16, .model = 0, .amd8_ebx = 0x1000 },
	  "spectre-v2,retbleed,ssb", "ibpb,rsb,retpoline", "retbleed,ssb" },
	{ "Zen", { .vendor = AMD, .family = 0x17, .model = 1, .stepping = 1, .threads = 2,
		   .amd8_ebx = 0x1007 },
	  "div,spectre-v2,retbleed,srso,ssb", "ibpb,rsb,div,retpoline", "retbleed,srso,ssb" },
	{ "Zen without SMT", { .vendor = AMD, .family = 0x17, .model = 1, .stepping = 1,
			       .amd8_ebx = 0x1007 },
	  "div,spectre-v2,retbleed,ssb", "ibpb,rsb,div,retpoline", "retbleed,ssb" },
	{ "Zen+", { .vendor = AMD, .family = 0x17, .model = 0x18, .stepping = 1, .threads = 2,
		    .amd8_ebx = 0x1007 },
	  "div,spectre-v2,retbleed,srso,ssb", "ibpb,rsb,div,retpoline", "retbleed,srso,ssb" },
	{ "Zen 2",
	  { .vendor = AMD, .family = 0x17, .model = 0x71, .threads = 2, .amd8_ebx = 0x18CB757 },
	  "zenbleed,spectre-v2,retbleed,srso,ssb", "ibpb,rsb,retpoline", "retbleed,srso,ssb" },
	{ "Zen 3", { .vendor = AMD, .family = 0x19, .model = 0x21, .threads = 2,
	  .amd8_ebx = 0x311EF657,
		     .amd21_eax = 0x18000045 },
	  "tsa,spectre-v2,srso,ssb", "ibpb,rsb,retpoline", "tsa,srso,ssb" },
	{ "Zen 4", { .vendor = AMD, .family = 0x19, .model = 0x61, .stepping = 2, .threads = 2,
		     .amd8_ebx = 0x791EF257, .amd21_eax = 0x62FCF },
	  "tsa,spectre-v2,srso,ssb", "ibpb,rsb,retpoline", "tsa,srso,ssb" },
	{ "Zen 4 with VERW_CLEAR", { .vendor = AMD, .family = 0x19, .model = 0x61, .stepping = 2,
		     .threads = 2, .amd8_ebx = 0x791EF257, .amd21_eax = 0x62FEF },
	  "tsa,spectre-v2,srso,ssb", "ibpb,rsb,verw,retpoline", "srso,ssb" },
	{ "Zen 5",
	  { .vendor = AMD, .family = 0x1A, .model = 0x44, .threads = 2, .amd8_ebx = 0x791EF257 },
	  "spectre-v2,ssb", "ibpb,rsb,retpoline", "ssb" },
	{ "Dhyana", { .vendor = "HygonGenuine", .family = 0x18, .model = 0, .threads = 2,
		      .amd8_ebx = 0x1007 },
	  "div,spectre-v2,retbleed,srso,ssb", "ibpb,rsb,div,retpoline", "retbleed,srso,ssb" },

	/* --- VIA, Zhaoxin --- */
	{ "C7", { .vendor = "CentaurHauls", .family = 6, .model = 0xD },
	  "meltdown,l1tf,mds,spectre-v2,ssb", "rsb,retpoline", "mds,spectre-v2,ssb" },
	{ "Nano", { .vendor = "CentaurHauls", .family = 6, .model = 0xF },
	  "meltdown,l1tf,mds,spectre-v2,ssb", "rsb,retpoline", "mds,spectre-v2,ssb" },
	{ "ZX-E", { .vendor = "  Shanghai  ", .family = 7, .model = 0x3B },
	  "meltdown,l1tf,mds,ssb", "retpoline", "mds,ssb" },
};

/* One thread where the row says nothing of them. */
static struct speculation_cpu cpu_of(const struct row *row)
{
	struct speculation_cpu cpu = row->cpu;

	cpu.threads = cpu.threads ? cpu.threads : 1;
	return cpu;
}

static const struct speculation_cpu *find(const char *name, struct speculation_cpu *cpu)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (strcmp(rows[i].name, name) == 0) {
			*cpu = cpu_of(&rows[i]);
			return cpu;
		}
	}
	fail_msg("there is no row %s", name);
	return NULL;
}

static void check_text(const char *name, const char *text, const char *expected)
{
	if (strcmp(text, expected) != 0)
		fail_msg("%s: %s, expected %s", name, text, expected);
}

static void real_processors(void **state)
{
	char text[TEXT_SIZE];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct speculation_cpu cpu = cpu_of(&rows[i]);
		struct speculation s = speculation_judge(&cpu, false, true);

		speculation_name_flaws(s.flaws, text, sizeof(text));
		check_text(rows[i].name, text, rows[i].flaws);
		speculation_name_remedies(s.remedies, text, sizeof(text));
		check_text(rows[i].name, text, rows[i].remedies);
		speculation_name_flaws(s.open, text, sizeof(text));
		check_text(rows[i].name, text, rows[i].open);
		/* Retbleed, SRSO and SSB are open whatever the microcode. */
		assert_int_equal(s.microcode,
				 s.open & ~(BIT(FLAW_RETBLEED) | BIT(FLAW_SRSO) | BIT(FLAW_SSB)));
	}
}

/* mitigations=off: what is compiled in, and what cannot happen anyway. */
static void not_wanted(void **state)
{
	struct speculation_cpu cpu;
	struct speculation s;
	char text[TEXT_SIZE];

	(void)state;
	s = speculation_judge(find("Skylake, client", &cpu), true, false);
	assert_int_equal(s.remedies, BIT(REMEDY_RETPOLINE));
	assert_int_equal(s.spec_ctrl, 0);
	speculation_name_flaws(s.flaws, text, sizeof(text));
	assert_string_equal(text,
			    "meltdown,l1tf,mds,taa,mmio,srbds,gds,spectre-v2,bhi,retbleed,ssb");
	speculation_name_flaws(s.open, text, sizeof(text));
	assert_string_equal(text, "mds,taa,mmio,spectre-v2,retbleed,ssb");
	assert_int_equal(s.microcode, 0);
	s = speculation_judge(find("Sandy Bridge as sold", &cpu), true, false);
	assert_int_equal(s.microcode, BIT(FLAW_MDS) | BIT(FLAW_SPECTRE_V2));
}

/* IA32_SPEC_CTRL is written only where its bits are, and STIBP only where siblings run. */
static void spec_ctrl(void **state)
{
	struct speculation_cpu cpu;

	(void)state;
	assert_int_equal(speculation_judge(find("Alder Lake", &cpu), false, true).spec_ctrl, 0x440);
	assert_int_equal(speculation_judge(find("Alder Lake", &cpu), true, true).spec_ctrl, 0x442);
	assert_int_equal(speculation_judge(find("Sandy Bridge", &cpu), true, true).spec_ctrl, 2);
	assert_int_equal(speculation_judge(find("Sandy Bridge", &cpu), false, true).spec_ctrl, 0);
	assert_int_equal(
		speculation_judge(find("Sandy Bridge as sold", &cpu), true, true).spec_ctrl, 0);
	assert_int_equal(speculation_judge(find("Bonnell", &cpu), true, true).spec_ctrl, 0);
	assert_int_equal(speculation_judge(find("Zen 4", &cpu), true, true).spec_ctrl, 2);
	assert_int_equal(speculation_judge(find("Zen", &cpu), true, true).spec_ctrl, 0);
}

/*
 * No MSR is touched that CPUID does not promise, whatever the model: with empty
 * leaves nothing is left but what takes no MSR.
 */
static void no_leaves(void **state)
{
	const uint32_t without_msrs = BIT(REMEDY_RSB) | BIT(REMEDY_DIV) | BIT(REMEDY_RETPOLINE);
	static const char *const vendors[] = { INTEL, AMD, "HygonGenuine", "CentaurHauls",
					       "Unknown" };

	(void)state;
	for (size_t v = 0; v < ARRAY_SIZE(vendors); v++) {
		for (unsigned family = 4; family < 0x20; family++) {
			for (unsigned model = 0; model < 0x100; model++) {
				struct speculation_cpu cpu = { .vendor = vendors[v],
				  .family = family,
							       .model = model, .threads = 2 };
				struct speculation s = speculation_judge(&cpu, true, true);

				assert_false(speculation_has_capabilities(&cpu));
				assert_int_equal(s.remedies & ~without_msrs, 0);
				assert_int_equal(s.spec_ctrl, 0);
				assert_int_equal(s.open & ~s.flaws, 0);
			}
		}
	}
}

/* Whoever says that nothing ails it is believed. */
static void denies_all(void **state)
{
	struct speculation_cpu cpu;
	char text[TEXT_SIZE];

	(void)state;
	find("Alder Lake", &cpu);
	cpu.arch_capabilities = 0x0C10E171;
	speculation_name_flaws(speculation_judge(&cpu, false, true).flaws, text, sizeof(text));
	assert_string_equal(text, "spectre-v2");
	assert_true(speculation_has_capabilities(&cpu));
}

static void check_smt(struct smt_leaves leaves, unsigned threads, unsigned shift)
{
	struct smt smt = smt_read(&leaves);

	assert_int_equal(smt.threads, threads);
	assert_int_equal(smt.shift, shift);
}

static void threads(void **state)
{
	const uint32_t htt = 1u << 28;

	(void)state;
	/* Leaf 0xB: two threads; one; more bits in EBX than count; another level. */
	check_smt((struct smt_leaves){ .leafb_eax = 1, .leafb_ebx = 2, .leafb_ecx = 0x100 }, 2, 1);
	check_smt((struct smt_leaves){ .leafb_ebx = 1, .leafb_ecx = 0x100 }, 1, 0);
	check_smt((struct smt_leaves){ .leafb_eax = 0x21, .leafb_ebx = 0x10002,
				       .leafb_ecx = 0x100 }, 2, 1);
	check_smt((struct smt_leaves){ .leafb_eax = 4, .leafb_ebx = 8, .leafb_ecx = 0x201 }, 1, 0);
	/* Without it: nothing at all; Pentium 4 with HT; Core 2 Quad; two cores with HT. */
	check_smt((struct smt_leaves){ .leaf1_ebx = 0x20000 }, 1, 0);
	check_smt((struct smt_leaves){ .leaf1_ebx = 0x20000, .leaf1_edx = htt }, 2, 1);
	check_smt((struct smt_leaves){ .leaf1_ebx = 0x40000, .leaf1_edx = htt,
				       .leaf4_eax = 3u << 26 }, 1, 0);
	check_smt((struct smt_leaves){ .leaf1_ebx = 0x40000, .leaf1_edx = htt,
				       .leaf4_eax = 1u << 26 }, 2, 1);
	/* Nonsense is no reason to divide by 0 or to shift everything away. */
	check_smt((struct smt_leaves){ .leaf1_edx = htt, .leaf4_eax = UINT32_MAX }, 1, 0);
	check_smt((struct smt_leaves){ .leafb_ecx = 0x100, .leafb_eax = UINT32_MAX }, 1, 0);
}

static void names_are_cut(void **state)
{
	char text[8];

	(void)state;
	speculation_name_flaws(UINT32_MAX, text, sizeof(text));
	assert_string_equal(text, "meltdow");
	speculation_name_remedies(BIT(REMEDY_RSB) | BIT(REMEDY_DIV), text, sizeof(text));
	assert_string_equal(text, "rsb,div");
	speculation_name_flaws(0, text, sizeof(text));
	assert_string_equal(text, "none");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(real_processors), cmocka_unit_test(not_wanted),
		cmocka_unit_test(spec_ctrl),	   cmocka_unit_test(no_leaves),
		cmocka_unit_test(denies_all),	   cmocka_unit_test(threads),
		cmocka_unit_test(names_are_cut),
	};

	return cmocka_run_group_tests_name("speculation", tests, NULL, NULL);
}

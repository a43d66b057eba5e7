/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which flaws of speculative execution a processor has, and what Umbra does about each: decided
 * from CPUID and IA32_ARCH_CAPABILITIES alone.  Pure; docs/security.md has the reasons.
 * arch/cpu/barrier.h reads the registers and carries the remedies out.
 */
#ifndef UMBRA_ARCH_CPU_SPECULATION_H
#define UMBRA_ARCH_CPU_SPECULATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* speculation_name_flaws() has their names in the log. */
enum flaw {
	FLAW_MELTDOWN,		/* CVE-2017-5754, rogue data cache load */
	FLAW_L1TF,		/* CVE-2018-3620, L1 terminal fault */
	FLAW_MDS,		/* CVE-2018-12126 and others, microarchitectural data sampling */
	FLAW_TAA,		/* CVE-2019-11135, TSX asynchronous abort */
	FLAW_MMIO,		/* CVE-2022-21123 and others, processor MMIO stale data */
	FLAW_RFDS,		/* CVE-2023-28746, register file data sampling */
	FLAW_SRBDS,		/* CVE-2020-0543, special register buffer data sampling */
	FLAW_GDS,		/* CVE-2022-40982, gather data sampling: takes AVX */
	FLAW_TSA,		/* CVE-2024-36350 and -36357, AMD's transient scheduler attacks */
	FLAW_ZENBLEED,		/* CVE-2023-20593: takes AVX */
	FLAW_DIV,		/* CVE-2023-20588, Zen's remainder of an earlier division (#9045) */
	FLAW_SPECTRE_V2,	/* CVE-2017-5715, branch target injection */
	FLAW_BHI,		/* CVE-2022-0001, branch history injection */
	FLAW_RETBLEED,		/* CVE-2022-29900 (AMD), -29901 (Intel): trained return targets */
	FLAW_SRSO,		/* CVE-2023-20569, speculative return stack overflow */
	FLAW_SSB,		/* CVE-2018-3639, speculative store bypass */
	FLAW_COUNT
};

/* What is done again and again (arch/cpu/barrier.h says when), and what is set up once. */
enum remedy {
	REMEDY_IBPB,		/* IA32_PRED_CMD: drops all branch predictions */
	REMEDY_RSB,		/* the return stack filled */
	REMEDY_L1D,		/* IA32_FLUSH_CMD: the L1 data cache emptied */
	REMEDY_VERW,		/* buffers overwritten */
	REMEDY_DIV,		/* a division of Umbra's own */
	REMEDY_TSX_OFF,		/* IA32_TSX_CTRL */
	REMEDY_STIBP,		/* IA32_SPEC_CTRL: a sibling cannot train this thread */
	REMEDY_RRSBA_OFF,	/* IA32_SPEC_CTRL: only the return stack predicts returns */
	REMEDY_BHI_OFF,		/* IA32_SPEC_CTRL: ring 3's history is not used in rings 0-2 */
	REMEDY_RETPOLINE,	/* compiled in, always */
	REMEDY_COUNT
};

/* CPUID's leaves are 0 where the processor has none such. */
struct speculation_cpu {
	const char *vendor;			/* 12 letters of leaf 0 */
	unsigned family, model, stepping;	/* extended parts included */
	unsigned threads;			/* of a core, 1 or more */
	uint32_t leaf7_ebx, leaf7_edx;		/* 7.0 */
	uint32_t leaf7_2_edx;			/* 7.2 */
	uint32_t amd8_ebx;			/* 0x80000008 */
	uint32_t amd21_eax, amd21_ecx;		/* 0x80000021 */
	uint64_t arch_capabilities;		/* 0 if speculation_has_capabilities() is false */
};

struct speculation {
	uint32_t flaws;		/* bit n: enum flaw n: what the processor has */
	uint32_t remedies;	/* bit n: enum remedy n: what is done */
	uint32_t open;		/* flaws that remain, without microcode or remedy */
	uint32_t microcode;	/* flaws that newer microcode would remedy */
	uint64_t spec_ctrl;	/* for IA32_SPEC_CTRL; 0: leave it alone, it may not exist */
};

/* Does IA32_ARCH_CAPABILITIES exist?  Needs leaf7_edx. */
bool speculation_has_capabilities(const struct speculation_cpu *cpu);

/*
 * Judges a processor.  siblings: both threads of its cores are in use.  wanted:
 * mitigations= is not off; without it only what is compiled in is done.
 */
struct speculation speculation_judge(const struct speculation_cpu *cpu, bool siblings, bool wanted);

/* The names of a set's members, with commas between; "none" for the empty set.  size: 2 or more. */
void speculation_name_flaws(uint32_t flaws, char *text, size_t size);
void speculation_name_remedies(uint32_t remedies, char *text, size_t size);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the processor can do, read once from CPUID (SDM vol. 2, CPUID).  Umbra assumes that all CPUs
 * of the machine are alike.
 */
#ifndef UMBRA_ARCH_CPU_CPU_FEATURES_H
#define UMBRA_ARCH_CPU_CPU_FEATURES_H

#include <stdbool.h>

struct cpu_features {
	char vendor[13];
	char brand[49];
	unsigned family, model, stepping;	/* with the extended family and model added */
	bool sep, pse36, fxsr, sse, nx, smep, smap, umip, mce, mca, pat, rdrand, rdseed;
	bool apic, x2apic, tsc_deadline;	/* the local APIC, and what it can do */
	unsigned physical_bits;	/* of a physical address; higher ones in a table are reserved */
	bool constant_tsc;	/* one rate whatever the clock of the core does */
	bool hypervisor;	/* Umbra itself runs under a hypervisor */
	bool lazy_fpu_pointers;	/* AMD: FXSAVE keeps FIP, FDP, FOP only while an exception waits */
};

/* Reads CPUID.  Boot CPU, before the first cpu_features(). */
void cpu_features_init(void);

const struct cpu_features *cpu_features(void);

/* Reads the signature of the calling CPU, with the extended family and model added. */
void cpu_signature(unsigned *family, unsigned *model, unsigned *stepping);

/*
 * NULL when this CPU can run Umbra, else the text of a message that says what it lacks.
 * PAE and CPUID themselves were checked by the first instructions.
 */
const char *cpu_features_missing(void);

#endif

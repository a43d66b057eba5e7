// SPDX-License-Identifier: GPL-2.0-only
/*
 * Closes SYSENTER and SYSCALL, and turns off what DEBUGCTL can do to a single step.  CPUID does
 * not say reliably which CPUs have these registers: a K7 has EFER without NX, and for DEBUGCTL
 * there is no bit at all.  So they are written, and a CPU without the register answers by #GP.
 */
#include "arch/cpu/entry_msrs.h"

#include "arch/cpu/x86.h"

/* AMD's APM vol. 2, 6.1.1: what `syscall` loads. */
#define MSR_STAR 0xC0000081u
/*
 * SDM vol. 4, table 2-2; DebugCtl in AMD's APM vol. 2, 13.1.1.6.  With bit 1 set, TF traps at
 * branches only.
 */
#define MSR_DEBUGCTL 0x1D9u

void entry_msrs_init_cpu(const struct cpu_features *features)
{
	/* `sysenter` is #GP with a null selector (SDM vol. 3, 5.8.7). */
	if (features->sep)
		msr_try_write(MSR_SYSENTER_CS, 0);
	/* Without SCE `syscall` is #UD; then STAR means nothing, and is cleared all the same. */
	if (msr_try_write(MSR_EFER, features->nx ? EFER_NXE : 0))
		msr_try_write(MSR_STAR, 0);
	msr_try_write(MSR_DEBUGCTL, 0);
}

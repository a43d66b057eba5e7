/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Machine checks: the hardware's own reports of its errors (SDM vol. 3, chapter 15).  An error that
 * raises the exception ends Umbra by a panic; others are collected in banks of registers, which the
 * next boot reads and logs.
 */
#ifndef UMBRA_ARCH_CPU_MACHINE_CHECK_H
#define UMBRA_ARCH_CPU_MACHINE_CHECK_H

#include "arch/cpu/trap_frame.h"
#include "lib/compiler.h"

/*
 * Reports errors that were left in this CPU's banks, and enables the banks.  Each CPU once, after
 * cpu_init.
 */
void machine_check_init_cpu(void);

/*
 * Panics with the errors in this CPU's banks and the guest that ran.  frame is the machine check's
 * frame if Umbra ran, NULL if a guest did.
 */
void __noreturn machine_check_panic(const struct trap_frame *frame);

#endif

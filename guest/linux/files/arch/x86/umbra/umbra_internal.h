/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of this folder offer each other.  All of it is called once,
 * by umbra_start_kernel() on the way into the kernel.
 */
#ifndef _ARCH_X86_UMBRA_INTERNAL_H
#define _ARCH_X86_UMBRA_INTERNAL_H

#include <linux/init.h>
#include <linux/linkage.h>

/* As many interrupt lines as Umbra has for a guest on the PCI bus. */
#define UMBRA_LINES	16

/* The first C code, called by head_32.S. */
asmlinkage void umbra_start_kernel(void);

void __init umbra_setup_irqs(void);
void __init umbra_setup_time(void);

#ifdef CONFIG_PCI
void __init umbra_setup_console(void);
void __init umbra_setup_pci(void);
#else
static inline void umbra_setup_console(void) { }
static inline void umbra_setup_pci(void) { }
#endif

#endif

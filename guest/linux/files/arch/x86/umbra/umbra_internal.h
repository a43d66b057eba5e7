/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of this folder offer each other.  Setups are called once, by
 * umbra_start_kernel() on the way into the kernel.
 */
#ifndef _ARCH_X86_UMBRA_INTERNAL_H
#define _ARCH_X86_UMBRA_INTERNAL_H

#include <linux/init.h>
#include <linux/linkage.h>
#include <linux/types.h>

#include <asm/msr.h>

/* As many interrupt lines as Umbra has for a guest on the PCI bus. */
#define UMBRA_LINES	16

/* Additions to the protocol, in a register which is 0 where there are none */
#define UMBRA_ADDITIONS_MSR	0x554d4252
#define UMBRA_HAS_STEAL_TIME	0x1
#define UMBRA_HAS_KICK		0x2
#define UMBRA_HAS_FLUSH_WRITABLE	0x4
#define UMBRA_HAS_MAP_PAGE	0x8

/* And their calls */
#define UMBRA_STEAL_TIME	20
#define UMBRA_KICK		21
#define UMBRA_FLUSH_WRITABLE	22
#define UMBRA_MAP_PAGE		23

/* Second argument of the last one */
#define UMBRA_MAP_ONE		0
#define UMBRA_MAP_AROUND	1

static inline u32 umbra_additions(void)
{
	return (u32)native_read_msr(UMBRA_ADDITIONS_MSR);
}

/* The first C code, called by head_32.S. */
asmlinkage void umbra_start_kernel(void);

/*
 * Queues a call that goes in front of the next one.  Interrupts are off.  False:
 * the ring is full, and nothing was done; the next call empties it.
 */
bool umbra_queue_call(u32 nr, u32 a1, u32 a2, u32 a3);

void __init umbra_setup_mmu(void);
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

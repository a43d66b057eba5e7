/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What some of Linux's own files call in a guest of Umbra: mm/memory.c,
 * arch/x86/mm/fault.c, arch/x86/mm/tlb.c, kernel/fork.c,
 * kernel/sched/cputime.c and drivers/virtio/virtio_pci_common.c.
 */
#ifndef _ASM_X86_UMBRA_HOOKS_H
#define _ASM_X86_UMBRA_HOOKS_H

#include <linux/mm_types.h>
#include <linux/types.h>

struct vm_fault;

/* An entry was set, in a fault: if its page is to be written, Umbra is told. */
void umbra_update_mmu(struct vm_area_struct *vma, unsigned long addr, pte_t *ptep);

static inline void umbra_update_mmu_range(struct vm_fault *vmf, struct vm_area_struct *vma,
					  unsigned long addr, pte_t *ptep, unsigned int nr)
{
	umbra_update_mmu(vma, addr, ptep);
}

/* The first name is that of Linux 6.1, the other one that of later versions. */
#define update_mmu_cache	umbra_update_mmu
#define update_mmu_cache_range	umbra_update_mmu_range

/* The same after a copy was made for the page that was there, which is to be forgotten. */
void umbra_update_copied(struct vm_area_struct *vma, unsigned long addr);

/* A fault at addr, of an access that only read, was served. */
void umbra_read_fault_done(unsigned long addr);

/*
 * Takes the place of flush_tlb_mm() where entries of mm were changed in
 * nothing but that they cannot be written any more.
 */
void umbra_flush_writable(struct mm_struct *mm);

/*
 * The pages from addr to end, one each stride, are to be forgotten.  Queues all
 * but the last, or as many as there is room for, and returns the first that is
 * left: telling of that one carries out the others.  Interrupts are off.
 */
unsigned long umbra_queue_flushes(unsigned long addr, unsigned long end,
				  unsigned long stride);

/* Of the time since the last call, at most max: how long Umbra let others run, ns. */
u64 umbra_account_steal(u64 max);

/*
 * Something is in that queue of the virtio device in that slot of the bus.
 * False: Umbra is too old to be told by a call; use the device's register.
 */
bool umbra_kick(unsigned int slot, unsigned int queue);

#endif

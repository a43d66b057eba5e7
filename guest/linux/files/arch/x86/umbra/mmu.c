// SPDX-License-Identifier: GPL-2.0-only
/*
 * Translations.  Page tables are ordinary memory that Umbra reads when it
 * needs to, so nothing is done for an entry that is written.  What has to be
 * told is what would make a processor drop translations, and that is what the
 * code for TLB flushes knows.
 */
#include <linux/mm.h>

#include <asm/mmu_context.h>
#include <asm/pgtable.h>
#include <asm/tlbflush.h>
#include <asm/umbra.h>
#include <asm/umbra_hooks.h>

#include "umbra_internal.h"

/* Additions that this Umbra has. */
static bool has_flush_writable __ro_after_init;
static bool has_map_page __ro_after_init;

void __init umbra_setup_mmu(void)
{
	u32 additions = umbra_additions();

	has_flush_writable = additions & UMBRA_HAS_FLUSH_WRITABLE;
	has_map_page = additions & UMBRA_HAS_MAP_PAGE;
}

bool umbra_queue_call(u32 nr, u32 a1, u32 a2, u32 a3)
{
	static unsigned int next;
	u32 *call = lguest_data.hcalls[next];

	if (READ_ONCE(lguest_data.hcall_status[next]) != UMBRA_SLOT_FREE)
		return false;
	call[0] = nr;
	call[1] = a1;
	call[2] = a2;
	call[3] = a3;
	/* Umbra may look at any exit: the call is whole before its slot says so. */
	barrier();
	WRITE_ONCE(lguest_data.hcall_status[next], UMBRA_SLOT_QUEUED);
	next = (next + 1) % UMBRA_RING_SIZE;
	return true;
}

/* A new table does not flush by itself, other than a write to %cr3.  Interrupts are off. */
void umbra_switch_cr3(unsigned long val, bool flush)
{
	umbra_cr3 = val;
	if (!flush || !umbra_queue_call(UMBRA_NEW_PGTABLE, val, 0, 0))
		umbra_hcall(UMBRA_NEW_PGTABLE, val, 0, 0, 0);
	if (flush)
		umbra_flush_tlb_user();
}

void umbra_write_cr3(unsigned long val)
{
	unsigned long flags = arch_local_irq_save();

	umbra_switch_cr3(val, true);
	if (flags & X86_EFLAGS_IF)
		arch_local_irq_enable();
}

void umbra_flush_tlb_user(void)
{
	umbra_hcall(UMBRA_FLUSH_TLB, 0, 0, 0, 0);
}

void umbra_flush_tlb_kernel(void)
{
	umbra_hcall(UMBRA_FLUSH_TLB, 1, 0, 0, 0);
}

/* The table 0 is nobody's: Umbra forgets what it knows of the address in the one in use. */
void umbra_flush_tlb_one(unsigned long addr)
{
	umbra_hcall(UMBRA_SET_PTE, 0, addr, 0, 0);
}

unsigned long umbra_queue_flushes(unsigned long addr, unsigned long end,
				  unsigned long stride)
{
	while (addr + stride < end && umbra_queue_call(UMBRA_SET_PTE, 0, addr, 0))
		addr += stride;
	return addr;
}

/* An Umbra without the addition maps it if it has a shadow of its table. */
static void map_page(unsigned long addr)
{
	if (has_map_page)
		umbra_hcall(UMBRA_MAP_PAGE, addr, UMBRA_MAP_ONE, 0, 0);
	else
		umbra_flush_tlb_one(addr);
}

/*
 * An entry has been set for a page that is about to be written.  Told of it,
 * Umbra reads it at once, which takes half as long as the fault that it would
 * otherwise wait for.
 */
void umbra_update_mmu(struct vm_area_struct *vma, unsigned long addr, pte_t *ptep)
{
	if (pte_write(*ptep) && pte_dirty(*ptep) &&
	    vma->vm_mm == this_cpu_read(cpu_tlbstate.loaded_mm))
		map_page(addr);
}

/* It need not be told before the fault that the kernel would take here next. */
void umbra_read_fault_done(unsigned long addr)
{
	if (has_map_page)
		umbra_hcall(UMBRA_MAP_PAGE, addr, UMBRA_MAP_AROUND, 0, 0);
}

/*
 * Begins a flush, with interrupts off, and says whether the caller may tell
 * Umbra of it by itself: the table is in use, and waits for no other flush.
 * Then this one counts as done, as flush_tlb_func() would have it.
 */
static bool begin_flush(struct mm_struct *mm)
{
	u64 gen = inc_mm_tlb_gen(mm);
	u16 asid = this_cpu_read(cpu_tlbstate.loaded_mm_asid);

	if (mm != this_cpu_read(cpu_tlbstate.loaded_mm) ||
	    this_cpu_read(cpu_tlbstate.ctxs[asid].tlb_gen) + 1 != gen)
		return false;
	this_cpu_write(cpu_tlbstate.ctxs[asid].tlb_gen, gen);
	mm->context.umbra_gen = gen;
	return true;
}

void umbra_update_copied(struct vm_area_struct *vma, unsigned long addr)
{
	unsigned long flags = arch_local_irq_save();
	bool is_told = begin_flush(vma->vm_mm);

	if (is_told)
		map_page(addr);
	if (flags & X86_EFLAGS_IF)
		arch_local_irq_enable();
	if (!is_told)
		flush_tlb_page(vma, addr);
}

void umbra_flush_writable(struct mm_struct *mm)
{
	unsigned long flags = arch_local_irq_save();
	bool is_told = has_flush_writable && begin_flush(mm);

	if (is_told)
		umbra_hcall0(UMBRA_FLUSH_WRITABLE);
	if (flags & X86_EFLAGS_IF)
		arch_local_irq_enable();
	if (!is_told)
		flush_tlb_mm(mm);
}
